"""Every endpoint, every role, whose record it is: compared with the permission table, as pages are. No exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from flask import Flask

from crm.database import db
from tests.api.catalogue import Operation, address, filled, operations
from tests.program import PREFIX, Program
from tests.whose import WALKS, WHOSE, Ids, Named, Whose, asked_under, records_for
from tests.world import PASSWORD

# Fields of a body that say on whose record it acts. One that isn't there is a mistake in the body: 400.
SENT = {
    "contacts_add": {"owner_id": "user_id"},
    "companies_add": {"owner_id": "user_id"},
    "deals_add": {"owner_id": "user_id"},
    "tasks_add": {"deal_id": "deal_id"},
    "distribution_contacts": {"ids": "contact_id"},
    "distribution_deals": {"ids": "deal_id"},
    "teams_add_to_team": {"user_id": "user_id"},
    "people_add": {"team_id": "team_id"},
    "invitations_send": {"team_id": "team_id"},
}
# Where the permission hangs on what is asked.
RULES: dict[str, Callable[[Whose, Any], str]] = {
    # Who names oneself leaves; all others are removed.
    "people_end_member": lambda named, body: "organization.leave" if named["user_id"] == "own" else "members.edit",
    # Who is in a team is chosen with the team; its lead adds new call managers.
    "teams_add_to_team": lambda named, body: "teams.edit" if "user_id" in body else "teams.lead",
}
# In place of the examples' words: a role that everybody may give, no version, no place, no other deal for a task.
PLAIN = {"role": "member"}
LEFT_OUT = ("version", "after_id", "deal_id")
HIRED = {"email": "new@example.com", "name": "New", "password": PASSWORD}


@dataclass(frozen=True)
class Step(Named):
    """What a program asks; `form` is its body."""

    operation: Operation = field(repr=False)

    @property
    def within(self) -> bool:
        """Also whether the person is in the team; pages say in words that somebody isn't any more."""
        teams = {"team": ("own", "team", "above"), "other": ("other",)}
        people = teams.get(self.named.get("team_id", ""), WHOSE["user_id"])
        return super().within and self.named.get("user_id", people[0]) in people


@pytest.fixture
def records(world) -> dict[str, Ids]:
    return records_for(world)


def steps(app: Flask, ids: Ids, words: dict[str, str]) -> Iterator[Step]:
    """Every endpoint, for every owner of every record that its path or its body names."""
    for one in operations(app):
        yield from walked(one, body_of(one, ids, words), SENT.get(one.endpoint.name, {}), ids)
        if one.endpoint.name == "teams_add_to_team":
            yield from walked(one, HIRED, {}, ids)


def walked(one: Operation, body: Any, fields: dict[str, str], ids: Ids) -> Iterator[Step]:
    """With this body, in which these fields name records."""
    for chosen in product(*(WHOSE[name] for name in [*one.path_ids, *fields.values()])):
        named = dict(zip(one.path_ids, chosen, strict=False))
        sent = dict(zip(fields.values(), chosen[len(named) :], strict=True))
        filled_in = {field: ids[name][sent[name]] for field, name in fields.items()}
        form = body and body | {field: [id] if field == "ids" else id for field, id in filled_in.items()}
        permission = RULES[one.endpoint.name](named, form) if one.endpoint.name in RULES else one.endpoint.needs
        path = address(one, {name: ids[name][whose] for name, whose in named.items()})
        yield Step(path, one.method, permission, named, sent, form, one)


def body_of(one: Operation, ids: Ids, words: dict[str, str]) -> Any:
    """The document's example with records of who walks, given to Nina; without a token that person's words."""
    nina_s = {name: ids[name]["team"] for name in ("user_id", "team_id")}
    body = filled(one, {name: whose["own"] for name, whose in ids.items() if "own" in whose} | nina_s)
    known = words if one.endpoint.needs == "public" else PLAIN
    return body and {name: known.get(name, value) for name, value in body.items() if name not in LEFT_OUT}


def asked(program: Program, step: Step) -> int:
    """The status; whatever the request did is undone."""
    point = db.engine.begin_nested()
    form = step.operation.content and "form" in step.operation.content[0]
    sent = {} if step.form is None else {"data" if form else "json": step.form}
    answer = program.client.open(PREFIX + step.path, method=step.method, headers=program.headers, **sent)
    if point.is_active:
        point.rollback()
    return int(answer.status_code)


def own_words(api: Program, person: Any) -> dict[str, str]:
    """What this person signs in by, and a refresh token."""
    words = dict.fromkeys(("email", "username"), person.user.email) | {"password": PASSWORD}
    pair = api.post("/auth/login", {name: words[name] for name in ("email", "password")})
    return words | {"refresh_token": pair.json["refresh_token"]}


@pytest.mark.parametrize(("who", "setting"), WALKS)
def test_every_endpoint_answers_as_the_table_says(app, world, api, records, who, setting):
    world.acme.visibility = setting
    world.session.commit()
    program, words = api.as_(getattr(world, who)), own_words(api, getattr(world, who))
    walk, wrong, allowed = list(steps(app, records[who], words)), [], []
    for step in asked_under(walk, setting):
        status, told = asked(program, step), step.told(who, setting)
        allowed += [status < 300] if told is None else []
        if (status if status in (401, 403, 404) or status >= 500 else None) != told:
            wrong.append((step, f"answered {status}, the table says {told or 'allowed'}"))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(walk) > 350 and sum(allowed) > 0.75 * len(allowed), (
        "what is allowed is also done, if the bodies are valid"
    )
