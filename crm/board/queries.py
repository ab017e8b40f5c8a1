"""The board in a few statements: heads computed over whole columns, cards a page at a time."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import FromClause, and_, case, func, literal, select, true, union_all
from sqlalchemy.orm import aliased

from crm.accounts.models import User
from crm.board.filters import Filter, in_stage, open_tasks, rots, same
from crm.contacts.models import Company, Contact, Tag
from crm.database import Rows
from crm.deals.models import Deal, DealTag
from crm.deals.queries import seen_by
from crm.organizations.models import Membership
from crm.pipelines.models import Pipeline, Stage
from crm.tasks.models import Task

PAGE = 20


def cards_of(member: Membership, pipeline: Pipeline, shown: Filter) -> Rows:
    """The first cards of each open column, one more than a page to know whether there are further ones."""
    stages = aliased(Stage, name="columns")
    first = (
        shown.apply(select(Deal.id).join(Stage, in_stage()), member.today())
        .where(seen_by(member), Deal.stage_id == stages.id)
        .order_by(Deal.rank)
        .limit(PAGE + 1)
        .correlate(stages)
        .lateral("first")
    )
    picked = select(first.c.id).select_from(stages).join(first, true())
    mine = (stages.organization_id == member.organization_id, stages.pipeline_id == pipeline.id, stages.kind == "open")
    return card(member).where(Deal.id.in_(picked.where(*mine))).order_by(Stage.position, Deal.rank)


def more_cards(member: Membership, stage: Stage, shown: Filter, after: int) -> Rows:
    """The page of a column below the card of that rank."""
    page = shown.apply(card(member), member.today()).where(Deal.stage_id == stage.id, Deal.rank > after)
    return page.order_by(Deal.rank).limit(PAGE + 1)


def card(member: Membership) -> Rows:
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
            rots(step.c.due_on, member.today()).label("rotting"),
            tags_of_deal().label("tags"),
        )
        .select_from(Deal)
        .join(Stage, in_stage())
        .join(User, User.id == Deal.owner_id)
        .outerjoin(Company, and_(*same(Company, Deal.company_id)))
        .outerjoin(Contact, and_(*same(Contact, Deal.contact_id)))
        .outerjoin(step, true())
        .where(seen_by(member))
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


def heads_of(member: Membership, stages: list[Stage], shown: Filter) -> Rows:
    """Count, total and weighted total of whole columns in the organization's currency; of closed ones, this month's."""
    today = member.today()
    open_ids = [stage.id for stage in stages if stage.is_open]
    closed_ids = [stage.id for stage in stages if not stage.is_open]
    month = and_(Deal.stage_id.in_(closed_ids), Deal.closed_on >= today.replace(day=1))
    both = union_all(
        *(shown.apply(totals(member, today), today).where(which) for which in (Deal.stage_id.in_(open_ids), month))
    ).subquery("heads")
    return select(both)


def totals(member: Membership, today: date) -> Rows:
    """The numbers of a column's head. Money in another currency is counted apart, never added."""
    currency = member.organization.currency
    ours = Deal.currency == literal(currency)
    chance = func.coalesce(Deal.probability, Stage.probability)
    steps = due_days(member)
    return (
        select(
            Deal.stage_id,
            func.count().label("count"),
            func.coalesce(func.sum(Deal.amount).filter(ours), 0).label("total"),
            func.coalesce(func.sum(Deal.amount * chance / 100).filter(ours), 0).label("weighted"),
            func.count().filter(~ours).label("unconverted"),
            func.count().filter(steps.c.due_on.is_(None)).label("idle"),
            func.sum(case((rots(steps.c.due_on, today), 1), else_=0)).label("rotting"),
        )
        .select_from(Deal)
        .join(Stage, in_stage())
        .outerjoin(steps, steps.c.deal_id == Deal.id)
        .where(seen_by(member))
        .group_by(Deal.stage_id)
    )


def due_days(member: Membership) -> FromClause:
    """The day of the next step of every deal that has one."""
    return (
        select(Task.deal_id, func.min(Task.due_on).label("due_on"))
        .where(Task.organization_id == member.organization_id, Task.done_at.is_(None))
        .group_by(Task.deal_id)
        .subquery("steps")
    )
