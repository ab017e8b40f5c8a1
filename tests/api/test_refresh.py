"""Refresh tokens: each for one use; used twice they end everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from crm.accounts.jobs import forget_expired
from crm.accounts.models import RefreshToken, UserSession, fingerprint
from tests.world import PASSWORD


@pytest.fixture
def pair(api):
    return api.post("/auth/login", {"email": "max@example.com", "password": PASSWORD}).json


def renewed(api, pair):
    return api.post("/auth/refresh", {"refresh_token": pair["refresh_token"]})


def test_a_refresh_token_gives_another_pair(api, world, pair):
    answer = renewed(api, pair)
    assert answer.status_code == 200 and answer.json["refresh_token"] != pair["refresh_token"]
    assert api.bearing(answer.json["access_token"]).get("/auth/me").json["email"] == "max@example.com"
    assert renewed(api, answer.json).status_code == 200


def test_a_refresh_token_that_is_used_twice_ends_the_whole_family(api, world, pair):
    second = renewed(api, pair).json
    again = renewed(api, pair)
    assert again.status_code == 401 and again.json["code"] == "TOKEN_REUSED"
    assert renewed(api, second).status_code == 401
    for each in (pair, second):
        assert api.bearing(each["access_token"]).get("/auth/me").status_code == 401


def test_another_program_s_family_lives_on(api, world, pair):
    other = api.post("/auth/login", {"email": "max@example.com", "password": PASSWORD}).json
    renewed(api, pair), renewed(api, pair)
    assert renewed(api, other).status_code == 200


def test_a_refresh_token_lives_for_seven_days(api, world, pair):
    found = world.session.scalars(select(RefreshToken)).one()
    assert timedelta(days=6, hours=23) < found.expires_at - datetime.now(UTC) <= timedelta(days=7)
    world.session.execute(update(RefreshToken).values(expires_at=datetime.now(UTC)))
    assert renewed(api, pair).status_code == 401


def test_the_database_keeps_no_refresh_token_in_clear(api, world, pair):
    found = world.session.scalars(select(RefreshToken.id)).one()
    assert found == fingerprint(pair["refresh_token"]) and pair["refresh_token"] not in found


@pytest.mark.parametrize("word", ["", "x", "crmr_1_x", "crm_1_x", "é", "crmr__", "x" * 1001])
def test_what_we_did_not_make_is_no_refresh_token(api, world, word):
    answer = api.post("/auth/refresh", {"refresh_token": word})
    assert answer.status_code == (400 if len(word) > 1000 else 401), answer.json


def test_an_access_token_is_no_refresh_token(api, world, pair):
    assert api.post("/auth/refresh", {"refresh_token": pair["access_token"]}).status_code == 401
    assert renewed(api, pair).status_code == 200


def test_old_refresh_tokens_are_forgotten_and_their_session_goes_on(api, world, pair):
    second = renewed(api, pair).json
    old = update(RefreshToken).where(RefreshToken.id == fingerprint(pair["refresh_token"]))
    world.session.execute(old.values(expires_at=datetime.now(UTC) - timedelta(minutes=1)))
    forget_expired.func.__wrapped__(0)
    assert len(world.session.scalars(select(RefreshToken)).all()) == 1
    assert world.session.scalars(select(UserSession).where(UserSession.kind == "api")).one()
    assert renewed(api, second).status_code == 200
