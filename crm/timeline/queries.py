"""Reading the event log."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.organizations.models import Membership
from crm.timeline.models import Activity, Recorded

PAGE = 40


def activities_of(member: Membership) -> Select[Activity]:
    """Every activity that the member may see, newest first, with who did it."""
    return (
        select(Activity)
        .where(Activity.organization_id == member.organization_id)
        .options(joinedload(Activity.actor))
        .order_by(Activity.id.desc())
    )


def timeline_of(member: Membership, record: Recorded, *, before: int | None = None) -> Select[Activity]:
    """One page of a record's timeline. A new order of cards is no news there."""
    told = or_(Activity.type != "system", Activity.payload["event"].astext.is_distinct_from("reordered"))
    page = activities_of(member).where(getattr(Activity, record.timeline_key) == record.id, told).limit(PAGE)
    return page.where(Activity.id < before) if before else page


def people_in(member: Membership, activities: Iterable[Activity]) -> Select[int, str]:
    """User ids and names, also of those who left, of whom these activities speak beside who did them."""
    spoken = {one.payload.get(key) for one in activities if one.type == "owner_changed" for key in ("old", "new")}
    ids = [one for one in spoken if isinstance(one, int)]
    named = select(Membership.user_id, User.name).join(User, User.id == Membership.user_id)
    return named.where(Membership.organization_id == member.organization_id, Membership.user_id.in_(ids))
