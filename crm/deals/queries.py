"""Deals that a member may see. Whose and which is decided here, nowhere else."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload, with_expression

from crm.contacts.models import Company, Contact
from crm.contacts.tags import Tag
from crm.deals.models import Deal, DealTag
from crm.organizations.models import Membership, TeamMember
from crm.organizations.queries import asking_like
from crm.organizations.visibility import seen_through
from crm.pipelines.models import Pipeline, Stage

LISTED = 20
NEVER = literal(date.max, Date)
"""Comes after all days."""


def seen_by(member: Membership) -> ColumnElement[bool]:
    """Which deals exist for this member: the one place that says so, for lists, boards, sums and streams."""
    return and_(Deal.organization_id == member.organization_id, seen_through(member, Deal.owner_id))


def deals_of(member: Membership) -> Select[Deal]:
    """Every deal that the member may see."""
    return select(Deal).where(seen_by(member))


def deal_of(member: Membership, id: int) -> Select[Deal]:
    """One deal with its stage, its pipeline and all stages of that: what a verb needs, in one statement."""
    return deals_of(member).where(Deal.id == id).options(with_stages(Deal))


def with_stages(deal: Any) -> Any:
    """Loads the stage, the pipeline and its stages of a deal along with it."""
    stage = joinedload(deal.stage, innerjoin=True)
    return stage.joinedload(Stage.pipeline, innerjoin=True).joinedload(Pipeline.stages, innerjoin=True)


def deal_to_change(member: Membership, id: int) -> Select[Deal]:
    """The same, locked until the transaction ends: the version that a verb compares can't change under it.

    The row is locked alone and joined afterwards. Locked within the join, a deal that was moved while we waited
    would no longer fit the stage of our older snapshot, and seem to be gone.
    """
    held = deals_of(member).where(Deal.id == id).with_for_update(key_share=True).cte("held")
    deal = aliased(Deal, held)
    return select(deal).options(with_stages(deal))


def deal_to_show(member: Membership, id: int) -> Select[Deal]:
    """Everything that its page shows, but the timeline."""
    return deal_of(member, id).options(
        joinedload(Deal.contact),
        joinedload(Deal.company),
        joinedload(Deal.owner),
        joinedload(Deal.lost_reason),
        selectinload(Deal.tags),
        selectinload(Deal.tasks),
    )


def deals_in_brief(member: Membership) -> Select[Deal]:
    """Every deal that the member may see, with what is shown of each in a list. `facts_of` names the member."""
    return in_brief(asking_like(member))


@cache
def in_brief(asking: Membership) -> Select[Deal]:
    """The same for a stand-in, built once."""
    tags = with_expression(Deal.listed_tag_ids, func.array(tag_ids().scalar_subquery()))
    return deals_of(asking).options(joinedload(Deal.stage, innerjoin=True), tags)


def tag_ids() -> Select[int]:
    """Of a deal, by the tags' names."""
    here = (DealTag.organization_id == Deal.organization_id, DealTag.deal_id == Deal.id)
    tag = and_(Tag.organization_id == DealTag.organization_id, Tag.id == DealTag.tag_id)
    return select(Tag.id).join(DealTag, tag).where(*here).order_by(Tag.name).correlate(Deal)


def tagged_with(tag_ids: Any) -> ColumnElement[bool]:
    """The deal has any of those tags: an array, or a parameter for one."""
    here = (DealTag.organization_id == Deal.organization_id, DealTag.deal_id == Deal.id)
    return exists().where(*here, DealTag.tag_id == func.any(tag_ids))


def owned_in_teams(team_ids: Any) -> ColumnElement[bool]:
    """The deal's owner is in any of those teams: an array, or a parameter for one."""
    here = (TeamMember.organization_id == Deal.organization_id, TeamMember.user_id == Deal.owner_id)
    return exists().where(*here, TeamMember.team_id == func.any(team_ids))


def in_stages(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """The deal stands in one of those stages."""
    here = (Stage.organization_id == Deal.organization_id, Stage.id == Deal.stage_id)
    return select(Stage.id).where(*here, *which).correlate(Deal).exists()


def mentions(like: Any) -> ColumnElement[bool]:
    """Title, company or contact is like that; also where both are joined already."""
    company = exists().where(*same(Company, Deal.company_id), Company.name.ilike(like)).correlate(Deal)
    contact = exists().where(*same(Contact, Deal.contact_id), Contact.name.ilike(like)).correlate(Deal)
    return or_(Deal.title.ilike(like), company, contact)


def same(model: Any, column: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The composite key of a record that a deal points at."""
    return model.organization_id == Deal.organization_id, model.id == column


def deals_listed(member: Membership, whose: ColumnElement[bool]) -> Select[Deal]:
    """Those deals with their stages: open ones first, then the latest closed; one more than are shown."""
    closed_last = Deal.closed_on.desc().nulls_first()
    found = deals_of(member).where(whose).options(joinedload(Deal.stage, innerjoin=True))
    return found.order_by(closed_last, Deal.id.desc()).limit(LISTED + 1)
