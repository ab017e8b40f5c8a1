"""Deleting pipelines and stages by program: what becomes of their deals is decided here."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm.api.calls import if_match, saved
from crm.api.endpoints import Endpoints
from crm.api.schemas import HIGHEST_ID, Query
from crm.database import db
from crm.deals import operations
from crm.hypermedia import one_or_404
from crm.pipelines.models import Pipeline, Stage
from crm.pipelines.queries import pipeline_of, stage_of
from crm.sessions import current

deletion = Endpoints("pipelines")
KEPT_PIPELINE = "It has deals, or is the last one."
KEPT_STAGE = "It is the last open stage, a won or a lost one."


class StageDeletion(Query):
    move_to: int | None = Field(
        None, ge=1, le=HIGHEST_ID, description="The open stage of the same pipeline that its deals move to."
    )


def pipeline(pipeline_id: int) -> Pipeline:
    return one_or_404(pipeline_of(current.member, pipeline_id))


def stage(stage_id: int) -> Stage:
    return one_or_404(stage_of(current.member, stage_id))


@deletion.delete("/pipelines/<int:pipeline_id>", "pipelines.edit", shows=pipeline, statuses={409: KEPT_PIPELINE})
def delete_pipeline(pipeline_id: int) -> Any:
    """Delete a pipeline without deals."""
    found = pipeline(pipeline_id)
    found.expect(if_match())
    operations.delete_pipeline(db.session(), found, by=current.member)
    return saved(None)


@deletion.delete("/pipelines/stages/<int:stage_id>", "pipelines.edit", shows=stage, statuses={409: KEPT_STAGE})
def delete_stage(stage_id: int, query: StageDeletion) -> Any:
    """Delete an open stage; its deals go to the bottom of another."""
    found = stage(stage_id)
    found.expect(if_match())
    target = next((one for one in found.pipeline.stages if one.id == query.move_to), None)
    operations.delete_stage(db.session(), found, move_to=target, by=current.member)
    return saved(None)
