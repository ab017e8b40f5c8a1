"""What of a board's money has no rate: told beside the sums, never in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Date, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from crm.board.filters import OWN, Filter, in_stage
from crm.board.grouping import column_of
from crm.board.layout import Column, Layout, by_kind
from crm.board.queries import facts, once
from crm.board.sums import kept_apart
from crm.database import Rows
from crm.deals.models import Deal
from crm.deals.money import worth
from crm.deals.queries import seen_by
from crm.organizations.models import Membership
from crm.organizations.queries import asking_like
from crm.pipelines.models import Stage


def set_apart(session: Session, member: Membership, layout: Layout) -> None:
    """Gives each column its deals without a rate: how many of which currency. A statement each, if there are any."""
    if not any(column.head.unconverted for column in layout.columns):
        return
    asking, stages, shown = asking_like(member), layout.pipeline.stages, layout.shown
    by_stage = shown.but(group="stage")
    of_stages = apart_of(by_stage.shape, asking) if shown else kept_apart(asking)
    tell(layout.columns, session.execute(of_stages, facts(member, by_stage, **by_kind(stages))))
    if layout.groups:
        opened = by_kind([stage for stage in stages if stage.is_open])
        tell(layout.groups, session.execute(apart_of(shown.shape, asking), facts(member, shown, **opened)))


def tell(columns: list[Column], rows: Iterable[Any]) -> None:
    known = {column.key: column for column in columns}
    for row in rows:
        known[row.column].apart.append(row)


@once
def apart_of(shape: Filter, asking: Membership) -> Rows:
    """Of the deals that the heads count those without a rate: for each column and currency their number and sum."""
    opened = Deal.stage_id.in_(bindparam("open_stages", expanding=True, type_=BigInteger))
    closed = Deal.stage_id.in_(bindparam("closed_stages", expanding=True, type_=BigInteger))
    month = and_(closed, Deal.closed_on >= bindparam("month", type_=Date))
    key = column_of(shape).label("column")
    money = (func.count().label("count"), func.sum(Deal.amount).label("total_amount"))
    deals = select(key, Deal.currency, *money).select_from(Deal).join(Stage, in_stage())
    found = shape.apply(deals).where(seen_by(asking), worth(OWN).is_(None), or_(opened, month))
    return found.group_by(key, Deal.currency).order_by(key, Deal.currency)
