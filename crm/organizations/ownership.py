"""An organization keeps its last owner: whoever would change who owns it comes after the others, and is asked here."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crm.errors import Conflict
from crm.organizations.models import Membership, Organization
from crm.organizations.permissions import Role

LAST_OWNER = "An organization keeps at least one owner. Make somebody else an owner first, or delete the organization."


def hold(session: Session, *members: Membership) -> None:
    """Locks the organization's row, then reads these members anew: what is decided now holds until the commit.

    "Is there another owner?" and the change that depends on it are two statements: without the lock two owners who
    leave, or remove each other, at the same moment both find one.
    """
    row = select(Organization.id).where(Organization.id == members[0].organization_id)
    session.execute(row.with_for_update(key_share=True))
    for member in members:
        session.refresh(member, ["role", "ended_at", "version"])


def other_owners(member: Membership) -> Select[Membership]:
    """The active owners besides this member, the oldest membership first. Ask it under the lock of `hold`."""
    owners = select(Membership).where(Membership.organization_id == member.organization_id)
    others = owners.where(Membership.role == Role.OWNER, Membership.user_id != member.user_id)
    return others.where(Membership.ended_at.is_(None)).order_by(Membership.created_at, Membership.user_id)


def refuse_ownerless(session: Session, member: Membership) -> None:
    """Raises Conflict when nobody but this member owns the organization. Ask it under the lock of `hold`."""
    if member.role == Role.OWNER and session.scalars(other_owners(member).limit(1)).first() is None:
        raise Conflict(LAST_OWNER, code="LAST_OWNER")
