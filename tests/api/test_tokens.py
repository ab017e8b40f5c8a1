"""Signing in by program, and out again."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.trail import AuditEntry
from tests.world import PASSWORD

LOGIN = "/auth/login"


@pytest.fixture
def pair(api):
    return api.post(LOGIN, {"email": "max@example.com", "password": PASSWORD}).json


def noted(world, kind):
    return world.session.scalars(select(AuditEntry).where(AuditEntry.kind == kind)).all()


def test_a_program_signs_in_and_asks_who_it_is(api, world, pair):
    assert pair["token_type"] == "bearer" and pair["expires_in"] == 900
    me = api.bearing(pair["access_token"]).get("/auth/me")
    assert me.status_code == 200 and me.json["email"] == "max@example.com", me.json
    assert [one.actor_id for one in noted(world, "program_signed_in")] == [world.max.user_id]


def test_no_answer_with_a_token_is_kept_anywhere(api, world):
    answer = api.post(LOGIN, {"email": "max@example.com", "password": PASSWORD})
    assert answer.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in answer.headers


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(api, world):
    wrong = api.post(LOGIN, {"email": "max@example.com", "password": "wrong wrong wrong"})
    unknown = api.post(LOGIN, {"email": "nobody@example.com", "password": "wrong wrong wrong"})
    assert wrong.status_code == unknown.status_code == 401 and wrong.json == unknown.json
    assert wrong.headers["WWW-Authenticate"] == "Bearer" and "match" in wrong.json["detail"]


def test_a_wrong_password_is_noted_where_the_person_is_a_member(api, world):
    api.post(LOGIN, {"email": "max@example.com", "password": "wrong wrong wrong"})
    api.post(LOGIN, {"email": "nobody@example.com", "password": "wrong wrong wrong"})
    assert [(one.subject, one.actor_id) for one in noted(world, "sign_in_failed")] == [("max@example.com", None)]


@pytest.mark.parametrize("body", [{}, {"email": None, "password": 1}, {"email": "a", "password": "b", "x": 1}, []])
def test_a_sign_in_that_lacks_something_says_what(api, world, body):
    answer = api.post(LOGIN, body)
    assert answer.status_code == 400 and answer.json["code"] == "VALIDATION_ERROR", answer.json


def test_the_password_form_gives_the_same_pair(api, world):
    form = {"username": "max@example.com", "password": PASSWORD, "grant_type": "password", "scope": ""}
    answer = api.client.post("/api/v1/token", data=form)
    assert answer.status_code == 200 and set(answer.json) >= {"access_token", "refresh_token", "token_type"}
    wrong = api.client.post("/api/v1/token", data=form | {"password": "wrong"})
    assert wrong.status_code == 401 and wrong.json["code"] == "WRONG_CREDENTIALS"


def test_the_password_form_is_no_json_and_signing_in_no_form(api, world):
    assert api.post("/token", {"username": "max@example.com", "password": PASSWORD}).status_code == 415
    form = {"email": "max@example.com", "password": PASSWORD}
    answer = api.client.post("/api/v1/auth/login", data=form)
    assert answer.status_code == 415 and answer.json["code"] == "UNSUPPORTED_MEDIA_TYPE"


def test_signing_out_ends_the_access_token_and_the_refresh_token_at_once(api, world, pair):
    program = api.bearing(pair["access_token"])
    assert program.post("/auth/logout").status_code == 204
    assert program.get("/auth/me").status_code == 401
    assert api.post("/auth/refresh", {"refresh_token": pair["refresh_token"]}).status_code == 401


def test_signing_out_leaves_other_programs_alone(api, world, pair):
    other = api.as_(world.max)
    api.bearing(pair["access_token"]).post("/auth/logout")
    assert other.get("/auth/me").status_code == 200


def test_a_program_changes_its_person_s_profile(api, world, pair):
    program = api.bearing(pair["access_token"])
    change = {"name": "Max Mustermann", "timezone": "Europe/Berlin"}
    answer = program.patch("/auth/me", change)
    assert answer.status_code == 200 and answer.json.items() >= (change | {"language": "en"}).items()
    assert program.get("/auth/me").json == answer.json


@pytest.mark.parametrize("field", ["name", "timezone", "language"])
@pytest.mark.parametrize("value", [None, "", 5, "x\0", "x" * 500])
def test_a_profile_refuses_what_nobody_has(api, world, pair, field, value):
    answer = api.bearing(pair["access_token"]).patch("/auth/me", {field: value})
    assert answer.status_code == 400 and list(answer.json["errors"]) == [field], answer.json


def test_nobody_changes_the_own_address_or_password_here(api, world, pair):
    answer = api.bearing(pair["access_token"]).patch("/auth/me", {"email": "x@example.com", "password": "x"})
    assert answer.status_code == 400 and set(answer.json["errors"]) == {"email", "password"}
