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
    FromClause,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from crm.accounts.models import User
from crm.board.filters import TODAY, Filter, in_stage, open_tasks, rots
from crm.contacts.models import Company, Contact
from crm.contacts.tags import Tag
from crm.database import Rows
from crm.deals.models import Deal, DealTag
from crm.deals.money import weighted, worth
from crm.deals.queries import same, seen_by
from crm.organizations.models import Membership
from crm.organizations.queries import ASKING, facts_of, people_of
from crm.pipelines.models import Pipeline, Stage
from crm.pipelines.queries import pipelines_of
from crm.tasks.models import Task

PAGE = 20
once = lru_cache(maxsize=32)


def facts(member: Membership, shown: Filter | None = None, **more: Any) -> dict[str, Any]:
    """Who asks, the day on their wall, and what the filter compares with."""
    today = member.today()
    days = {"today": today, "month": today.replace(day=1), "currency": member.organization.currency}
    return facts_of(member) | days | (shown.values() if shown else {}) | more


@once
def pipelines() -> Select[Pipeline]:
    """The tabs of all boards, with their columns."""
    return pipelines_of(ASKING)


@once
def people() -> Select[int, str]:
    """Whose deals a filter may choose."""
    return people_of(ASKING)


@once
def cards_of(shape: Filter, asking: Membership) -> Rows:
    """The first cards of each open column, one more than a page to know whether there are further ones.

    Their numbers come first, as an array: joined, the planner would look up each deal once for every stage.
    """
    stages = aliased(Stage, name="columns")
    first = (
        shape.apply(select(Deal.id).join(Stage, in_stage()))
        .where(seen_by(asking), Deal.stage_id == stages.id)
        .order_by(Deal.rank)
        .limit(PAGE + 1)
        .correlate(stages)
        .lateral("first")
    )
    picked = select(first.c.id).select_from(stages).join(first, true())
    mine = (
        stages.organization_id == ASKING.organization_id,
        stages.pipeline_id == bindparam("pipeline", type_=BigInteger),
    )
    numbers = func.array(picked.where(*mine, stages.kind == "open").scalar_subquery())
    return card(asking).where(Deal.id == func.any(numbers)).order_by(Stage.position, Deal.rank)


@once
def more_cards(shape: Filter, asking: Membership) -> Rows:
    """The page of the column `stage` below the card of the rank `after`."""
    below = (Deal.stage_id == bindparam("stage", type_=BigInteger), Deal.rank > bindparam("after", type_=BigInteger))
    return shape.apply(card(asking)).where(*below).order_by(Deal.rank).limit(PAGE + 1)


@once
def one_card(asking: Membership) -> Rows:
    """The card of `deal`."""
    return card(asking).where(Deal.id == bindparam("deal", type_=BigInteger))


def card(asking: Membership) -> Rows:
    """What a card shows, for every deal that the member may see."""
    step = (
        select(Task.title.label("title"), Task.due_on.label("due_on"))
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
            Deal.rank,
            Deal.version,
            Deal.stage_id,
            Deal.status,
            Deal.owner_id,
            Deal.stage_entered_at,
            User.name.label("owner_name"),
            func.coalesce(Company.name, Contact.name).label("who"),
            step.c.title.label("next_title"),
            step.c.due_on.label("next_on"),
            rots(step.c.due_on, TODAY).label("rotting"),
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


def totals(asking: Membership) -> Rows:
    """The numbers of a column's head. Money in a currency without a rate is counted apart, never added."""
    own = bindparam("currency", type_=String)
    steps = due_days()
    return (
        select(
            Deal.stage_id,
            func.count().label("count"),
            func.coalesce(func.sum(worth(own)), 0).label("total"),
            func.coalesce(func.sum(weighted(own)), 0).label("weighted"),
            func.count().filter(worth(own).is_(None)).label("unconverted"),
            func.count().filter(steps.c.due_on.is_(None)).label("idle"),
            func.sum(case((rots(steps.c.due_on, TODAY), 1), else_=0)).label("rotting"),
        )
        .select_from(Deal)
        .join(Stage, in_stage())
        .outerjoin(steps, steps.c.deal_id == Deal.id)
        .where(seen_by(asking))
        .group_by(Deal.stage_id)
    )


def due_days() -> FromClause:
    """The day of the next step of every deal that has one."""
    return (
        select(Task.deal_id, func.min(Task.due_on).label("due_on"))
        .where(Task.organization_id == ASKING.organization_id, Task.done_at.is_(None))
        .group_by(Task.deal_id)
        .subquery("steps")
    )
