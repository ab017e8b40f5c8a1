"""Members with their teams and when they were last here; who can inherit."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from crm.accounts.models import User, UserSession
from crm.organizations.models import Membership, Team, TeamMember
from crm.organizations.permissions import Reach, Role, reach_of
from crm.organizations.queries import members_of, workers_of
from crm.people.models import Invitation
from crm.people.ranks import roles_below


@dataclass(frozen=True)
class Person:
    """A row of the list. `teams` are names, with True for whoever leads it; `seen_at` is None when signed out."""

    member: Membership
    seen_at: datetime | None
    teams: tuple[tuple[str, bool], ...]


def people_listed(session: Session, member: Membership) -> list[Person]:
    """The active members by name: two statements, however many they are."""
    mine = UserSession.user_id == Membership.user_id
    seen = select(func.max(UserSession.seen_at)).where(mine).correlate(Membership).scalar_subquery()
    teams = teams_by_person(session, member)
    rows = session.execute(members_of(member).add_columns(seen))
    return [Person(one, seen_at, tuple(teams[one.user_id])) for one, seen_at in rows]


def teams_by_person(session: Session, member: Membership) -> dict[int, list[tuple[str, bool]]]:
    """For each user id the names of the teams, and whether the person leads it."""
    inside = (TeamMember.organization_id == Team.organization_id) & (TeamMember.team_id == Team.id)
    rows = select(TeamMember.user_id, Team.name, TeamMember.is_lead).join(Team, inside)
    teams = defaultdict(list)
    for user_id, name, is_lead in session.execute(
        rows.where(Team.organization_id == member.organization_id).order_by(func.lower(Team.name))
    ):
        teams[user_id].append((name, is_lead))
    return teams


def memberships_in(member: Membership) -> Select[Membership]:
    """Everybody who belongs or belonged to this member's organization."""
    here = select(Membership).join(Membership.user).where(Membership.organization_id == member.organization_id)
    return here.options(contains_eager(Membership.user))


def membership_of(member: Membership, user_id: int) -> Select[Membership]:
    return memberships_in(member).where(Membership.user_id == user_id)


def former_members(member: Membership) -> Select[Membership]:
    """Those whose membership has ended, the latest first."""
    return memberships_in(member).where(Membership.ended_at.is_not(None)).order_by(Membership.ended_at.desc(), User.id)


def heirs_of(by: Membership, member: Membership) -> Select[Membership]:
    """Who can take over what that member owns: active, no viewer; for a lead who removes one somebody of the teams."""
    fit = workers_of(by).where(Membership.user_id != member.user_id)
    if by.user_id == member.user_id or reach_of(Role(by.role), "records.assign") is Reach.ALL:
        return fit
    return fit.where(Membership.user_id.in_({by.user_id, *by.led}))


def invitations_of(member: Membership) -> Select[Invitation]:
    """Those that still wait, expired or not, the latest first."""
    waiting = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    here = select(Invitation).where(Invitation.organization_id == member.organization_id, *waiting)
    return here.options(joinedload(Invitation.team), joinedload(Invitation.inviter)).order_by(Invitation.id.desc())


def invitations_led_by(by: Membership) -> Select[Invitation]:
    """Those that this member could have sent: for a lead only into the own teams."""
    could = invitations_of(by).where(Invitation.role.in_(roles_below(by)))
    if reach_of(Role(by.role), "members.invite") is Reach.ALL:
        return could
    return could.where(Invitation.team_id.in_(teams_led_by(by).with_only_columns(Team.id).order_by(None)))


def invitation_of(member: Membership, id: int) -> Select[Invitation]:
    """Also one that is over: the verb says why it can't be touched."""
    return select(Invitation).where(Invitation.organization_id == member.organization_id, Invitation.id == id)


def invitation_linked(organization_id: int, id: int, nonce: str) -> Select[Invitation]:
    """What a link leads to, if it is the invitation's latest."""
    named = (Invitation.organization_id == organization_id, Invitation.id == id, Invitation.nonce == nonce)
    return select(Invitation).where(*named).options(joinedload(Invitation.organization))


def teams_of(member: Membership) -> Select[Team]:
    return select(Team).where(Team.organization_id == member.organization_id).order_by(func.lower(Team.name), Team.id)


def team_of(member: Membership, id: int) -> Select[Team]:
    return teams_of(member).where(Team.id == id)


def with_people(teams: Select[Team]) -> Select[Team]:
    """The same teams with who is in them, by user id: two statements, however many they are."""
    return teams.options(selectinload(Team.members).joinedload(TeamMember.member).joinedload(Membership.user))


def team_with_people(member: Membership, id: int) -> Select[Team]:
    """As it is now, whatever the session remembers."""
    return with_people(team_of(member, id)).execution_options(populate_existing=True)


def place_in(team: Team, user_id: int) -> Select[TeamMember]:
    same = (TeamMember.organization_id == team.organization_id, TeamMember.team_id == team.id)
    return select(TeamMember).where(*same, TeamMember.user_id == user_id)


def teams_led_by(member: Membership, action: str = "members.invite") -> Select[Team]:
    """The teams for which this member may do that: all for owners and admins, else those that the member leads."""
    if reach_of(Role(member.role), action) is Reach.ALL:
        return teams_of(member)
    mine = (TeamMember.organization_id == Team.organization_id, TeamMember.user_id == member.user_id)
    led = select(TeamMember.team_id).where(*mine, TeamMember.team_id == Team.id, TeamMember.is_lead)
    return teams_of(member).where(led.exists())


def team_led_by(member: Membership, id: int) -> Select[Team]:
    return teams_led_by(member, "teams.lead").where(Team.id == id)


def people_in(team: Team) -> Select[Membership, bool]:
    """The active members of a team by name, each with whether they lead it."""
    same = (TeamMember.organization_id == Membership.organization_id) & (TeamMember.user_id == Membership.user_id)
    inside = (TeamMember.organization_id == team.organization_id, TeamMember.team_id == team.id)
    here = select(Membership, TeamMember.is_lead).join(TeamMember, same).join(Membership.user)
    here = here.where(*inside, Membership.ended_at.is_(None)).options(contains_eager(Membership.user))
    return here.order_by(func.lower(User.name), User.id)
