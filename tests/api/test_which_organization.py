"""For which organization a program asks: the header, checked against membership on every call."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from tests.world import PASSWORD


@pytest.fixture
def token(api):
    return api.post("/auth/login", {"email": "max@example.com", "password": PASSWORD}).json["access_token"]


@pytest.fixture
def both(world):
    """Max belongs to Bolt too."""
    world.in_bolt()
    take_in(world.session, world.bolt, world.max.user, Role.MEMBER)
    world.session.commit()
    world.in_acme()


def test_who_is_in_one_organization_need_not_name_it(api, world, token):
    assert api.bearing(token).get("/contacts").json["total"] == 1


def test_who_is_in_several_has_to_say_which(api, world, token, both):
    answer = api.bearing(token).get("/contacts")
    assert answer.status_code == 400 and answer.json["code"] == "ORGANIZATION_REQUIRED", answer.json
    assert list(answer.json["errors"]) == ["X-Organization-Id"]


def test_the_header_chooses_among_several(api, world, token, both):
    for organization, contact in ((world.acme, world.contact.id), (world.bolt, world.foreign["contact"])):
        listed = api.bearing(token, organization.id).get("/contacts").json
        assert [one["id"] for one in listed["items"]] == [contact]


def test_foreign_unknown_and_garbage_are_told_apart_by_nothing(api, world, token):
    headers = [world.bolt.id, 999_999, 0, -1, "x", "", "1.5", "²", "9" * 30, f"{world.acme.id},{world.acme.id}", 2**62]
    answers = [api.bearing(token, header).get("/contacts") for header in headers]
    assert {one.status_code for one in answers} == {404} and len({one.data for one in answers}) == 1
    assert api.bearing(token, f" {world.acme.id} ").get("/contacts").status_code == 200


def test_a_wrong_header_is_refused_where_none_is_needed_too(api, world, token):
    assert api.bearing(token, world.bolt.id).get("/auth/me").status_code == 404
    assert api.bearing(token, world.acme.id).get("/auth/me").status_code == 200


def test_who_is_in_none_finds_nothing_but_oneself(api, world, token):
    world.max.ended_at = datetime.now(UTC)
    world.session.commit()
    assert api.bearing(token).get("/contacts").status_code == 404
    assert api.bearing(token).get("/auth/me").status_code == 200


def test_who_is_removed_is_out_with_the_next_call(api, world, token):
    program = api.bearing(token, world.acme.id)
    assert program.get("/contacts").status_code == 200
    world.max.ended_at = datetime.now(UTC)
    world.session.commit()
    gone, unknown = program.get("/contacts"), api.bearing(token, 999_999).get("/contacts")
    assert gone.status_code == 404 and gone.data == unknown.data


def test_who_is_demoted_loses_the_right_with_the_next_call(api, world, token):
    program = api.bearing(token, world.acme.id)
    assert program.post("/contacts", {"name": "X"}).status_code == 201
    world.max.role = Role.VIEWER
    world.session.commit()
    assert program.post("/contacts", {"name": "Y"}).status_code == 403


def test_a_new_password_ends_programs_but_no_personal_token(api, browser, world, token):
    personal = api.bearing(token).post("/auth/tokens", {"name": "T", "scopes": ["profile:read"]}).json["token"]
    form = {"current": PASSWORD, "new": "another good one"}
    assert browser.as_(world.max).post("/settings/password", form).status_code == 303
    assert api.bearing(token).get("/auth/me").status_code == 401
    assert api.bearing(personal).get("/auth/me").status_code == 200


def test_signing_out_everywhere_ends_programs_but_no_personal_token(api, browser, world, token):
    personal = api.bearing(token).post("/auth/tokens", {"name": "T", "scopes": ["profile:read"]}).json["token"]
    assert browser.as_(world.max).post("/settings/sessions/end").status_code == 303
    assert api.bearing(token).get("/auth/me").status_code == 401
    assert api.bearing(personal).get("/auth/me").status_code == 200
