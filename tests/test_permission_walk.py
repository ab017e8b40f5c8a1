"""Every route, every role, whose record it is: compared with the permission table. There is no list of exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from crm import live
from crm.database import db
from crm.organizations.handbook import ACTIONS, handbook
from crm.organizations.permissions import PERMISSIONS, Role
from tests.test_house_rules import ROOT
from tests.whose import ROLES, WALKS, WHOSE, Ids, Named, asked_under, records_for

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Fields of a form that name a record too. One that isn't there is a mistake in the form: 400.
FIELDS = {
    "distribution.contacts": {"id": "contact_id"},
    "distribution.deals": {"id": "deal_id"},
    "teams.add": {"user_id": "user_id"},
}


@pytest.fixture
def records(world) -> dict[str, Ids]:
    return records_for(world)


def pages(app: Flask) -> list[Rule]:
    """Every address but the API's, which takes no cookies: tests/api/test_permission_walk.py walks there."""
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("api.")]


def steps(app: Flask, ids: Ids) -> Iterator[Named]:
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
                yield Named(path, method, permission, named, sent, form)


@pytest.mark.parametrize(("who", "setting"), WALKS)
def test_every_route_answers_as_the_table_says(app, world, browser, records, monkeypatch, who, setting):
    monkeypatch.setattr(live.hub, "join", lambda viewer, dsn: None)
    world.acme.visibility = setting
    world.session.commit()
    person = browser.as_(getattr(world, who))
    cookie = person.client.get_cookie(app.config["SESSION_COOKIE_NAME"]).value
    world.session.commit()
    walk, wrong = list(steps(app, records[who])), []
    for step in asked_under(walk, setting):
        status, told = asked(app, person, cookie, step), step.told(who, setting)
        if (status if status in (401, 403, 404) or status >= 500 else None) != told:
            wrong.append((step, f"answered {status}, the table says {told or 'allowed'}"))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(walk) > 250


def asked(app: Flask, person: Any, cookie: str, step: Named) -> int:
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
    arguments = {name for rule in app.url_map.iter_rules() for name in rule.arguments if name.endswith("_id")}
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
