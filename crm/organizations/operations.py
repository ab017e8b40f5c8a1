"""Founding an organization, and taking people in."""

from __future__ import annotations

from sqlalchemy import Sequence, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.database import scope
from crm.organizations.models import Membership, Organization, Team, TeamMember
from crm.organizations.permissions import Role
from crm.organizations.rules import check_name

NUMBERS = Sequence("organizations_id_seq")


def found_organization(session: Session, name: str, *, owner: User, currency: str = "EUR") -> Membership:
    """A new organization with this owner; from here on the session works in it. Its pipeline is the caller's to add."""
    check_name(name, field="organization")
    number = session.scalar(select(NUMBERS.next_value()))
    scope(session, organization_id=number, user_id=owner.id)
    organization = Organization(id=number, name=name.strip(), currency=currency, timezone=owner.timezone)
    session.add(organization)
    session.flush()
    return take_in(session, organization, owner, Role.OWNER)


def take_in(session: Session, organization: Organization, user: User, role: Role) -> Membership:
    """The user's membership in that organization; one that had ended begins again in the new role."""
    member = session.get(Membership, (organization.id, user.id)) or Membership(
        organization_id=organization.id, user_id=user.id, user=user, organization=organization
    )
    member.role, member.ended_at = role, None
    session.add(member)
    session.flush()
    return member


def make_team(session: Session, organization: Organization, name: str, *, lead: Membership | None = None) -> Team:
    """A new team, with its lead when there is one."""
    team = Team(organization_id=organization.id, name=name.strip())
    session.add(team)
    session.flush()
    if lead is not None:
        join_team(session, team, lead, is_lead=True)
    return team


def join_team(session: Session, team: Team, member: Membership, *, is_lead: bool = False) -> bool:
    """Puts the member into the team; False when the member is in it already."""
    place = {"organization_id": team.organization_id, "team_id": team.id, "user_id": member.user_id}
    if session.get(TeamMember, place) is not None:
        return False
    session.add(TeamMember(**place, is_lead=is_lead))
    session.flush()
    return True
