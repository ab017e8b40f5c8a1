"""Boards by program: the same columns, sums and cards as on the screen."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from crm.api.endpoints import Endpoints
from crm.api.schemas import Day, Money, Query, Text
from crm.api.schemas import Filter as Number
from crm.board.apart import set_apart
from crm.board.filters import Filter
from crm.board.layout import lay_out
from crm.board.shown import BoardShown
from crm.database import db
from crm.hypermedia import one_or_404
from crm.pipelines.queries import pipeline_of
from crm.sessions import current

boards = Endpoints("pipelines")
SEVERAL = "May be given several times: any of them."
OWN = "In the organization's currency at its rates, inclusive; deals without a rate are left out."


class BoardQuery(Query):
    search: Text = Field("", max_length=100, description="In title, company and contact.")
    owner_id: list[Number] = Field([], description=f"A user's id. {SEVERAL}")
    team_id: list[Number] = Field([], description=f"Of deals whose owner is in that team. {SEVERAL}")
    tag_id: list[Number] = Field([], description=SEVERAL)
    min_amount: Money | None = Field(None, description=OWN)
    max_amount: Money | None = Field(None, description=OWN)
    close_from: Day | None = Field(None, description="Expected to close on that day or later.")
    close_to: Day | None = Field(None, description="Expected to close on that day or earlier.")
    no_close_date: bool = Field(False, description="Only deals without an expected close date.")
    no_next_step: bool = Field(False, description="Only deals without an open task.")
    rotting: bool = Field(False, description="Only deals that are quiet for too long.")
    group_by: Literal["stage", "owner", "month"] = Field("stage", description="What the columns of cards stand for.")
    order_by: Literal["order", "next_step", "amount", "age"] = Field(
        "order", description="Of the cards in a column: as placed by people, due first, largest, longest in its stage."
    )


@boards.get("/pipelines/<int:pipeline_id>/board", "records.view", gives=BoardShown)
def board(pipeline_id: int, query: BoardQuery) -> Any:
    """Get a pipeline's board: every stage with its numbers and its first deals.

    Sums are in the organization's currency. Further deals of a stage: `GET /deals?stage_id=`. Grouped by owner or by
    the month of the expected close the deals are in `columns`, and the stages have their numbers alone.
    """
    pipeline, me = one_or_404(pipeline_of(current.member, pipeline_id)), current.member
    layout = lay_out(db.session(), me, pipeline, shown(query))
    set_apart(db.session(), me, layout)
    about = {"pipeline_id": pipeline.id, "name": pipeline.name, "currency": me.organization.currency}
    return about | {"group_by": query.group_by, "stages": layout.columns, "columns": layout.groups}


def shown(query: BoardQuery) -> Filter:
    return Filter(
        text=" ".join(query.search.split()),
        owner_ids=tuple(query.owner_id),
        team_ids=tuple(query.team_id),
        tag_ids=tuple(query.tag_id),
        least=query.min_amount,
        most=query.max_amount,
        closes="none" if query.no_close_date else "",
        closes_from=query.close_from,
        closes_to=query.close_to,
        idle=query.no_next_step,
        rotting=query.rotting,
        sort=query.order_by,
        group=query.group_by,
    )
