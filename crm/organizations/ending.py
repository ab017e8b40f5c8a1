"""Leaving, handing over and deleting an organization: it always has an owner, or it is gone."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.errors import Conflict, Invalid
from crm.organizations.models import Membership, Organization
from crm.organizations.permissions import Role
from crm.trail import audit

LAST_OWNER = "You are the last owner. Transfer ownership first, or delete the organization."


def lock_owners(session: Session, organization_id: int) -> set[int]:
    """User ids of the active owners. Whoever else would change them waits until this transaction ends.

    The organization's row is locked first: "is there another owner?" alone is answered yes to two who leave at once.
    """
    row = select(Organization.id).where(Organization.id == organization_id)
    session.execute(row.with_for_update(key_share=True))
    here = (Membership.organization_id == organization_id, Membership.ended_at.is_(None))
    return set(session.scalars(select(Membership.user_id).where(*here, Membership.role == Role.OWNER)))


def leave(session: Session, *, member: Membership) -> None:
    """Ends the own membership; what the person owned stays and keeps the name. Raises Conflict for the last owner."""
    owners = lock_owners(session, member.organization_id)
    session.refresh(member)
    if owners == {member.user_id}:
        raise Conflict(LAST_OWNER, code="LAST_OWNER")
    if member.ended_at is None:
        member.ended_at = datetime.now(UTC)
        audit(session, "member_left", by=member, subject=member.name)


def transfer_ownership(session: Session, *, to: Membership, by: Membership) -> None:
    """Makes `to` an owner and `by` an admin. Raises Conflict when either is not what the page showed any more."""
    owners = lock_owners(session, by.organization_id)
    for one in (by, to):
        session.refresh(one)
    by.must("organization.transfer", words="Only an owner can transfer ownership.")
    if by.user_id not in owners or to.ended_at is not None or to.organization_id != by.organization_id:
        raise Conflict("This person is no longer a member here.", code="MEMBER_GONE")
    if to.user_id in owners:
        raise Conflict("%(name)s is an owner already.", code="OWNER_ALREADY", name=to.name)
    to.role, by.role = Role.OWNER, Role.ADMIN
    audit(session, "ownership_transferred", by=by, subject=to.name)


def delete_organization(session: Session, organization: Organization, *, typed: str, by: Membership) -> None:
    """Deletes the organization with everything in it. Raises Invalid unless its name was typed."""
    lock_owners(session, organization.id)
    session.refresh(by)
    by.must("organization.delete", words="Only an owner can delete the organization.")
    if typed.strip() != organization.name:
        raise Invalid("Type the name exactly as it stands above.", field="name")
    session.execute(delete(Organization).where(Organization.id == organization.id))
    session.expunge_all()
