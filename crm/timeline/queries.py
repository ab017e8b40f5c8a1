"""Reading the event log."""

from __future__ import annotations

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

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
    told = or_(Activity.type != "system", Activity.payload["event"].astext != "reordered")
    page = activities_of(member).where(getattr(Activity, record.timeline_key) == record.id, told).limit(PAGE)
    return page.where(Activity.id < before) if before else page
