"""Every route, every role, whose record it is: compared with the permission table. There is no list of exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from crm import live
from crm.database import db
from crm.organizations.handbook import ACTIONS, handbook
from crm.organizations.operations import join_team, take_in
from crm.organizations.permissions import PERMISSIONS, Reach, Role, reach_of
from tests.test_house_rules import ROOT
from tests.world import invited, user

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OWNED = ("deal_id", "task_id", "contact_id", "company_id")
RANKED = ("user_id", "team_id", "invitation_id")  # who may change whom depends on rank and team: see tests/people
SETTINGS = ("everyone", "team", "own")
WHOSE = ("own", "team", "other", "foreign")
# Who walks: the five roles, and the member who leads the team.
ROLES = {"olga": "owner", "adam": "admin", "mona": "manager", "max": "member", "lena": "member", "vera": "viewer"}


@dataclass(frozen=True)
class Step:
    """One request, and what is needed to foretell its end."""

    path: str
    method: str
    permission: str
    owned: bool
    ranked: bool
    whose: str

    def told(self, who: str, setting: str) -> int | None:
        """403, 404, or None when it is allowed: by the table and the visibility alone."""
        if self.permission in ("public", "signed in"):
            return 404 if self.whose == "foreign" else None
        reach = reach_of(Role(ROLES[who]), self.permission)
        if reach is Reach.NONE:
            return 403
        if self.whose == "foreign" or (self.owned and not self.seen(who, setting)):
            return 404
        return 403 if self.owned and reach is Reach.OWN and not self.in_hand(who) else None

    def fits(self, status: int, who: str, setting: str) -> bool:
        """People are changed by rank too, so there the table alone foretells refusals by role and foreign ids."""
        told = self.told(who, setting)
        ended = status if status in (403, 404) else None
        return status < 500 and (ended == told or (self.ranked and told is None))

    def seen(self, who: str, setting: str) -> bool:
        everything = reach_of(Role(ROLES[who]), "records.view") is Reach.ALL or setting == "everyone"
        return everything or self.in_hand(who) or (self.whose == "team" and setting == "team")

    def in_hand(self, who: str) -> bool:
        """One's own, and for a lead the team's."""
        return self.whose == "own" or (self.whose == "team" and who == "lena")


@pytest.fixture
def records(world) -> dict[str, dict[str, int]]:
    """Ids by whose they are; "own" ones by who walks. Everyone who walks is in the team of Nina, Omar is not."""
    nina, omar = (
        take_in(world.session, world.acme, user(world.session, name), Role.MEMBER) for name in ("Nina", "Omar")
    )
    people = [getattr(world, who) for who in ROLES]
    for one in (nina, *people):
        join_team(world.session, world.team, one)
    shared = {
        "stage_id": world.stage("proposal").id,
        "pipeline_id": world.pipeline.id,
        "organization_id": world.acme.id,
        "user_id": nina.user_id,
        "team_id": world.team.id,
        "invitation_id": invited(world),
    }
    books = {"team": world.book_of(nina), "other": world.book_of(omar)}
    books |= {who: world.book_of(getattr(world, who)) for who in ROLES}
    found = {whose: shared | ids_of(book) for whose, book in books.items()}
    foreign = {f"{name}_id": number for name, number in world.foreign.items()} | dict.fromkeys(RANKED, 10**9)
    foreign["user_id"] = world.foreign["user"]
    world.session.commit()
    return found | {"foreign": foreign | {"organization_id": world.bolt.id}}


def ids_of(book: Any) -> dict[str, int]:
    return {f"{name}_id": getattr(book, name).id for name in ("deal", "task", "contact", "company")}


def steps(app: Flask, records: dict[str, dict[str, int]], who: str) -> Iterator[Step]:
    """Every address with every method that it takes, for each of the four whose record it may name."""
    plain = {"field": "amount", "version": "1", "name": "app.css", "filename": "icons.svg"}
    for rule in app.url_map.iter_rules():
        permission = getattr(app.view_functions[rule.endpoint], "permission", "public")
        named = {name for name in rule.arguments if name.endswith("_id")}
        for whose in WHOSE if named else ("own",):
            ids = plain | records[who if whose == "own" else whose]
            path = rule.build({name: ids[name] for name in rule.arguments})[1]
            for method in sorted(rule.methods & set(METHODS)):
                yield Step(
                    path,
                    method,
                    permission,
                    bool(named & set(OWNED)),
                    bool(named & set(RANKED)) or rule.endpoint.startswith("distribution."),
                    whose,
                )


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("who", ROLES)
def test_every_route_answers_as_the_table_says(app, world, browser, records, monkeypatch, who, setting):
    monkeypatch.setattr(live.hub, "join", lambda viewer, dsn: None)
    world.acme.visibility = setting
    world.session.commit()
    person = browser.as_(getattr(world, who))
    cookie = person.client.get_cookie(app.config["SESSION_COOKIE_NAME"]).value
    world.session.commit()
    walk, wrong = list(steps(app, records, who)), []
    for step in walk:
        status = asked(app, person, cookie, step)
        if not step.fits(status, who, setting):
            wrong.append((step, f"answered {status}, the table says {step.told(who, setting) or 'allowed'}"))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(walk) > 150


def asked(app: Flask, person: Any, cookie: str, step: Step) -> int:
    """The status; whatever the request did is undone, and the browser stays signed in."""
    point = db.engine.begin_nested()
    person.client = app.test_client()
    person.client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
    answer = person.client.open(step.path, method=step.method, headers=person.headers(), buffered=False)
    answer.close()
    if point.is_active:
        point.rollback()
    return int(answer.status_code)


def test_the_walk_knows_every_role():
    assert set(ROLES.values()) == set(Role)


def test_the_handbook_is_the_table():
    assert (ROOT / "docs" / "permissions.md").read_text() == handbook(), "flask crm permissions > docs/permissions.md"
    assert list(ACTIONS) == list(PERMISSIONS)


def test_the_command_prints_the_handbook(app):
    assert app.test_cli_runner().invoke(args=["crm", "permissions"]).output == handbook()


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("organization.settings", "owner admin"),
        ("organization.transfer", "owner"),
        ("organization.delete", "owner"),
        ("members.edit", "owner admin member"),
        ("pipelines.edit", "owner admin"),
        ("records.create", "owner admin manager member"),
        ("records.edit", "owner admin manager member"),
        ("deals.move_back", "owner admin"),
        ("analytics.view", "owner admin manager member viewer"),
    ],
)
def test_the_table_is_the_product_s(action, roles):
    assert {role for role in Role if reach_of(role, action) is not Reach.NONE} == set(roles.split())
