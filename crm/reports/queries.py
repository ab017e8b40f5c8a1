"""Pipeline summary, funnel and stage statistics of what a member may see; money in the organization's currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from crm.cached import kept
from crm.database import Rows
from crm.errors import Invalid
from crm.organizations.models import Membership
from crm.pipelines.models import Pipeline
from crm.reports.reaching import Steps, reached
from crm.reports.statements import (
    ALL,
    BY_STATUS,
    STATUSES,
    Period,
    heads,
    stages_of,
    sums,
)

RECENT, LONGEST = 30, 3650
Numbers = tuple[Any, ...]
"""The rows of a statement, read by the names of its columns."""


@dataclass(frozen=True)
class Unconverted:
    """Deals in a currency without a rate, in that currency: never part of a total."""

    currency: str
    count: int
    total_amount: Decimal


@dataclass(frozen=True)
class Sum:
    """All deals are counted; the total is of those that have a rate."""

    count: int = 0
    total_amount: Decimal = Decimal("0.00")
    unconverted: tuple[Unconverted, ...] = ()


@dataclass(frozen=True)
class NewDeals:
    """Made today or within so many days before."""

    days: int
    count: int


@dataclass(frozen=True)
class Summary:
    """`by_status` has all four. The average is 0.00 when nothing was won in a currency with a rate."""

    by_status: dict[str, Sum]
    total: Sum
    average_won_amount: Decimal
    new_deals_last_30_days: int
    new_deals: NewDeals | None


@dataclass(frozen=True)
class Step:
    """An open or won stage, `stage` is its slug, and the deals that ever reached it.

    `conversion_rate` is in percent of the stage before, with one decimal.
    """

    stage: str
    stage_id: int
    name: str
    color: str
    count: int
    by_status: dict[str, int]
    conversion_rate: Decimal


@dataclass(frozen=True)
class StageStatistics:
    """A stage and the deals that stand in it now; `unconverted` counts those outside the totals."""

    id: int
    name: str
    color: str
    kind: str
    deals_count: int
    total_amount: Decimal
    weighted_amount: Decimal
    unconverted: int


def summary(
    session: Session,
    member: Membership,
    *,
    pipeline_id: int | None = None,
    owner_id: int | None = None,
    days: int | None = None,
) -> Summary:
    """Days are the member's own: today in their time zone and so many before. Raises Invalid at `days`."""
    if days is not None and not 1 <= days <= LONGEST:
        raise Invalid("Use a number from %(lowest)s to %(highest)s.", field="days", lowest=1, highest=f"{LONGEST:,}")
    today, zone = member.today(), member.user.timezone
    asked = (Period.last(RECENT, today, zone), Period.last(days or RECENT, today, zone), pipeline_id, owner_id)
    rows = numbers(session, member, ("summary", *asked), sums(member, *asked))
    [whole] = [row for row in rows if row.kind == ALL]
    return Summary(
        by_status={status: sum_of(rows, BY_STATUS, status) for status in STATUSES},
        total=sum_of(rows, ALL, None),
        average_won_amount=whole.average_won,
        new_deals_last_30_days=whole.recent,
        new_deals=NewDeals(days, whole.new) if days is not None else None,
    )


def sum_of(rows: Numbers, kind: int, status: str | None) -> Sum:
    """The row of that status, or of all, with those of its currencies that have no rate."""
    mine = [row for row in rows if row.status == status]
    apart = sorted((row.currency, row.count, row.original) for row in mine if row.currency)
    unconverted = tuple(Unconverted(*one) for one in apart)
    return next((Sum(row.count, row.total, unconverted) for row in mine if row.kind == kind), Sum())


def funnel(session: Session, member: Membership, pipeline: Pipeline, *, owner_id: int | None = None) -> list[Step]:
    """The open and won stages in order. A deal reached every one up to the furthest that it was ever in."""
    stages = session.execute(stages_of(member, pipeline)).all()
    steps = Steps.of(stages)
    rows = numbers(session, member, ("funnel", steps, owner_id), reached(member, steps, owner_id))
    return steps_of(stages, rows)


def steps_of(stages: Sequence[Any], rows: Numbers) -> list[Step]:
    """The numbers beside the stages as they are called now."""
    named = {stage.id: stage for stage in stages}
    return [
        Step(
            stage=named[row.id].slug,
            stage_id=row.id,
            name=named[row.id].name,
            color=named[row.id].color,
            count=int(row.count),
            by_status={status: int(getattr(row, status)) for status in STATUSES},
            conversion_rate=row.rate,
        )
        for row in rows
    ]


def stage_statistics(session: Session, member: Membership, pipeline: Pipeline) -> list[StageStatistics]:
    """All stages in order, computed at every look like the heads of the board: a stage's chance leaves no trace."""
    return [StageStatistics(*row) for row in session.execute(heads(member, pipeline))]


def numbers(session: Session, member: Membership, key: tuple[Any, ...], statement: Rows) -> Numbers:
    """The statement's rows, kept while nothing changes: for all who see the same, in one currency."""
    whole = (member.sees, member.organization.currency, *key)
    return kept(session, member.organization_id, whole, lambda: tuple(session.execute(statement).all()))
