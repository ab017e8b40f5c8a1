"""The numbers above whole columns as they are kept, and how many deals rot: neither takes longer with more deals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, String, and_, bindparam, case, cast, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from crm.board.filters import OWN, TODAY, Filter, quiet_before, rots
from crm.board.queries import once
from crm.database import Rows
from crm.deals.ledger import StageSum
from crm.deals.models import Deal
from crm.deals.money import PERCENT
from crm.deals.queries import seen_by
from crm.organizations.currencies import Currency
from crm.organizations.models import Membership
from crm.organizations.visibility import seen_through
from crm.pipelines.models import Stage

MOST = 999
"""No more rotting deals than these are told: "999+"."""


@once
def kept_heads(asking: Membership) -> Rows:
    """The same numbers as `heads_of` without a filter, from the ledger."""
    chances = StageSum.own_weighted + StageSum.plain * Stage.probability
    return (
        select(
            StageSum.stage_id,
            number(StageSum.deals).label("count"),
            func.coalesce(func.sum(StageSum.amount * rate()), 0).label("total"),
            func.coalesce(func.sum(chances * rate() * PERCENT), 0).label("weighted"),
            number(case((rate().is_(None), StageSum.deals))).label("unconverted"),
            number(StageSum.idle).label("idle"),
        )
        .join(Stage, and_(Stage.organization_id == StageSum.organization_id, Stage.id == StageSum.stage_id))
        .outerjoin(Currency, in_currency())
        .where(*kept_for(asking))
        .group_by(StageSum.stage_id)
    )


@once
def kept_apart(asking: Membership) -> Rows:
    """The same as `apart_of` without a filter, from the ledger."""
    columns, deals = (StageSum.stage_id, StageSum.currency), number(StageSum.deals)
    money = (deals.label("count"), func.sum(StageSum.amount).label("total_amount"))
    key = cast(StageSum.stage_id, String).label("column")
    found = (
        select(key, StageSum.currency, *money)
        .outerjoin(Currency, in_currency())
        .where(*kept_for(asking), rate().is_(None))
    )
    return found.group_by(*columns).having(deals > 0).order_by(*columns)


def number(deals: Any) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(deals), 0), BigInteger)


def kept_for(asking: Membership) -> tuple[ColumnElement[bool], ...]:
    """What of these `stages` counts for the member: all that is open, and what was closed this month."""
    return (
        StageSum.organization_id == asking.organization_id,
        among_stages(StageSum.stage_id),
        StageSum.closed_month >= bindparam("month", type_=Date),
        seen_through(asking, StageSum.owner_id),
    )


def among_stages(column: Any) -> ColumnElement[bool]:
    return column == func.any(bindparam("stages", type_=ARRAY(BigInteger)))  # type: ignore[no-any-return]


def in_currency() -> ColumnElement[bool]:
    return and_(Currency.organization_id == StageSum.organization_id, Currency.code == StageSum.currency)


def rate() -> ColumnElement[Any]:
    """What one of it is worth in the organization's currency; NULL without a rate."""
    return case((StageSum.currency == OWN, 1), else_=Currency.rate)


@once
def rotting_of(shape: Filter, asking: Membership) -> Rows:
    """How many open deals rot; one more than MOST stands for all that are more.

    Each stage is counted along its index of quiet deals. How long a stage allows is worked out before: under row-level
    security no index serves a comparison with arithmetic in it.
    """
    stages = select(Stage.id, quiet_before().label("quiet_before"))
    mine = stages.where(Stage.organization_id == asking.organization_id, among_stages(Stage.id), Stage.kind == "open")
    limits = mine.cte("limits").prefix_with("materialized")
    quiet = replace(shape, rotting=False).apply(select(Deal.id).where(seen_by(asking), Deal.closed_on.is_(None)))
    here = (Deal.stage_id == limits.c.id, rots(TODAY, limits.c.quiet_before))
    each = quiet.where(*here).limit(MOST + 1).lateral("each")
    rotting = select(each.c.id).select_from(limits).join(each, true()).limit(MOST + 1).subquery()
    return select(func.count()).select_from(rotting)
