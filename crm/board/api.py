"""Boards by program: the same columns, sums and cards as on the screen."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm.api.endpoints import Endpoints
from crm.api.schemas import Filter as Number
from crm.api.schemas import Query, Text
from crm.board.apart import set_apart
from crm.board.filters import Filter
from crm.board.layout import lay_out
from crm.board.shown import BoardShown
from crm.database import db
from crm.hypermedia import one_or_404
from crm.pipelines.queries import pipeline_of
from crm.sessions import current

boards = Endpoints("pipelines")


class BoardQuery(Query):
    search: Text = Field("", max_length=100, description="In title, company and contact.")
    owner_id: Number | None = Field(None, description="A user's id.")
    no_next_step: bool = Field(False, description="Only deals without an open task.")
    rotting: bool = Field(False, description="Only deals that are quiet for too long.")


@boards.get("/pipelines/<int:pipeline_id>/board", "records.view", gives=BoardShown)
def board(pipeline_id: int, query: BoardQuery) -> Any:
    """Get a pipeline's board: every stage with its numbers and its first deals.

    Sums are in the organization's currency. Further deals of a stage: `GET /deals?stage_id=`.
    """
    pipeline, me = one_or_404(pipeline_of(current.member, pipeline_id)), current.member
    layout = lay_out(db.session(), me, pipeline, shown(query))
    set_apart(db.session(), me, layout)
    about = {"pipeline_id": pipeline.id, "name": pipeline.name, "currency": me.organization.currency}
    return about | {"stages": layout.columns}


def shown(query: BoardQuery) -> Filter:
    text = " ".join(query.search.split())
    return Filter(text=text, owner_id=query.owner_id, idle=query.no_next_step, rotting=query.rotting)
