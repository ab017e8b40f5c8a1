"""Handing over and deleting an organization: it always has an owner, or it is gone."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from crm.errors import Conflict, Forbidden, Invalid
from crm.organizations.models import Membership, Organization
from crm.organizations.ownership import hold
from crm.organizations.permissions import Role
from crm.trail import audit


def transfer_ownership(session: Session, *, to: Membership, by: Membership) -> None:
    """Makes `to` an owner and `by` an admin. Raises Conflict when either is not what the page showed any more."""
    hold(session, by, to)
    by.must("organization.transfer", words="Only an owner can transfer ownership.")
    if by.ended_at is not None or to.ended_at is not None or to.organization_id != by.organization_id:
        raise Conflict("This person is no longer a member here.", code="MEMBER_GONE")
    if to.role == Role.OWNER:
        raise Conflict("%(name)s is an owner already.", code="OWNER_ALREADY", name=to.name)
    to.role, by.role = Role.OWNER, Role.ADMIN
    audit(session, "ownership_transferred", by=by, subject=to.name)


def delete_organization(session: Session, organization: Organization, *, typed: str, by: Membership) -> None:
    """Deletes the organization with everything in it. Raises Invalid unless its name was typed."""
    hold(session, by)
    if by.ended_at is not None or by.organization_id != organization.id:
        raise Forbidden("You are no longer a member of this organization.")
    by.must("organization.delete", words="Only an owner can delete the organization.")
    if typed.strip() != organization.name:
        raise Invalid("Type the name exactly as it stands above.", field="name")
    session.execute(delete(Organization).where(Organization.id == organization.id))
    session.expunge_all()
