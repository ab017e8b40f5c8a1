"""Pipelines and stages: adding, ordering, deleting."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from crm.errors import Conflict, Invalid
from crm.organizations.models import Membership, Organization
from crm.pipelines.models import (
    DEFAULT_STAGES,
    LONGEST_PIPELINE,
    NOT_ALLOWED,
    TAKEN,
    LostReason,
    Pipeline,
    Stage,
    check_name,
    check_stage,
    named,
    slug_of,
)

REASONS = ("Price", "Chose a competitor", "No budget", "No answer", "Other")


def first_pipeline(session: Session, organization: Organization, name: str = "New business") -> Pipeline:
    """The pipeline that every organization starts with, and its lost reasons."""
    for position, reason in enumerate(REASONS):
        session.add(
            LostReason(organization_id=organization.id, name=reason, position=position, asks_note=reason == REASONS[-1])
        )
    return make_pipeline(session, organization.id, name)


def make_pipeline(session: Session, organization_id: int, name: str, stages: Any = DEFAULT_STAGES) -> Pipeline:
    """A pipeline with these stages: name, slug, colour, percent, kind, days until rotting."""
    position = session.scalar(select(func.count()).where(Pipeline.organization_id == organization_id)) or 0
    pipeline = Pipeline(organization_id=organization_id, name=name.strip(), position=position)
    session.add(pipeline)
    session.flush()
    for place, (title, slug, color, probability, kind, rots_after) in enumerate(stages):
        stage = Stage(organization_id=organization_id, pipeline_id=pipeline.id, position=place)
        stage.name, stage.slug, stage.color, stage.kind = title, slug, color, kind
        stage.probability, stage.rots_after = probability, rots_after
        session.add(stage)
    session.flush()
    session.refresh(pipeline, ["stages"])
    return pipeline


def add_pipeline(session: Session, name: str, *, by: Membership) -> Pipeline:
    """A further pipeline with the usual stages. Raises Conflict when the name is taken."""
    by.must("pipelines.edit", words=NOT_ALLOWED)
    check_name(name, LONGEST_PIPELINE)
    if named(session, by.organization_id, name):
        raise Conflict(TAKEN, field="name", code="NAME_TAKEN")
    return make_pipeline(session, by.organization_id, name)


def add_stage(session: Session, pipeline: Pipeline, values: dict[str, Any], *, by: Membership) -> Stage:
    """A new open stage after the last open one."""
    by.must("pipelines.edit", words=NOT_ALLOWED)
    check_stage(values)
    slug = slug_of(values["name"], {stage.slug for stage in pipeline.stages})
    stage = Stage(organization_id=pipeline.organization_id, pipeline_id=pipeline.id, slug=slug, **values)
    stage.position = len(pipeline.open_stages)
    closing = [one for one in pipeline.stages if not one.is_open]
    session.add(stage)
    session.flush()
    place(session, [*pipeline.open_stages, stage, *closing])
    session.refresh(pipeline, ["stages"])
    return stage


def order_stages(session: Session, pipeline: Pipeline, ids: list[int], *, by: Membership) -> None:
    """Puts the open stages into this order; won and lost stay behind them. Raises Invalid unless it names all."""
    by.must("pipelines.edit", words=NOT_ALLOWED)
    stages = {stage.id: stage for stage in pipeline.open_stages}
    if sorted(ids) != sorted(stages):
        raise Invalid("The stages have changed in the meantime. Load the page again.", field="order")
    closing = [stage for stage in pipeline.stages if not stage.is_open]
    place(session, [*(stages[id] for id in ids), *closing])


def place(session: Session, stages: list[Stage]) -> None:
    """Numbers the stages in this order. Their versions stay: whoever edits one meanwhile loses nothing."""
    ranks = {stage.id: place for place, stage in enumerate(stages)}
    here = (Stage.organization_id == stages[0].organization_id, Stage.id.in_(ranks))
    ordered = update(Stage).where(*here).values(position=case(ranks, value=Stage.id))
    session.execute(ordered, execution_options={"synchronize_session": False})
    for stage in stages:
        session.expire(stage, ["position"])
