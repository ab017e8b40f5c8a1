"""The statements behind the reports: every number is one expression, over the deals that the member may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    func,
    literal,
    select,
)

from crm.database import Rows
from crm.deals.models import Deal
from crm.deals.money import weighted, worth
from crm.deals.queries import seen_by
from crm.organizations.models import Membership
from crm.pipelines.models import Pipeline, Stage

STATUSES = ("new", "in_progress", "won", "lost")
BY_STATUS, ALL = 1, 3
"""What a row of `sums` is of, as GROUPING tells it; 0 and 2 are those of one currency, of a status and of all."""


@dataclass(frozen=True)
class Period:
    """From a moment to just before another."""

    begin: datetime
    end: datetime

    @classmethod
    def last(cls, days: int, today: date, zone: str) -> Period:
        """Today in that time zone and so many days before."""
        return cls(midnight(today - timedelta(days=days), zone), midnight(today + timedelta(days=1), zone))

    def has(self, moment: Any) -> ColumnElement[bool]:
        return and_(moment >= self.begin, moment < self.end)


def midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def own_of(member: Membership) -> ColumnElement[str]:
    """The organization's currency."""
    return literal(member.organization.currency, String)


def exact(amount: Any) -> Any:
    """Not rounded: who shows it does that. Nothing is 0."""
    return func.coalesce(amount, 0)


def narrowed(query: Rows, pipeline_id: int | None, owner_id: int | None) -> Rows:
    """Only that pipeline's deals, only that user's; an unknown one has none."""
    if pipeline_id is not None:
        stages = select(Stage.id).where(Stage.organization_id == Deal.organization_id, Stage.pipeline_id == pipeline_id)
        query = query.where(stages.where(Stage.id == Deal.stage_id).exists())
    return query if owner_id is None else query.where(Deal.owner_id == owner_id)


def sums(member: Membership, recent: Period, asked: Period, pipeline_id: int | None, owner_id: int | None) -> Rows:
    """One row for each status, each currency without a rate, both, and all: `kind` says which it is."""
    deals = select(Deal.status, Deal.currency, Deal.amount, Deal.created_at, worth(own_of(member)).label("worth"))
    mine = narrowed(deals.where(seen_by(member)), pipeline_id, owner_id).subquery("mine").c
    unconverted = case((mine.worth.is_(None), mine.currency))
    return select(
        func.grouping(mine.status, unconverted).label("kind"),
        mine.status,
        unconverted.label("currency"),
        func.count().label("count"),
        exact(func.sum(mine.worth)).label("total"),
        exact(func.sum(mine.amount)).label("original"),
        exact(func.avg(mine.worth).filter(mine.status == "won")).label("average_won"),
        func.count().filter(recent.has(mine.created_at)).label("recent"),
        func.count().filter(asked.has(mine.created_at)).label("new"),
    ).group_by(func.cube(mine.status, unconverted))


def stages_of(member: Membership, pipeline: Pipeline) -> Select[int, str, str, str, str]:
    """Id, slug, name, colour and kind, in order, as they are now: a change of them leaves no trace in the timeline."""
    here = (Stage.organization_id == member.organization_id, Stage.pipeline_id == pipeline.id)
    columns = (Stage.id, Stage.slug, Stage.name, Stage.color, Stage.kind)
    return select(*columns).where(*here).order_by(Stage.position, Stage.id)


def heads(member: Membership, pipeline: Pipeline) -> Rows:
    """All stages of the pipeline in order, with the numbers of their deals."""
    own = own_of(member)
    here = and_(Deal.organization_id == Stage.organization_id, Deal.stage_id == Stage.id, seen_by(member))
    return (
        select(
            Stage.id,
            Stage.name,
            Stage.color,
            Stage.kind,
            func.count(Deal.id).label("deals_count"),
            exact(func.sum(worth(own))).label("total_amount"),
            exact(func.sum(weighted(own))).label("weighted_amount"),
            func.count(Deal.id).filter(worth(own).is_(None)).label("unconverted"),
        )
        .select_from(Stage)
        .outerjoin(Deal, here)
        .where(Stage.organization_id == member.organization_id, Stage.pipeline_id == pipeline.id)
        .group_by(Stage.organization_id, Stage.id)
        .order_by(Stage.position, Stage.id)
    )
