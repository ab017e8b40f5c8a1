"""Who walks through every page and the whole API, whose records are named there, and what the table says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from crm.accounts.tokens import make_token
from crm.database import scope
from crm.organizations.currencies import add_currency
from crm.organizations.models import Membership
from crm.organizations.operations import join_team, make_team, take_in
from crm.organizations.permissions import Reach, Role, reach_of
from crm.people.inviting import invite
from crm.tasks.models import Task
from crm.timeline.models import Activity
from tests.api.catalogue import ids_of
from tests.world import hook_of, user

SETTINGS = ("everyone", "team", "own")
# Who walks: the five roles, and of those who may lead the leads. All are in one team with Nina and Otto, an owner.
ROLES = {
    "olga": Role.OWNER,
    "adam": Role.ADMIN,
    "mona": Role.MANAGER,
    "marta": Role.MANAGER,
    "max": Role.MEMBER,
    "lena": Role.MEMBER,
    "vera": Role.VIEWER,
}
LEADS = {"marta", "lena"}
SEES_ALL = [who for who, role in ROLES.items() if reach_of(role, "records.view") is Reach.ALL]
# Whom the setting may not touch walks under the narrowest.
WALKS = [(who, setting) for who in ROLES for setting in SETTINGS if setting == "own" or who not in SEES_ALL]
# Whose records an address may name. "above": an owner, or an invitation to become one, in the team; "none": in no team;
# "assigned": the walker's task on the other's deal.
RECORD = ("own", "team", "other", "foreign")
SEEN = ("deal_id", "contact_id", "company_id", "activity_id")
SETTINGS_OF_ALL = ("stage_id", "pipeline_id", "reason_id", "tag_id", "currency_id", "webhook_id", "organization_id")
WHOSE = {
    **dict.fromkeys(SEEN, RECORD),
    "task_id": ("own", "team", "other", "assigned", "foreign"),
    "user_id": ("own", "team", "other", "above", "foreign"),
    "team_id": ("team", "other", "foreign"),
    "invitation_id": ("team", "other", "none", "above", "foreign"),
    **dict.fromkeys(SETTINGS_OF_ALL, ("own", "foreign")),
    "delivery_id": ("own", "other", "foreign"),  # the other is of another webhook
    "token_id": ("own", "other", "foreign"),
}
OWNED = (*SEEN, "task_id")
Whose = dict[str, str]
Ids = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Named:
    """One request, and what is needed to foretell its end: whose records its address and its form or body name."""

    path: str
    method: str
    permission: str
    named: Whose
    sent: Whose
    form: Any

    @property
    def owned(self) -> bool:
        """Whether it names what the visibility may hide."""
        return bool((self.named | self.sent).keys() & set(OWNED))

    def told(self, who: str, setting: str) -> int | None:
        """404, 403, or None when it is allowed: what docs/permissions.md says, in its order.

        What is not within the other that the address names is found out only by whom the table lets that far.
        """
        if not all(exists(argument, whose, who, setting) for argument, whose in self.named.items()):
            return 404
        if self.permission in ("public", "signed in"):
            return None
        reach = reach_of(ROLES[who], self.permission)
        if reach is Reach.NONE or (reach is Reach.LED and who not in LEADS):
            return 403
        there = [(argument, whose) for argument, whose in self.sent.items() if exists(argument, whose, who, setting)]
        touched = [*self.named.items(), *there]
        if not all(self.touches(who, reach, argument, whose) for argument, whose in touched):
            return 403
        return None if self.within else 404

    @property
    def within(self) -> bool:
        """Whether the message is one to the webhook."""
        return self.named.get("delivery_id") != "other"

    def touches(self, who: str, reach: Reach, argument: str, whose: str) -> bool:
        """Whether this person reaches that record, which exists."""
        if self.permission.startswith("members."):
            if whose == "above" and ROLES[who] is not Role.OWNER:
                return False
            if reach is Reach.LED and (argument, whose) == ("user_id", "own"):
                return False
        everywhere = reach in (Reach.ALL, Reach.SEEN) or argument == "organization_id"
        return everywhere or in_hand(whose, who)


def asked_under(walk: list[Any], setting: str) -> list[Any]:
    """Under each setting what the setting may hide, and all else once."""
    return walk if setting == "own" else [step for step in walk if step.owned]


def exists(argument: str, whose: str, who: str, setting: str) -> bool:
    """Members, teams, invitations and pipelines are there for the whole organization, records as the setting says.

    Tokens are there for whom they speak, a task with its deal.
    """
    if argument == "token_id":
        return whose == "own"
    if whose == "foreign" or argument not in OWNED:
        return whose != "foreign"
    if who in SEES_ALL or setting == "everyone":
        return True
    return whose != "assigned" and (in_hand(whose, who) or (whose == "team" and setting == "team"))


def in_hand(whose: str, who: str) -> bool:
    """One's own, and for a lead the team's."""
    return whose in ("own", "assigned") or (whose in ("team", "above") and who in LEADS)


def records_for(world: Any) -> dict[str, Ids]:
    """For each who walks the ids: by argument, by whose they are."""
    session, acme = world.session, world.acme
    nina, omar = (take_in(session, acme, user(session, name), Role.MEMBER) for name in ("Nina", "Omar"))
    otto = take_in(session, acme, user(session, "Otto"), Role.OWNER)
    world.marta = take_in(session, acme, user(session, "Marta"), Role.MANAGER)
    for one in (nina, otto, *(getattr(world, who) for who in ROLES)):
        join_team(session, world.team, one, is_lead=one is world.marta)
    south = make_team(session, acme, "South", lead=omar)
    shared = settings_of(world) | {
        "user_id": {"team": nina.user_id, "other": omar.user_id, "above": otto.user_id},
        "team_id": {"team": world.team.id, "other": south.id},
        "invitation_id": invitations(world, south),
    }
    books = {"team": book_of(world, nina), "other": book_of(world, omar)}
    found = {who: walker_s(world, getattr(world, who), books, shared) for who in ROLES}
    session.commit()
    foreign = in_bolt(world)
    return {who: {name: ids[name] | {"foreign": foreign[name]} for name in WHOSE} for who, ids in found.items()}


def settings_of(world: Any) -> Ids:
    """What an organization has but once; and messages to two webhooks."""
    add_currency(world.session, "CHF", Decimal("1.05"), by=world.olga)
    firsts = ids_of(world.olga, world.session)
    ids = {name: {"own": firsts[name]} for name in ("tag_id", "reason_id", "currency_id")}
    (webhook, delivery), (_, other) = hook_of(world.olga), hook_of(world.olga)
    ids |= {"webhook_id": {"own": webhook}, "delivery_id": {"own": delivery, "other": other}}
    ids |= {"stage_id": {"own": world.stage("proposal").id}, "pipeline_id": {"own": world.pipeline.id}}
    return ids | {"organization_id": {"own": world.acme.id}}


def invitations(world: Any, south: Any) -> dict[str, int]:
    """Somebody waits in each team, in none, and as an owner."""
    waiting = {"team": ("member", world.team), "other": ("member", south), "none": ("member", None)}
    waiting["above"] = ("owner", world.team)
    return {
        whose: invite(world.session, f"{whose}@example.com", role, by=world.olga, team=team).id
        for whose, (role, team) in waiting.items()
    }


def book_of(world: Any, owner: Membership) -> SimpleNamespace:
    """With what happened to the deal."""
    book = world.book_of(owner)
    happened = select(Activity).where(Activity.deal_id == book.deal.id).order_by(Activity.id).limit(1)
    return SimpleNamespace(**vars(book), activity=world.session.scalars(happened).one())


def walker_s(world: Any, person: Membership, books: dict[str, Any], shared: Ids) -> Ids:
    """The ids as this person walks, with a book of the own, and a token beside Nina's."""
    books = books | {"own": book_of(world, person)}
    ids = {name: {whose: getattr(book, name[:-3]).id for whose, book in books.items()} for name in OWNED}
    ids |= {name: dict(known) for name, known in shared.items()}
    ids["user_id"]["own"] = person.user_id
    ids["task_id"]["assigned"] = assigned(world, books["other"].deal, person)
    ids["token_id"] = {"own": token_for(world, person), "other": token_for(world, world.ruslan)}
    return ids


def assigned(world: Any, deal: Any, person: Membership) -> int:
    """A task of that person's on somebody else's deal; a viewer has it from an earlier role."""
    tomorrow = {"due_on": person.today() + timedelta(days=1), "assignee_id": person.user_id}
    task = Task(organization_id=world.acme.id, deal_id=deal.id, title="Check the offer", **tomorrow)
    world.session.add(task)
    world.session.flush()
    return task.id


def token_for(world: Any, member: Membership) -> int:
    """The number of a new personal token."""
    scope(world.session, organization_id=member.organization_id, user_id=member.user_id)
    asked = {"name": "Walk", "scopes": ["deals:read"], "days": 1}
    made = make_token(world.session, member.user, known=asked["scopes"], **asked).number
    world.in_acme()
    return made


def in_bolt(world: Any) -> dict[str, int]:
    """By argument the id of Bolt's; its team is led by Ruslan, and somebody waits for it."""
    world.in_bolt()
    east = make_team(world.session, world.bolt, "East", lead=world.ruslan)
    waiting = invite(world.session, "east@example.com", "member", by=world.ruslan, team=east)
    add_currency(world.session, "CHF", Decimal("1.05"), by=world.ruslan)
    webhook, delivery = hook_of(world.ruslan)
    theirs = ids_of(world.ruslan, world.session) | {f"{name}_id": number for name, number in world.foreign.items()}
    theirs |= {"webhook_id": webhook, "delivery_id": delivery, "team_id": east.id, "invitation_id": waiting.id}
    theirs |= {"organization_id": world.bolt.id, "token_id": token_for(world, world.ruslan)}
    world.session.commit()
    world.in_acme()
    return theirs
