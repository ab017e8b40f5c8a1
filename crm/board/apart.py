"""What of a board's money has no rate: told beside the sums, never in them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Date, String, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from crm.board.filters import Filter, in_stage
from crm.board.layout import Layout, by_kind
from crm.board.queries import facts, once
from crm.database import Rows
from crm.deals.models import Deal
from crm.deals.money import worth
from crm.deals.queries import seen_by
from crm.organizations.models import Membership
from crm.organizations.queries import asking_like
from crm.pipelines.models import Stage


def set_apart(session: Session, member: Membership, layout: Layout) -> None:
    """Gives each column its deals without a rate: how many of which currency. One statement, if there are any."""
    if not any(column.head.unconverted for column in layout.columns):
        return
    columns = {column.stage.id: column for column in layout.columns}
    asked = facts(member, layout.shown, **by_kind(layout.pipeline.stages))
    for row in session.execute(apart_of(layout.shown.shape, asking_like(member)), asked):
        columns[row.stage_id].apart.append(row)


@once
def apart_of(shape: Filter, asking: Membership) -> Rows:
    """Of the deals that the heads count those without a rate: for each stage and currency their number and sum."""
    opened = Deal.stage_id.in_(bindparam("open_stages", expanding=True, type_=BigInteger))
    closed = Deal.stage_id.in_(bindparam("closed_stages", expanding=True, type_=BigInteger))
    month = and_(closed, Deal.closed_on >= bindparam("month", type_=Date))
    money = (func.count().label("count"), func.sum(Deal.amount).label("total_amount"))
    deals = select(Deal.stage_id, Deal.currency, *money).select_from(Deal).join(Stage, in_stage())
    rateless = worth(bindparam("currency", type_=String)).is_(None)
    found = shape.apply(deals).where(seen_by(asking), rateless, or_(opened, month))
    return found.group_by(Deal.stage_id, Deal.currency).order_by(Deal.stage_id, Deal.currency)
