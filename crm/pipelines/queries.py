"""Pipelines, stages and lost reasons of a member's organization."""

from __future__ import annotations

from functools import cache

from sqlalchemy import BigInteger, Select, bindparam, func, or_, select
from sqlalchemy.orm import joinedload

from crm.organizations.models import Membership
from crm.organizations.queries import ASKING
from crm.pipelines.models import LostReason, Pipeline, Stage

PIPELINES_IN_ORDER = (Pipeline.position, Pipeline.id)
STAGES_IN_ORDER = (Stage.position, Stage.id)


def pipelines_of(member: Membership) -> Select[Pipeline]:
    """All pipelines in their order, with their stages. Call `.unique()` on the result."""
    return (
        select(Pipeline)
        .where(Pipeline.organization_id == member.organization_id)
        .options(joinedload(Pipeline.stages))
        .order_by(*PIPELINES_IN_ORDER)
    )


@cache
def first_pipeline() -> Select[Pipeline]:
    """The first pipeline of who asks, with its stages; built once, `facts_of` says who."""
    return pipelines_of(ASKING).limit(1)


@cache
def named_pipeline() -> Select[Pipeline]:
    """The same for `pipeline`, its id."""
    return pipelines_of(ASKING).where(Pipeline.id == bindparam("pipeline", type_=BigInteger))


def pipeline_of(member: Membership, id: int) -> Select[Pipeline]:
    return pipelines_of(member).where(Pipeline.id == id)


@cache
def first_stage() -> Select[Stage]:
    """The first stage of `pipeline`, or for None of the first pipeline of who asks; built once as well."""
    wanted = bindparam("pipeline", type_=BigInteger)
    return (
        select(Stage)
        .join(Stage.pipeline)
        .where(Stage.organization_id == ASKING.organization_id, or_(wanted.is_(None), Stage.pipeline_id == wanted))
        .order_by(*PIPELINES_IN_ORDER, *STAGES_IN_ORDER)
        .limit(1)
    )


def stages_of(member: Membership, pipeline: Pipeline) -> Select[Stage]:
    """The stages of the pipeline, in order."""
    mine = (Stage.organization_id == member.organization_id, Stage.pipeline_id == pipeline.id)
    return select(Stage).where(*mine).order_by(*STAGES_IN_ORDER)


def stage_of(member: Membership, id: int) -> Select[Stage]:
    """One stage with its pipeline and that one's stages."""
    return (
        select(Stage)
        .where(Stage.organization_id == member.organization_id, Stage.id == id)
        .options(joinedload(Stage.pipeline, innerjoin=True).joinedload(Pipeline.stages))
    )


def lost_reasons_of(member: Membership) -> Select[LostReason]:
    return (
        select(LostReason)
        .where(LostReason.organization_id == member.organization_id)
        .order_by(LostReason.position, func.lower(LostReason.name))
    )


def lost_reason_of(member: Membership, id: int) -> Select[LostReason]:
    return lost_reasons_of(member).where(LostReason.id == id)
