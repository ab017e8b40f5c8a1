"""Guessing by program is as slow as in the browser, and counted together with it."""

from __future__ import annotations

import pytest

from tests.accounts.test_throttle import attempt, throttled
from tests.program import PREFIX, Program
from tests.world import PASSWORD

__all__ = ["throttled"]


@pytest.fixture
def login(throttled):
    def tried(email="max@example.com", password="wrong", address="10.0.0.1"):
        body = {"email": email, "password": password}
        return Program(throttled).client.post(f"{PREFIX}/auth/login", json=body, environ_base={"REMOTE_ADDR": address})

    return tried


@pytest.fixture
def form(throttled):
    def tried(**fields):
        sent = {"username": "max@example.com", "password": "wrong"} | fields
        return Program(throttled).client.post(f"{PREFIX}/token", data=sent)

    return tried


def test_the_eleventh_guess_waits_and_is_told_how_long(login, world):
    tries = [login(address=f"10.0.0.{number}") for number in range(11)]
    assert [one.status_code for one in tries] == [401] * 10 + [429]
    assert tries[10].json["code"] == "TOO_MANY_REQUESTS" and set(tries[10].json) == {"detail", "code"}
    assert 0 < int(tries[10].headers["Retry-After"]) <= 300 and "Retry-After" not in tries[0].headers


def test_the_right_password_waits_too_and_others_do_not(login, world):
    for _ in range(10):
        login()
    assert login(password=PASSWORD).status_code == 429
    assert login("mona@example.com", PASSWORD).status_code == 200


def test_the_three_doors_count_together(login, form, throttled, world):
    tries = [attempt(throttled, "max@example.com", "wrong").status_code for _ in range(4)]
    tries += [login().status_code for _ in range(3)] + [form().status_code for _ in range(3)]
    assert tries == [400] * 4 + [401] * 6
    assert login().status_code == form().status_code == 429
    assert attempt(throttled, "max@example.com", "wrong").status_code == 429


def test_no_other_field_hides_the_account(form, world):
    tries = [form(email=f"other{number}@example.com").status_code for number in range(11)]
    assert tries == [401] * 10 + [429]


@pytest.mark.parametrize("spelled", ["MAX@example.com", " max@example.com ", "max@example.com\u00a0"])
def test_another_spelling_is_the_same_account(login, world, spelled):
    for _ in range(10):
        login()
    assert login(spelled).status_code == 429


def test_a_letter_that_the_database_takes_for_another_counts_as_it(login, world):
    for _ in range(10):
        login("mike@example.com")
    assert login("m\u0130\u212ae@example.com").status_code == 429


def test_signing_in_rightly_is_not_counted(login, form, world):
    assert {login(password=PASSWORD).status_code for _ in range(12)} == {200}
    assert {form(password=PASSWORD).status_code for _ in range(12)} == {200}
