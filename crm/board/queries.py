"""The board in a few statements: heads computed over whole columns, cards a page at a time.

Each is built once for every shape of filter, for building takes longer than answering; `facts` says at each
execution who asks and for what.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    Select,
    String,
    and_,
    bindparam,
    func,
    select,
    true,
    union_all,
)

from crm.accounts.models import User
from crm.board.filters import TODAY, Filter, has_open_task, in_stage, open_tasks, rots
from crm.board.grouping import MONTHS, column_of, open_here
from crm.board.sorting import sort_key
from crm.contacts.models import Company, Contact
from crm.contacts.tags import Tag
from crm.database import Rows
from crm.deals.models import Deal, DealTag
from crm.deals.money import weighted, worth
from crm.deals.months import later, month_of
from crm.deals.queries import same, seen_by
from crm.organizations.models import Membership
from crm.organizations.queries import ASKING, facts_of
from crm.pipelines.models import Pipeline, Stage
from crm.pipelines.queries import pipelines_of
from crm.tasks.models import Task

PAGE = 20
once = lru_cache(maxsize=256)


def facts(member: Membership, shown: Filter | None = None, **more: Any) -> dict[str, Any]:
    """Who asks, the day on their wall, and what the filter compares with."""
    today = member.today()
    month = month_of(today)
    days = {"today": today, "month": month, "horizon": later(month, MONTHS)}
    own = {"currency": member.organization.currency}
    return facts_of(member) | days | own | (shown.values(member) if shown else {}) | more


@once
def pipelines() -> Select[Pipeline]:
    """The tabs of all boards, with their columns."""
    return pipelines_of(ASKING)


def card(shape: Filter, asking: Membership) -> Rows:
    """What a card shows, for every deal that the member may see."""
    step = (
        select(Task.id.label("id"), Task.title.label("title"), Task.due_on.label("due_on"))
        .where(open_tasks())
        .order_by(Task.due_on, Task.id)
        .limit(1)
        .correlate(Deal)
        .lateral("step")
    )
    return (
        select(
            Deal.id,
            Deal.title,
            Deal.amount,
            Deal.currency,
            Deal.version,
            Deal.stage_id,
            Deal.expected_close_date,
            Stage.name.label("stage_name"),
            Stage.color.label("stage_color"),
            column_of(shape).label("column"),
            sort_key(shape).label("key"),
            Deal.status,
            Deal.owner_id,
            Deal.stage_entered_at,
            User.name.label("owner_name"),
            func.coalesce(Company.name, Contact.name).label("who"),
            step.c.id.label("next_id"),
            step.c.title.label("next_title"),
            step.c.due_on.label("next_on"),
            rots(TODAY).label("rotting"),
            tags_of_deal().label("tags"),
        )
        .select_from(Deal)
        .join(Stage, in_stage())
        .join(User, User.id == Deal.owner_id)
        .outerjoin(Company, and_(*same(Company, Deal.company_id)))
        .outerjoin(Contact, and_(*same(Contact, Deal.contact_id)))
        .outerjoin(step, true())
        .where(seen_by(asking))
    )


def tags_of_deal() -> Any:
    """Its tags as a list of name and colour."""
    pair = func.json_build_array(Tag.name, Tag.color)
    linked = and_(Tag.organization_id == DealTag.organization_id, Tag.id == DealTag.tag_id)
    return (
        select(func.json_agg(pair))
        .select_from(DealTag)
        .join(Tag, linked)
        .where(DealTag.organization_id == Deal.organization_id, DealTag.deal_id == Deal.id)
        .correlate(Deal)
        .scalar_subquery()
    )


@once
def heads_of(shape: Filter, asking: Membership) -> Rows:
    """Count, total and weighted total of whole columns in the organization's currency; of closed ones, this month's."""
    opened = Deal.stage_id.in_(bindparam("open_stages", expanding=True, type_=BigInteger))
    closed = Deal.stage_id.in_(bindparam("closed_stages", expanding=True, type_=BigInteger))
    month = and_(closed, Deal.closed_on >= bindparam("month", type_=Date))
    return select(union_all(*(shape.apply(totals(asking)).where(which) for which in (opened, month))).subquery("heads"))


@once
def heads_by(shape: Filter, asking: Membership) -> Rows:
    """The same numbers of open deals by the key of their column, and in each by stage: to be added up."""
    key = column_of(shape).label("column")
    return shape.apply(totals(asking)).add_columns(key).where(open_here()).group_by(key)


def totals(asking: Membership) -> Rows:
    """The numbers of a column's head. Money in a currency without a rate is counted apart, never added."""
    own = bindparam("currency", type_=String)
    return (
        select(
            Deal.stage_id,
            func.count().label("count"),
            func.coalesce(func.sum(worth(own)), 0).label("total"),
            func.coalesce(func.sum(weighted(own)), 0).label("weighted"),
            func.count().filter(worth(own).is_(None)).label("unconverted"),
            func.count().filter(~has_open_task()).label("idle"),
        )
        .select_from(Deal)
        .join(Stage, in_stage())
        .where(seen_by(asking))
        .group_by(Deal.stage_id)
    )
