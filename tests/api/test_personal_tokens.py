"""Personal tokens: made once, for some things, for some days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from crm.accounts.models import UserSession, fingerprint
from crm.trail import AuditEntry

ASKED = {"name": "Nightly export", "scopes": ["contacts:read"], "expires_in_days": 30}


@pytest.fixture
def max_(api, world):
    return api.as_(world.max)


@pytest.fixture
def made(max_):
    return max_.post("/auth/tokens", ASKED).json


def test_a_token_is_shown_once_and_listed_without_its_word(max_, world):
    answer = max_.post("/auth/tokens", ASKED)
    assert answer.status_code == 201 and answer.json["scopes"] == ["contacts:read"], answer.json
    listed = max_.get("/auth/tokens").json["items"]
    assert [one["name"] for one in listed] == ["Nightly export"] and "token" not in listed[0]
    assert listed[0]["id"] == answer.json["id"] and answer.json["token"] not in str(listed)


def test_the_database_keeps_no_token_in_clear(max_, world, made):
    found = world.session.scalars(select(UserSession).where(UserSession.kind == "token")).one()
    assert found.id == fingerprint(made["token"]) and made["token"] not in str(vars(found))


def test_a_token_does_what_its_scopes_say_and_no_more(api, world, made):
    program = api.bearing(made["token"], world.acme.id)
    assert program.get("/contacts").status_code == 200
    for answer in (program.post("/contacts", {"name": "X"}), program.get("/auth/me"), program.delete("/contacts/1")):
        assert answer.status_code == 403 and answer.json["code"] == "SCOPE_MISSING", answer.json


def test_a_token_tells_when_it_was_last_used(api, max_, world, made):
    assert made["last_used_at"] is None
    api.bearing(made["token"], world.acme.id).get("/contacts")
    assert max_.get("/auth/tokens").json["items"][0]["last_used_at"] >= made["created_at"]


def test_a_scope_gives_no_more_than_the_role(api, world):
    made = api.as_(world.vera).post("/auth/tokens", ASKED | {"scopes": ["contacts:read", "contacts:write"]}).json
    answer = api.bearing(made["token"], world.acme.id).post("/contacts", {"name": "X"})
    assert answer.status_code == 403 and answer.json["code"] == "FORBIDDEN"


def test_a_token_ends_after_its_days(api, world, made):
    ends = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29) < ends <= timedelta(days=30)
    over = update(UserSession).where(UserSession.kind == "token").values(expires_at=datetime.now(UTC) - ends)
    world.session.execute(over)
    assert api.bearing(made["token"], world.acme.id).get("/contacts").status_code == 401


def test_a_revoked_token_is_worth_nothing_at_once(api, max_, world, made):
    assert max_.delete(f"/auth/tokens/{made['id']}").status_code == 204
    assert api.bearing(made["token"], world.acme.id).get("/contacts").status_code == 401
    assert max_.get("/auth/tokens").json["items"] == [] and max_.delete(f"/auth/tokens/{made['id']}").status_code == 404


def test_somebody_else_s_token_is_not_there(api, world, made):
    mona = api.as_(world.mona)
    assert mona.get("/auth/tokens").json["items"] == []
    assert mona.delete(f"/auth/tokens/{made['id']}").status_code == 404
    assert api.bearing(made["token"], world.acme.id).get("/contacts").status_code == 200


def test_a_token_makes_no_token_and_does_not_sign_out(api, max_, world):
    wide = max_.post("/auth/tokens", ASKED | {"scopes": ["profile:read", "profile:write"]}).json
    program = api.bearing(wide["token"])
    assert program.post("/auth/tokens", ASKED).status_code == 403
    assert program.post("/auth/logout").status_code == 403 and program.get("/auth/me").status_code == 200


def test_a_token_changes_by_no_letter(api, world, made):
    program = api.bearing(made["token"][:-1] + ("A" if made["token"][-1] != "A" else "B"), world.acme.id)
    other = api.bearing(made["token"].replace(f"_{world.max.user_id}_", f"_{world.mona.user_id}_"), world.acme.id)
    assert program.get("/contacts").status_code == other.get("/contacts").status_code == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("name", None),
        ("scopes", []),
        ("scopes", ["everything"]),
        ("scopes", [None]),
        ("expires_in_days", 0),
        ("expires_in_days", 367),
        ("expires_in_days", True),
    ],
)
def test_a_token_says_which_field_is_at_fault(max_, world, field, value):
    answer = max_.post("/auth/tokens", ASKED | {field: value})
    assert answer.status_code == 400 and [one.split(".")[0] for one in answer.json["errors"]] == [field], answer.json


def test_fifty_tokens_are_enough(max_, world):
    for number in range(50):
        assert max_.post("/auth/tokens", ASKED | {"name": f"No. {number}"}).status_code == 201
    answer = max_.post("/auth/tokens", ASKED)
    assert answer.status_code == 400 and answer.json["errors"] == {"name": ["You have 50 tokens. Revoke one first."]}


def test_making_and_revoking_are_in_the_audit_log(max_, world, made):
    max_.delete(f"/auth/tokens/{made['id']}")
    kinds = world.session.scalars(select(AuditEntry.kind).order_by(AuditEntry.id)).all()
    assert kinds[-2:] == ["token_made", "token_revoked"]
