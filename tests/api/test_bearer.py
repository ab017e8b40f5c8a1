"""What is no token: forged, over, of another kind, or a cookie."""

from __future__ import annotations

import time

import jwt
import pytest

from crm.accounts.tokens import AUDIENCE, key_of
from tests.world import PASSWORD

SECRET = "for tests"


@pytest.fixture
def pair(api):
    return api.post("/auth/login", {"email": "max@example.com", "password": PASSWORD}).json


@pytest.fixture
def claims(pair):
    return jwt.decode(pair["access_token"], options={"verify_signature": False})


def signed(claims, key=None, algorithm="HS256", **other):
    kept = {name: value for name, value in (claims | other).items() if value is not None}
    return jwt.encode(kept, key_of(SECRET) if key is None else key, algorithm=algorithm)


def refused(api, token):
    answer = api.bearing(token).get("/auth/me")
    return answer.status_code == 401 and answer.json["code"] == "UNAUTHORIZED"


def test_what_we_signed_ourselves_is_accepted(api, world, claims):
    assert not refused(api, signed(claims)), "else the refusals below prove nothing"


@pytest.mark.parametrize("key", [SECRET.encode(), b"", b"x" * 32, SECRET.encode() + b"\0"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_another_key_signs_nothing(api, world, claims, key):
    assert refused(api, signed(claims, key or b"\0"))


def test_an_unsigned_token_is_none(api, world, claims):
    bare = jwt.encode(claims, None, algorithm="none")
    assert refused(api, bare) and refused(api, bare + "x")


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_none(api, world, claims, algorithm):
    assert refused(api, signed(claims, algorithm=algorithm))


@pytest.mark.parametrize("claim", ["exp", "iat", "sub", "aud", "jti", "typ", "sid"])
def test_a_token_that_lacks_a_claim_is_none(api, world, claims, claim):
    assert refused(api, signed(claims, **{claim: None}))


@pytest.mark.parametrize(
    ("claim", "value"),
    [("aud", "else"), ("typ", "refresh"), ("exp", 1), ("sid", "x"), ("sub", "0"), ("sub", "x"), ("aud", [])],
)
def test_a_token_of_another_kind_is_none(api, world, claims, claim, value):
    assert refused(api, signed(claims, **{claim: value}))


def test_a_session_is_its_own_user_s_alone(api, world, claims):
    assert refused(api, signed(claims, sub=str(world.mona.user_id)))


def test_an_access_token_lives_for_fifteen_minutes(api, world, claims):
    assert claims["exp"] - claims["iat"] == 900 and claims["aud"] == AUDIENCE
    assert refused(api, signed(claims, iat=int(time.time()) - 901, exp=int(time.time()) - 1))


def test_a_token_that_was_accepted_ends_when_it_says(api, world, claims, monkeypatch):
    token = signed(claims)
    assert not refused(api, token) and not refused(api, token)
    monkeypatch.setattr(time, "time", lambda: claims["exp"] - 1)
    assert not refused(api, token)
    monkeypatch.setattr(time, "time", lambda: claims["exp"])
    assert refused(api, token)


def test_a_token_that_was_accepted_is_none_under_another_key(api, app, world, claims, monkeypatch):
    token = signed(claims)
    assert not refused(api, token)
    monkeypatch.setitem(app.config, "SECRET_KEY", "another")
    assert refused(api, token)


def test_a_refresh_token_opens_no_door(api, world, pair):
    assert refused(api, pair["refresh_token"])


@pytest.mark.parametrize(
    "token", ["crm_", "crm__", "crm_1_x", "crm_x_y", "crm_99999999999999999999_x", "a.b.c", "é", "_"]
)
def test_rubbish_opens_no_door(api, world, token):
    assert refused(api, token)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic bWF4OngK", "Token x"])
def test_without_a_bearer_token_nobody_is_in(api, world, header):
    headers = {} if header is None else {"Authorization": header}
    answer = api.call("GET", "/contacts", **headers)
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_browser_s_cookie_counts_for_nothing(browser, world):
    max_ = browser.as_(world.max)
    assert max_.get("/settings/profile").status_code == 200
    assert max_.get("/api/v1/auth/me").status_code == max_.get("/api/v1/contacts").status_code == 401
    assert max_.post("/api/v1/auth/logout").status_code == 401 and max_.get("/settings/profile").status_code == 200


def test_a_browser_s_session_is_no_token(api, app, world):
    from crm.accounts.models import UserSession

    begun = UserSession.begin(world.max.user)
    world.session.add(begun)
    world.session.flush()
    assert refused(api, begun.token) and refused(api, f"crm_{world.max.user_id}_{begun.token}")


def test_a_browser_s_session_is_none_even_in_a_token_that_we_signed(api, world, claims):
    from crm.accounts.models import UserSession

    begun = UserSession.begin(world.max.user)
    world.session.add(begun)
    world.session.flush()
    assert refused(api, signed(claims, sid=begun.id))
