"""Signing in: who gets in, where to, and what a copied cookie is worth."""

import pytest

from crm.accounts.models import UserSession
from tests.world import PASSWORD, Browser, token_in

WRONG = "E-mail and password do not match. Check both."


@pytest.fixture
def door(browser):
    """A browser in front of the door."""
    browser.token = token_in(browser.get("/sign-in").text)
    return browser


def enter(door, email="max@example.com", password=PASSWORD, path="/sign-in", **more):
    return door.post(path, {"email": email, "password": password} | more)


def test_the_right_pair_leads_to_the_board(world, door):
    answer = enter(door)
    assert answer.status_code == 303 and answer.location == "/deals/"
    assert door.get("/settings/profile").status_code == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("max@example.com", "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("max", PASSWORD),
        ("max@example.com", "x" * 99_999),
    ],
)
def test_every_wrong_pair_gets_the_same_sentence_and_keeps_the_address(world, door, email, password):
    answer = enter(door, email, password)
    assert answer.status_code == 400 and WRONG in answer.text
    assert f'value="{email}"' in answer.text and password not in answer.text.replace(email, "")
    assert door.get("/settings/profile").status_code == 303


@pytest.mark.parametrize(
    "form", [{}, {"email": "max@example.com"}, {"password": PASSWORD}, {"email": " ", "password": ""}]
)
def test_an_empty_field_is_asked_for(world, door, form):
    answer = door.post("/sign-in", form)
    assert answer.status_code == 400 and 'aria-invalid="true"' in answer.text and WRONG not in answer.text


def test_addresses_are_read_without_regard_to_case_and_blanks(world, door):
    assert enter(door, "  MAX@Example.COM ").status_code == 303


@pytest.mark.parametrize(
    "email", ["max\x00@example.com", "ma\x00x@example.com", "İ@example.com", "😀" * 5000, "a" * 20_000]
)
def test_strange_addresses_are_refused_not_broken(world, door, email):
    assert enter(door, email, "whatever it is").status_code in (303, 400)


def test_a_nul_in_the_password_is_a_wrong_password(world, door):
    assert enter(door, password=PASSWORD + "\x00").status_code == 400


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        "",
    ],
)
def test_next_leads_to_our_own_pages_only(world, door, elsewhere):
    answer = door.client.post(
        "/sign-in",
        query_string={"next": elsewhere},
        data={"email": "max@example.com", "password": PASSWORD, "csrf_token": door.token},
    )
    assert answer.status_code == 303 and answer.location == "/deals/"


def test_next_leads_back_to_the_page_that_was_asked_for(world, door):
    sent_away = door.get("/settings/pipelines?x=1")
    assert sent_away.status_code == 303
    assert enter(door, path=sent_away.location).location == "/settings/pipelines?x=1"


def test_a_strange_next_breaks_nothing(world, door):
    for path in ("/a%00b", "/a%0d%0aSet-Cookie:x", "/%ff", "/" + "a" * 5000):
        door.client = door.app.test_client()
        door.token = token_in(door.get("/sign-in").text)
        assert enter(door, path=f"/sign-in?next={path}").status_code == 303


def test_who_is_signed_in_already_goes_to_the_board(world, browser):
    answer = browser.as_(world.max).get("/sign-in")
    assert answer.status_code == 303 and answer.location == "/deals/"


def test_staying_signed_in_is_a_choice(world, door):
    assert "Expires" not in enter(door).headers["Set-Cookie"]
    door.client = door.app.test_client()
    door.token = token_in(door.get("/sign-in").text)
    assert "Expires" in enter(door, stay="y").headers["Set-Cookie"]


def test_a_short_session_ends_within_the_day(world, door):
    enter(door)
    one = world.session.query(UserSession).one()
    assert (one.expires_at - one.created_at).total_seconds() < 13 * 3600


def test_a_copied_cookie_is_worthless_after_signing_out(world, browser):
    browser.as_(world.max)
    cookie = browser.client.get_cookie("crm").value
    assert browser.post("/sign-out").status_code == 303
    thief = browser.app.test_client()
    thief.set_cookie("crm", cookie)
    assert thief.get("/settings/profile").status_code == 303
    assert world.session.query(UserSession).count() == 0


def test_a_copied_cookie_works_until_then(world, browser):
    cookie = browser.as_(world.max).client.get_cookie("crm").value
    copy = browser.app.test_client()
    copy.set_cookie("crm", cookie)
    assert copy.get("/settings/profile").status_code == 200


def test_signing_out_clears_what_the_browser_kept(world, browser):
    answer = browser.as_(world.max).post("/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"' and answer.location == "/sign-in"
    assert browser.get("/settings/profile").status_code == 303


def test_signing_out_asks_for_the_token(world, browser):
    browser.as_(world.max).token = "forged"
    assert browser.post("/sign-out").status_code == 400
    assert browser.get("/settings/profile").status_code == 200


def test_nobody_is_signed_out_by_a_link(world, browser):
    assert browser.as_(world.max).get("/sign-out").status_code == 405


def test_a_door_left_open_since_another_tab_signed_in_leads_inside(world, browser):
    stale = token_in(browser.get("/sign-in").text)
    browser.client.delete_cookie("crm")
    answer = browser.client.post(
        "/sign-in", data={"email": "max@example.com", "password": PASSWORD, "csrf_token": stale}
    )
    assert answer.status_code == 400 and "open for too long" in answer.text and "max@example.com" in answer.text
    browser.as_(world.max)
    again = browser.client.post(
        "/sign-in", data={"email": "max@example.com", "password": PASSWORD, "csrf_token": stale}
    )
    assert again.status_code == 303 and again.location == "/deals/"


def test_an_expired_session_signs_nobody_in(world, browser):
    browser.as_(world.max)
    one = world.session.query(UserSession).one()
    one.expires_at = one.created_at.replace(year=2020)
    world.session.commit()
    assert browser.get("/settings/profile").status_code == 303


def test_two_browsers_are_two_sessions(world, browser, app):
    browser.as_(world.max)
    other = Browser(app).as_(world.max)
    other.post("/sign-out")
    assert browser.get("/settings/profile").status_code == 200
