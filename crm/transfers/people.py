"""The sales agents of a file as members of their managers' teams."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.errors import Conflict
from crm.organizations.models import Membership, Organization, Team
from crm.organizations.operations import join_team, make_team, take_in
from crm.organizations.permissions import Role
from crm.transfers.maven import Book


@dataclass
class Staff:
    """Everyone whom a book names, by name without regard to case; `new` are those who had to be made."""

    organization: Organization
    users: dict[str, int]
    new: dict[str, Membership]

    def owner_id(self, name: str) -> int:
        """The user id of that agent."""
        return self.users[name.casefold()]


def bring_in(session: Session, organization: Organization, book: Book) -> Staff:
    """Makes the agents and managers who are missing, and puts the new ones into their teams."""
    roles = roles_in(book)
    staff = Staff(organization, known_users(session, organization, roles), {})
    for name, role in roles.items():
        if name.casefold() not in staff.users:
            admit(session, staff, name, role)
    fill_teams(session, staff, book)
    return staff


def roles_in(book: Book) -> dict[str, Role]:
    """Each person once, as spelled first; who manages anyone is a manager."""
    agents = (book.agents or {}).values()
    people = [(agent.manager, Role.MANAGER) for agent in agents] + [(agent.name, Role.MEMBER) for agent in agents]
    people += [(one.agent, Role.MEMBER) for one in book.opportunities]
    first: dict[str, tuple[str, Role]] = {}
    for name, role in people:
        first.setdefault(name.casefold(), (name, role))
    return dict(first.values())


def known_users(session: Session, organization: Organization, roles: dict[str, Role]) -> dict[str, int]:
    """Those from an earlier run. Raises Conflict when a stranger to this organization has such an address."""
    names = {address_of(name, organization): name for name in roles}
    member = and_(Membership.user_id == User.id, Membership.organization_id == organization.id)
    found = select(User.id, User.email, Membership.user_id).outerjoin(Membership, member)
    users: dict[str, int] = {}
    for user_id, email, belongs in session.execute(found.where(func.lower(User.email).in_(list(names)))):
        if belongs is None:
            raise Conflict("%(email)s is the login of someone who is no member here.", code="EMAIL_TAKEN", email=email)
        users[names[email.lower()].casefold()] = user_id
    return users


def admit(session: Session, staff: Staff, name: str, role: Role) -> None:
    """A new member without a password: nobody can sign in until there is a real address and a password."""
    organization = staff.organization
    user = User(email=address_of(name, organization), name=name)
    user.timezone, user.language = organization.timezone, organization.language
    session.add(user)
    session.flush()
    staff.new[name.casefold()] = take_in(session, organization, user, role)
    staff.users[name.casefold()] = user.id


def fill_teams(session: Session, staff: Staff, book: Book) -> None:
    """One team for each manager in each office, such as "Central: Dustin Brinkmann"; only new people are put in."""
    agents = [agent for agent in (book.agents or {}).values() if agent.key in staff.new]
    groups = {f"{agent.office}: {agent.manager}": agent.manager for agent in agents}
    teams = teams_named(session, staff.organization, groups)
    for name, manager in groups.items():
        if name.casefold() not in teams:
            lead = session.get_one(Membership, (staff.organization.id, staff.owner_id(manager)))
            teams[name.casefold()] = make_team(session, staff.organization, name, lead=lead)
    for agent in agents:
        team = teams[f"{agent.office}: {agent.manager}".casefold()]
        join_team(session, team, staff.new[agent.key])


def teams_named(session: Session, organization: Organization, names: dict[str, str]) -> dict[str, Team]:
    """The organization's teams of these names."""
    known = select(Team).where(Team.organization_id == organization.id)
    wanted = known.where(func.lower(Team.name).in_([name.lower() for name in names]))
    return {team.name.casefold(): team for team in session.scalars(wanted)}


def address_of(name: str, organization: Organization) -> str:
    """firstname.lastname at a domain that doesn't exist; a name that ASCII can't tell gets a mark of its own."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    local = re.sub(r"[^a-z0-9-]+", ".", plain).strip(".")
    if local.replace(".", " ") != name.casefold() or len(local) > 60:
        local = f"{local[:40].strip('.')}.{hashlib.sha256(name.casefold().encode()).hexdigest()[:12]}".strip(".")
    return f"{local}@org-{organization.id}.import.invalid"
