"""One verb that founds it all."""

from __future__ import annotations

from sqlalchemy.orm import Session

from crm.accounts.models import User, UserSession
from crm.accounts.operations import register_user
from crm.organizations.models import Membership
from crm.organizations.operations import found_organization
from crm.pipelines.operations import first_pipeline


def register(
    session: Session, *, name: str, email: str, password: str, organization: str, timezone: str = "UTC"
) -> Membership:
    """A new user who owns a new organization with its first pipeline. From here on the session works in it.

    Raises Invalid at the field, Conflict at `email` when the address has a login.
    """
    user = register_user(session, email=email, name=name, password=password, timezone=timezone)
    return found(session, organization, owner=user)


def found(session: Session, organization: str, *, owner: User) -> Membership:
    """A new organization of that owner's with its first pipeline. From here on the session works in it."""
    member = found_organization(session, organization, owner=owner)
    first_pipeline(session, member.organization)
    return member


def admit(session: Session, owner: Membership, *, browser: str) -> UserSession:
    """The new owner's first session."""
    begun = UserSession.begin(owner.user, browser=browser)
    session.add(begun)
    return begun
