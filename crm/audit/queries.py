"""Reading the audit log: which entries, from which one on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.organizations.models import Membership
from crm.trail import AuditEntry

PAGE = 50
HIGHEST = 2**63 - 1


@dataclass(frozen=True)
class Shown:
    """What the log shows. `actor_id` is a user id; `since` is the first moment that counts, `until` the one after."""

    actor_id: int | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Page:
    """Some entries, the newest first; whether there are newer and older ones."""

    entries: list[AuditEntry]
    newer: bool = False
    older: bool = False


def entries_of(member: Membership, shown: Shown) -> Select[AuditEntry]:
    """The entries of this member's organization that the filters let through."""
    found = select(AuditEntry).where(AuditEntry.organization_id == member.organization_id)
    if shown.actor_id is not None:
        found = found.where(AuditEntry.actor_id == shown.actor_id)
    if shown.kind is not None:
        found = found.where(AuditEntry.kind == shown.kind)
    if shown.since is not None:
        found = found.where(AuditEntry.at >= shown.since)
    return found if shown.until is None else found.where(AuditEntry.at < shown.until)


def page_of(
    session: Session, member: Membership, shown: Shown, *, before: int | None = None, after: int | None = None
) -> Page:
    """The entries older than `before`, or newer than `after`, both ids; without either the newest."""
    found = entries_of(member, shown)
    if after is not None:
        found = found.where(AuditEntry.id > after).order_by(AuditEntry.id)
    else:
        found = found.where(AuditEntry.id < (before or HIGHEST)).order_by(AuditEntry.id.desc())
    rows = list(session.scalars(found.limit(PAGE + 1)))
    more, entries = len(rows) > PAGE, rows[:PAGE]
    if after is not None:
        return Page(entries[::-1], newer=more, older=True)
    return Page(entries, newer=before is not None, older=more)


def people_of(session: Session, member: Membership) -> dict[int, str]:
    """Names by user id of everybody who belongs or belonged here: the log speaks of both."""
    people = select(Membership.user_id, User.name).join(Membership.user)
    here = people.where(Membership.organization_id == member.organization_id)
    return dict(iter(session.execute(here.order_by(func.lower(User.name), User.id))))
