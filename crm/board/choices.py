"""What a board's filters offer: people, teams and tags, in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import case, func, literal, select, union_all
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.contacts.tags import Tag
from crm.database import Rows
from crm.organizations.models import Membership, Team
from crm.organizations.permissions import Role
from crm.organizations.queries import ASKING, facts_of

ENDED = "ended"


@dataclass(frozen=True)
class Choice:
    """A person, a team or a tag. `more` is a person's role, or ENDED; a tag's colour."""

    id: int
    name: str
    more: str

    @property
    def works(self) -> bool:
        """Whether records can be given to that person."""
        return self.more not in (ENDED, Role.VIEWER)


@dataclass
class Choices:
    """By name. `everybody` includes those who left: their deals may still be theirs."""

    everybody: list[Choice] = field(default_factory=list)
    teams: list[Choice] = field(default_factory=list)
    tags: list[Choice] = field(default_factory=list)

    @property
    def people(self) -> list[Choice]:
        return [one for one in self.everybody if one.more != ENDED]

    def named(self, kind: str, ids: Iterable[int]) -> list[str | None]:
        """Their names in this order; None for what isn't there."""
        names = {one.id: one.name for one in getattr(self, kind)}
        return [names.get(id) for id in ids]


def choices_of(session: Session, member: Membership) -> Choices:
    """All of the member's organization."""
    found = Choices()
    for kind, id, name, more in session.execute(offered(), facts_of(member)):
        getattr(found, kind).append(Choice(id, name, more))
    return found


@cache
def offered() -> Rows:
    here = ASKING.organization_id
    role = case((Membership.ended_at.is_(None), Membership.role), else_=ENDED)
    people = select(*named("everybody", Membership.user_id, User.name, role)).join(Membership.user)
    teams = select(*named("teams", Team.id, Team.name, literal("")))
    tags = select(*named("tags", Tag.id, Tag.name, Tag.color))
    everything = union_all(
        people.where(Membership.organization_id == here),
        teams.where(Team.organization_id == here),
        tags.where(Tag.organization_id == here),
    ).subquery("offered")
    return select(everything).order_by(func.lower(everything.c.name), everything.c.id)


def named(kind: str, id: Any, name: Any, more: Any) -> tuple[Any, ...]:
    return literal(kind).label("kind"), id.label("id"), name.label("name"), more.label("more")
