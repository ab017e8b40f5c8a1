"""Members with their teams and when they were last here; who can inherit."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager

from crm.accounts.models import User, UserSession
from crm.organizations.models import Membership, Team, TeamMember
from crm.organizations.permissions import Reach, Role, reach_of
from crm.organizations.queries import members_of


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
    """Who can take over what that member owns: active, no viewer; for a lead somebody of the own teams."""
    fit = members_of(by).where(Membership.user_id != member.user_id, Membership.role != Role.VIEWER)
    if reach_of(Role(by.role), "records.assign") is Reach.ALL:
        return fit
    return fit.where(Membership.user_id.in_({by.user_id, *by.led}))
