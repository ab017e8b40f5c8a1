"""Teams: made, renamed, filled and dissolved by owners and admins; their leads create call managers."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.operations import register_user
from crm.errors import Conflict, Forbidden, Invalid
from crm.organizations.models import Membership, Team, TeamMember
from crm.organizations.operations import join_team, make_team, take_in
from crm.organizations.permissions import Role
from crm.people.queries import team_led_by, teams_of
from crm.trail import audit

NOT_ALLOWED = "Only owners and admins can change teams."
LONGEST = 120


def add_team(session: Session, name: str, *, by: Membership, lead: Membership | None = None) -> Team:
    """A new team with its lead. Raises Conflict when the name is taken."""
    by.must("teams.edit", words=NOT_ALLOWED)
    checked = check_name(session, name, by)
    team = make_team(session, by.organization, checked, lead=active(lead) if lead else None)
    audit(session, "team_added", by=by, subject=team.name, lead=lead.name if lead else None)
    return team


def rename(session: Session, team: Team, name: str, *, by: Membership, version: int | None = None) -> None:
    by.must("teams.edit", words=NOT_ALLOWED)
    team.expect(version)
    old, team.name = team.name, check_name(session, name, by, but=team)
    if old != team.name:
        audit(session, "team_renamed", by=by, subject=team.name, old=old)
    session.flush()


def check_name(session: Session, name: str, by: Membership, *, but: Team | None = None) -> str:
    """The name without blanks around it. Raises Invalid for none or a long one, Conflict when it is taken."""
    tidy = name.strip()
    if not tidy:
        raise Invalid("Give the team a name.", field="name")
    if len(tidy) > LONGEST:
        raise Invalid("Use at most %(longest)s characters.", field="name", longest=LONGEST)
    same = teams_of(by).where(func.lower(Team.name) == func.lower(tidy), Team.id != (but.id if but else 0))
    if session.scalar(same):
        raise Conflict("There is a team of this name already.", field="name", code="NAME_TAKEN")
    return tidy


def put_in(session: Session, team: Team, member: Membership, *, by: Membership) -> None:
    """The member belongs to the team; twice changes nothing."""
    by.must("teams.edit", words=NOT_ALLOWED)
    if join_team(session, team, active(member)):
        audit(session, "team_joined", by=by, subject=member.name, team=team.name)


def take_out(session: Session, team: Team, member: Membership, *, by: Membership) -> None:
    by.must("teams.edit", words=NOT_ALLOWED)
    session.delete(place_of(session, team, member))
    audit(session, "team_left", by=by, subject=member.name, team=team.name)
    session.flush()


def make_lead(session: Session, team: Team, member: Membership, lead: bool, *, by: Membership) -> None:
    """Whether the member leads the team. It holds with the person's next request."""
    by.must("teams.edit", words=NOT_ALLOWED)
    place = place_of(session, team, active(member))
    if place.is_lead != lead:
        kind = "team_lead_made" if lead else "team_lead_ended"
        audit(session, kind, by=by, subject=member.name, team=team.name)
    place.is_lead = lead
    session.flush()


def dissolve(session: Session, team: Team, *, by: Membership) -> None:
    """The team is gone; its people and their records stay."""
    by.must("teams.edit", words=NOT_ALLOWED)
    session.delete(team)
    audit(session, "team_deleted", by=by, subject=team.name)
    session.flush()


def create_call_manager(
    session: Session, team: Team, *, email: str, name: str, password: str, by: Membership, timezone: str = "UTC"
) -> Membership:
    """A new login that is a member in this team. Raises Conflict when the address has a login: invite it instead."""
    refuse_unled(session, team, by=by)
    user = register_user(session, email=email, name=name, password=password, timezone=timezone)
    member = take_in(session, by.organization, user, Role.MEMBER)
    join_team(session, team, member)
    audit(session, "call_manager_created", by=by, subject=member.name, team=team.name)
    return member


def refuse_unled(session: Session, team: Team, *, by: Membership) -> None:
    """Raises Forbidden unless this member leads the team, or looks after all of them."""
    if not by.may("teams.lead") or session.scalar(team_led_by(by, team.id)) is None:
        raise Forbidden("Only the team's lead can do this.")


def place_of(session: Session, team: Team, member: Membership) -> TeamMember:
    """Raises Conflict when the person isn't in the team any more."""
    inside = (TeamMember.organization_id == team.organization_id, TeamMember.team_id == team.id)
    place = session.scalars(select(TeamMember).where(*inside, TeamMember.user_id == member.user_id)).one_or_none()
    if place is None:
        raise Conflict("This person is not in the team any more.", code="NOT_IN_TEAM")
    return place


def active(member: Membership) -> Membership:
    if member.ended_at is not None:
        raise Conflict("This person was removed in the meantime.", code="MEMBER_GONE")
    return member
