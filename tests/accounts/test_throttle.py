"""Guessing passwords is slow: so many tries, then a wait."""

import pytest
from sqlalchemy import create_engine

from crm import create_app
from crm.limits import limiter
from tests.databases import settings_for
from tests.world import PASSWORD, Browser, token_in


@pytest.fixture
def throttled(database_url, app, world):
    """The application as in production, on the test's own transaction; its counters are real."""
    from dataclasses import replace

    from crm.database import db

    strict = create_app(replace(settings_for(database_url), ratelimit_enabled=True))
    db._app_engines[strict] = db._app_engines[app]
    counters = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    strict.extensions["limits_engine"] = lambda: counters
    with strict.app_context():
        limiter.storage.reset()
    yield strict
    limiter.enabled = False
    counters.dispose()


def attempt(app, email, password, address="10.0.0.1"):
    door = Browser(app)
    door.token = token_in(door.get("/sign-in").text)
    form = {"email": email, "password": password}
    return door.post("/sign-in", form, environ_base={"REMOTE_ADDR": address})


def test_ten_wrong_passwords_close_the_account_for_a_while(throttled, world):
    tries = [attempt(throttled, "max@example.com", "wrong", f"10.0.0.{n}").status_code for n in range(11)]
    assert tries == [400] * 10 + [429]


def test_the_right_password_waits_too(throttled, world):
    for _ in range(10):
        attempt(throttled, "max@example.com", "wrong")
    closed = attempt(throttled, " MAX@example.com", PASSWORD)
    assert closed.status_code == 429 and 0 < int(closed.headers["Retry-After"]) <= 300
    assert "A little too fast" in closed.text


def test_other_accounts_stay_open(throttled, world):
    for _ in range(11):
        attempt(throttled, "max@example.com", "wrong")
    assert attempt(throttled, "mona@example.com", PASSWORD).status_code == 303


def test_signing_in_rightly_is_not_counted(throttled, world):
    tries = [attempt(throttled, "max@example.com", PASSWORD) for _ in range(12)]
    assert {one.status_code for one in tries} == {303} and "Retry-After" not in tries[0].headers


def test_one_address_has_fifty_tries_over_all_accounts(throttled, world):
    tries = [attempt(throttled, f"guess{n}@example.com", "wrong").status_code for n in range(51)]
    assert tries[49:] == [400, 429]
    assert attempt(throttled, "max@example.com", PASSWORD, "10.0.0.2").status_code == 303


def test_looking_at_the_page_is_not_counted(throttled, world):
    assert {throttled.test_client().get("/sign-in").status_code for _ in range(60)} == {200}
