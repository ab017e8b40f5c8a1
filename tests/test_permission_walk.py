"""Every route, every role, whose record it is: compared with the permission table. There is no list of exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from crm import live
from crm.database import db
from crm.organizations.handbook import ACTIONS, handbook
from crm.organizations.operations import join_team, make_team, take_in
from crm.organizations.permissions import PERMISSIONS, Reach, Role, reach_of
from crm.people.inviting import invite
from tests.test_house_rules import ROOT
from tests.world import hook_of, user

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
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
# Whose records an address may name. "above": an owner, or an invitation to become one, in the team; "none": in no team.
RECORD = ("own", "team", "other", "foreign")
WHOSE = dict.fromkeys(("deal_id", "task_id", "contact_id", "company_id"), RECORD) | {
    "user_id": ("own", "team", "other", "above", "foreign"),
    "team_id": ("team", "other", "foreign"),
    "invitation_id": ("team", "other", "none", "above", "foreign"),
    **dict.fromkeys(("stage_id", "pipeline_id", "organization_id", "webhook_id", "delivery_id"), ("own", "foreign")),
}
OWNED = [argument for argument, whose in WHOSE.items() if whose is RECORD]
# Fields of a form that name a record too. One that isn't there is a mistake in the form: 400.
FIELDS = {
    "distribution.contacts": {"id": "contact_id"},
    "distribution.deals": {"id": "deal_id"},
    "teams.add": {"user_id": "user_id"},
}
Whose = dict[str, str]


@dataclass(frozen=True)
class Step:
    """One request, and what is needed to foretell its end: whose records the address and the form name."""

    path: str
    method: str
    permission: str
    named: Whose
    sent: Whose
    form: dict[str, int]

    def told(self, who: str, setting: str) -> int | None:
        """404, 403, or None when it is allowed: what docs/permissions.md says, in its order."""
        if not all(exists(argument, whose, who, setting) for argument, whose in self.named.items()):
            return 404
        if self.permission in ("public", "signed in"):
            return None
        reach = reach_of(ROLES[who], self.permission)
        if reach is Reach.NONE or (reach is Reach.LED and who not in LEADS):
            return 403
        there = [(argument, whose) for argument, whose in self.sent.items() if exists(argument, whose, who, setting)]
        touched = [*self.named.items(), *there]
        return None if all(self.touches(who, reach, argument, whose) for argument, whose in touched) else 403

    def touches(self, who: str, reach: Reach, argument: str, whose: str) -> bool:
        """Whether this person reaches that record, which exists."""
        if self.permission.startswith("members."):
            if whose == "above" and ROLES[who] is not Role.OWNER:
                return False
            if reach is Reach.LED and (argument, whose) == ("user_id", "own"):
                return False
        return reach in (Reach.ALL, Reach.SEEN) or in_hand(whose, who)


def exists(argument: str, whose: str, who: str, setting: str) -> bool:
    """Members, teams, invitations and pipelines are there for the whole organization, records as the setting says."""
    if whose == "foreign" or argument not in OWNED:
        return whose != "foreign"
    everything = who in SEES_ALL or setting == "everyone"
    return everything or in_hand(whose, who) or (whose == "team" and setting == "team")


def in_hand(whose: str, who: str) -> bool:
    """One's own, and for a lead the team's."""
    return whose == "own" or (whose in ("team", "above") and who in LEADS)


@pytest.fixture
def records(world) -> dict[str, dict[str, dict[str, int]]]:
    """For each who walks the ids: by argument, by whose they are."""
    session, acme = world.session, world.acme
    nina, omar = (take_in(session, acme, user(session, name), Role.MEMBER) for name in ("Nina", "Omar"))
    otto = take_in(session, acme, user(session, "Otto"), Role.OWNER)
    world.marta = take_in(session, acme, user(session, "Marta"), Role.MANAGER)
    for one in (nina, otto, *(getattr(world, who) for who in ROLES)):
        join_team(session, world.team, one, is_lead=one is world.marta)
    south = make_team(session, acme, "South", lead=omar)
    shared = {
        "user_id": {"team": nina.user_id, "other": omar.user_id, "above": otto.user_id},
        "team_id": {"team": world.team.id, "other": south.id},
        "invitation_id": invitations(world, south),
        "stage_id": {"own": world.stage("proposal").id},
        "pipeline_id": {"own": world.pipeline.id},
        "organization_id": {"own": acme.id},
    }
    webhook, delivery = hook_of(world.olga)
    shared |= {"webhook_id": {"own": webhook}, "delivery_id": {"own": delivery}}
    books = {"team": world.book_of(nina), "other": world.book_of(omar)}
    found = {who: ids_of(world, getattr(world, who), books, shared) for who in ROLES}
    session.commit()
    foreign = in_bolt(world)
    return {who: {name: ids[name] | {"foreign": foreign[name]} for name in WHOSE} for who, ids in found.items()}


def invitations(world: Any, south: Any) -> dict[str, int]:
    """Somebody waits in each team, in none, and as an owner."""
    waiting = {"team": ("member", world.team), "other": ("member", south), "none": ("member", None)}
    waiting["above"] = ("owner", world.team)
    return {
        whose: invite(world.session, f"{whose}@example.com", role, by=world.olga, team=team).id
        for whose, (role, team) in waiting.items()
    }


def ids_of(world: Any, person: Any, books: dict[str, Any], shared: Any) -> dict[str, dict[str, int]]:
    """The ids as this person walks, with a book of the own."""
    books = books | {"own": world.book_of(person)}
    ids = {name: {whose: getattr(book, name[:-3]).id for whose, book in books.items()} for name in OWNED}
    ids |= {name: dict(known) for name, known in shared.items()}
    ids["user_id"]["own"] = person.user_id
    return ids


def in_bolt(world: Any) -> dict[str, int]:
    """By argument the id of Bolt's; its team is led by Ruslan, and somebody waits for it."""
    world.in_bolt()
    east = make_team(world.session, world.bolt, "East", lead=world.ruslan)
    waiting = invite(world.session, "east@example.com", "member", by=world.ruslan, team=east)
    webhook, delivery = hook_of(world.ruslan)
    theirs = world.foreign | {"webhook": webhook, "delivery": delivery}
    theirs |= {"team": east.id, "invitation": waiting.id, "organization": world.bolt.id}
    world.session.commit()
    world.in_acme()
    return {f"{name}_id": number for name, number in theirs.items()}


def pages(app: Flask) -> list[Rule]:
    """Every address but the API's, which takes no cookies: tests/api walks there with tokens."""
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("api.")]


def steps(app: Flask, ids: dict[str, dict[str, int]]) -> Iterator[Step]:
    """Every address with every method that it takes, for every owner of every record that it or its form names."""
    plain = {"field": "amount", "version": "1", "name": "app.css", "filename": "icons.svg"}
    for rule in pages(app):
        permission = getattr(app.view_functions[rule.endpoint], "permission", "public")
        arguments, fields = sorted(rule.arguments & WHOSE.keys()), FIELDS.get(rule.endpoint, {})
        for chosen in product(*(WHOSE[name] for name in [*arguments, *fields.values()])):
            named = dict(zip(arguments, chosen, strict=False))
            sent = dict(zip(fields.values(), chosen[len(arguments) :], strict=True))
            numbers = {name: ids[name][whose] for name, whose in named.items()}
            path = rule.build({name: (plain | numbers)[name] for name in rule.arguments})[1]
            form = {field: ids[name][sent[name]] for field, name in fields.items()}
            for method in sorted(rule.methods & set(METHODS)):
                yield Step(path, method, permission, named, sent, form)


@pytest.mark.parametrize(("who", "setting"), WALKS)
def test_every_route_answers_as_the_table_says(app, world, browser, records, monkeypatch, who, setting):
    monkeypatch.setattr(live.hub, "join", lambda viewer, dsn: None)
    world.acme.visibility = setting
    world.session.commit()
    person = browser.as_(getattr(world, who))
    cookie = person.client.get_cookie(app.config["SESSION_COOKIE_NAME"]).value
    world.session.commit()
    walk, wrong = list(steps(app, records[who])), []
    for step in walk:
        status, told = asked(app, person, cookie, step), step.told(who, setting)
        if (status if status in (401, 403, 404) or status >= 500 else None) != told:
            wrong.append((step, f"answered {status}, the table says {told or 'allowed'}"))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(walk) > 250


def asked(app: Flask, person: Any, cookie: str, step: Step) -> int:
    """The status; whatever the request did is undone, and the browser stays signed in."""
    point = db.engine.begin_nested()
    person.client = app.test_client()
    person.client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
    form = {"query_string" if step.method == "GET" else "data": step.form}
    answer = person.client.open(step.path, method=step.method, headers=person.headers(), buffered=False, **form)
    answer.close()
    if point.is_active:
        point.rollback()
    return int(answer.status_code)


def test_the_walk_knows_every_role_and_names_every_record(app):
    assert set(ROLES.values()) == set(Role)
    arguments = {name for rule in pages(app) for name in rule.arguments if name.endswith("_id")}
    assert arguments == set(WHOSE)


def test_the_handbook_is_the_table():
    assert (ROOT / "docs" / "permissions.md").read_text() == handbook(), "flask crm permissions > docs/permissions.md"
    assert list(ACTIONS) == list(PERMISSIONS)


def test_the_command_prints_the_handbook(app):
    assert app.test_cli_runner().invoke(args=["crm", "permissions"]).output == handbook()


# What every role reaches: PRODUCT's section 2 told a second time, so that no cell changes by mistake.
PRODUCT = {
    "organization.view organization.leave": "all all all all all",
    "organization.settings audit.view teams.edit": "all all none none none",
    "organization.transfer organization.delete": "all none none none none",
    "members.invite members.edit": "all all none led none",
    "teams.lead": "all all led led none",
    "pipelines.edit customfields.edit tags.edit currencies.edit webhooks.edit imports.undo": "all all none none none",
    "records.view analytics.view": "all all all seen seen",
    "records.create records.edit records.delete records.assign tasks.create": "all all all own none",
    "records.distribute": "all all all led none",
    "activities.create": "all all all seen none",
    "deals.move_back": "all all none none none",
}


def test_the_table_is_the_product_s():
    told = {action: reaches.split() for actions, reaches in PRODUCT.items() for action in actions.split()}
    assert {action: list(reaches.values()) for action, reaches in PERMISSIONS.items()} == told
