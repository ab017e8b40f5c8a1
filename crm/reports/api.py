"""Reports by program: the same numbers as on the screens."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import Field

from crm.api.endpoints import Endpoints
from crm.api.schemas import Filter, Query
from crm.database import db
from crm.pipelines.models import Pipeline
from crm.pipelines.queries import pipeline_of, pipelines_of
from crm.reports import queries
from crm.reports.queries import LONGEST
from crm.reports.shown import FunnelShown, PipelineNumbers, SummaryShown
from crm.sessions import current

analytics = Endpoints("analytics")
statistics = Endpoints("deals")


class PipelineQuery(Query):
    pipeline_id: Filter | None = Field(None, description="The first one when left out.")


class FunnelQuery(PipelineQuery):
    owner_id: Filter | None = Field(None, description="Only this user's deals.")


class SummaryQuery(FunnelQuery):
    pipeline_id: Filter | None = Field(None, description="All when left out.")
    days: int | None = Field(None, ge=1, le=LONGEST, description="Counts the new deals of so many days.", examples=[7])


@analytics.get("/analytics/deals/summary", "analytics.view", gives=SummaryShown)
def summary(query: SummaryQuery) -> Any:
    """Count and sum deals by status."""
    found = queries.summary(db.session(), current.member, **query.model_dump())
    return asdict(found) | {"currency": current.member.organization.currency}


@analytics.get("/analytics/deals/funnel", "analytics.view", gives=FunnelShown)
def funnel(query: FunnelQuery) -> Any:
    """Count the deals that ever reached each open and won stage, in order. Lost is no stage of the funnel."""
    pipeline = wanted(query)
    steps = queries.funnel(db.session(), current.member, pipeline, owner_id=query.owner_id) if pipeline else []
    return {"pipeline_id": pipeline and pipeline.id, "stages": steps}


@statistics.get("/deals/stats/pipeline", "analytics.view", gives=PipelineNumbers)
def stages(query: PipelineQuery) -> Any:
    """Count and sum the deals that stand in each stage now."""
    pipeline, currency = wanted(query), current.member.organization.currency
    found = queries.stage_statistics(db.session(), current.member, pipeline) if pipeline else []
    return {"pipeline_id": pipeline and pipeline.id, "currency": currency, "stages": found}


def wanted(query: PipelineQuery) -> Pipeline | None:
    """The pipeline that is named, or the first; None for one that isn't there."""
    mine = pipelines_of(current.member).limit(1)
    if query.pipeline_id is not None:
        mine = pipeline_of(current.member, query.pipeline_id)
    return db.session.scalars(mine).unique().one_or_none()
