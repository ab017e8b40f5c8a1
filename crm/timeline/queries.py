"""Reading the event log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, column, false, or_, select, table
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.organizations.models import Membership
from crm.organizations.visibility import seen_through
from crm.positions import unseen
from crm.timeline.models import Activity, Recorded
from crm.trail import AuditEntry

PAGE = 40

# The slices of these records lie above this one: all that is known of them here is whose they are.
RECORDS = {
    Activity.deal_id: table("deals", column("organization_id"), column("id"), column("owner_id")),
    Activity.contact_id: table("contacts", column("organization_id"), column("id"), column("owner_id")),
    Activity.company_id: table("companies", column("organization_id"), column("id"), column("owner_id")),
}


def seen_by(member: Membership) -> ColumnElement[bool]:
    """Which activities exist for this member: those of the records that do."""
    here = Activity.organization_id == member.organization_id
    if member.sees is None:
        return here
    return and_(here, or_(*(of_seen(member, key, records.c) for key, records in RECORDS.items())))


def of_seen(member: Membership, key: Any, record: Any) -> ColumnElement[bool]:
    same = (record.organization_id == Activity.organization_id, record.id == key)
    return select(record.id).where(*same, seen_through(member, record.owner_id)).correlate(Activity).exists()


def events_of(member: Membership) -> Select[Activity]:
    """Every activity that the member may see; who did it is a number."""
    return select(Activity).where(seen_by(member))


def activities_of(member: Membership) -> Select[Activity]:
    """The same, newest first, with who did it."""
    return events_of(member).options(joinedload(Activity.actor)).order_by(Activity.id.desc())


def activity_of(member: Membership, id: int) -> Select[Activity]:
    return events_of(member).where(Activity.id == id)


def is_news() -> ColumnElement[bool]:
    """A new order of cards is none."""
    return or_(Activity.type != "system", Activity.payload["event"].astext.is_distinct_from("reordered"))


def timeline_of(member: Membership, record: Recorded, *, before: int | None = None) -> Select[Activity]:
    """One page of a record's timeline."""
    page = activities_of(member).where(getattr(Activity, record.timeline_key) == record.id, is_news()).limit(PAGE)
    return page.where(Activity.id < before) if before else page


def told_since(member: Membership, place: str) -> Select[int | None]:
    """Deals of which something happened since: those that the member sees, or saw until they were handed over."""
    fresh = select(Activity.deal_id).distinct().where(unseen(Activity.txid, place))
    seen = or_(seen_by(member), and_(Activity.organization_id == member.organization_id, handed_over_by(member)))
    return fresh.where(seen, Activity.deal_id.is_not(None)).order_by(Activity.deal_id)


def deleted_since(member: Membership, place: str) -> Select[int]:
    """Deals that are gone since, of those that the member saw: their timeline went with them."""
    deal, owner = (AuditEntry.payload[name].as_string().cast(BigInteger) for name in ("deal", "owner"))
    here = (AuditEntry.organization_id == member.organization_id, AuditEntry.kind == "deal_deleted")
    return select(deal).where(*here, unseen(AuditEntry.txid, place), seen_through(member, owner))


def handed_over_by(member: Membership) -> ColumnElement[bool]:
    """A new owner of a record that was in the member's sight before."""
    if member.sees is None:
        return false()
    return and_(Activity.type == "owner_changed", Activity.payload["old"].as_string().in_(map(str, member.sees)))


def people_in(member: Membership, activities: Iterable[Activity]) -> Select[int, str]:
    """User ids and names, also of those who left, of whom these activities speak beside who did them."""
    spoken = {one.payload.get(key) for one in activities if one.type == "owner_changed" for key in ("old", "new")}
    ids = [one for one in spoken if isinstance(one, int)]
    named = select(Membership.user_id, User.name).join(User, User.id == Membership.user_id)
    return named.where(Membership.organization_id == member.organization_id, Membership.user_id.in_(ids))
