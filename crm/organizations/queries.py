"""Who is asking, for which organization; members and teams."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import ScalarSelect, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased, contains_eager
from sqlalchemy.types import BigInteger

from crm.accounts.models import User, UserSession
from crm.organizations.currencies import Currency
from crm.organizations.models import Membership, Organization, Team, TeamMember
from crm.organizations.permissions import Reach, Role, reach_of
from crm.organizations.visibility import USER_IDS
from crm.positions import NOW

Identity = Select[UserSession, Membership | None, list[int] | None, list[int] | None, str]

HERE = bindparam("here", type_=BigInteger)


class StandIn:
    """What a rule may ask of a member while a statement is built; `sees` as in Membership."""

    def __init__(self, sees: Any) -> None:
        self.organization_id = bindparam("asking_organization", type_=BigInteger)
        self.user = SimpleNamespace(id=bindparam("asking_user", type_=BigInteger))
        self.sees = sees


ASKING = cast(Membership, StandIn(None))
ASKING_SOME = cast(Membership, StandIn(bindparam("seen_owners", type_=USER_IDS)))
"""Stand for the member in statements that are built once and asked often, for building takes longer than asking:
one who sees all, one who sees some owners' records.

`facts_of` names the member at each execution. A rule that asks for more than they have fails at once.
"""


def asking_like(member: Membership) -> Membership:
    """The stand-in for this member."""
    return ASKING if member.sees is None else ASKING_SOME


def facts_of(member: Membership) -> dict[str, Any]:
    """Who is asking this time, and whose records count."""
    owners = member.sees
    asking = {"asking_organization": member.organization_id, "asking_user": member.user_id}
    return asking | ({} if owners is None else {"seen_owners": sorted(owners)})


@cache
def identity() -> Identity:
    """One statement for each request: the session, its user, the membership in that organization, led people, mates,
    and the position before all that the request will read.

    Every request asks it, so it is built only once; `asker` names who and where.
    """
    return (
        select(UserSession, Membership, people_in_teams(leading=True), people_in_teams(), NOW)
        .join(UserSession.user)
        .outerjoin(
            Membership,
            and_(
                Membership.user_id == UserSession.user_id,
                Membership.organization_id == HERE,
                Membership.ended_at.is_(None),
            ),
        )
        .outerjoin(Membership.organization)
        .where(UserSession.id == bindparam("session"), UserSession.expires_at > func.now())
        .options(
            contains_eager(UserSession.user),
            contains_eager(Membership.organization),
            contains_eager(Membership.user),
        )
    )


def asker(session_id: str, organization_id: int | None) -> dict[str, str | int | None]:
    """Whose session it is, and the organization that it works in."""
    return {"session": session_id, "here": organization_id}


def people_in_teams(*, leading: bool = False) -> ScalarSelect[list[int]]:
    """User ids of everyone in the teams that the session's user is in, or leads."""
    mine, other = aliased(TeamMember), aliased(TeamMember)
    here = (mine.organization_id == HERE, mine.user_id == UserSession.user_id)
    return (
        select(func.array_agg(other.user_id, type_=USER_IDS))
        .select_from(mine)
        .join(other, and_(other.organization_id == mine.organization_id, other.team_id == mine.team_id))
        .where(*here, *([mine.is_lead] if leading else []))
        .correlate(UserSession)
        .scalar_subquery()
    )


def organizations_of(user: User) -> Select[Organization]:
    """Where this user is a member, by name."""
    return (
        select(Organization)
        .join(Membership, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user.id, Membership.ended_at.is_(None))
        .order_by(func.lower(Organization.name), Organization.id)
    )


def memberships_of(user: User) -> Select[Membership]:
    """The user's places, by the organization's name."""
    return (
        select(Membership)
        .join(Membership.organization)
        .where(Membership.user_id == user.id, Membership.ended_at.is_(None))
        .options(contains_eager(Membership.organization))
        .order_by(func.lower(Organization.name), Organization.id)
    )


def organization_of(member: Membership, id: int) -> Select[Organization]:
    """The member's own, if it is that one."""
    return select(Organization).where(Organization.id == member.organization_id, Organization.id == id)


def members_of(member: Membership) -> Select[Membership]:
    """The active members of this member's organization, by name."""
    return (
        select(Membership)
        .join(Membership.user)
        .where(Membership.organization_id == member.organization_id, Membership.ended_at.is_(None))
        .options(contains_eager(Membership.user))
        .order_by(func.lower(User.name), User.id)
    )


def workers_of(member: Membership) -> Select[Membership]:
    """Those of them who can be given records and tasks: viewers can read, not write."""
    return members_of(member).where(Membership.role != Role.VIEWER)


def people_seeing(member: Membership, owner_id: int) -> Select[Membership]:
    """Of the active members those who see what that user owns: `owners_seen_by` from the other side."""
    here, setting = members_of(member), member.organization.visibility
    if setting == "everyone":
        return here
    mine, other = aliased(TeamMember), aliased(TeamMember)
    shared = and_(other.organization_id == mine.organization_id, other.team_id == mine.team_id)
    mates = select(mine.user_id).join(other, shared).where(mine.organization_id == member.organization_id)
    mates = mates.where(other.user_id == owner_id, *([mine.is_lead] if setting == "own" else []))
    by_role = Membership.role.in_(role for role in Role if reach_of(role, "records.view") is Reach.ALL)
    return here.where(or_(by_role, Membership.user_id == owner_id, Membership.user_id.in_(mates)))


def assignees_of(member: Membership, owner_id: int) -> Select[Membership]:
    """Who can be given a task on that user's record: a task is seen with its record, and viewers do nothing."""
    return people_seeing(member, owner_id).where(Membership.role != Role.VIEWER)


def active_member(member: Membership, user_id: int) -> Select[Membership]:
    """That person, while a member of this member's organization."""
    return members_of(member).where(Membership.user_id == user_id)


def people_of(member: Membership) -> Select[int, str]:
    """The same people's user ids and names, where nothing else is shown of them."""
    return members_of(member).with_only_columns(Membership.user_id, User.name)


def teams_of(member: Membership) -> Select[Team]:
    """The teams of this member's organization, by name."""
    return select(Team).where(Team.organization_id == member.organization_id).order_by(func.lower(Team.name))


def currencies_of(member: Membership) -> Select[Currency]:
    """Every currency with a rate, by its code; the organization's own is not among them."""
    return select(Currency).where(Currency.organization_id == member.organization_id).order_by(Currency.code)


def currency_of(member: Membership, id: int) -> Select[Currency]:
    return currencies_of(member).where(Currency.id == id)
