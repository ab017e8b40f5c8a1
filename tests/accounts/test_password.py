"""Changing the password, and the list of one's sessions."""

import pytest

from crm.accounts.models import User, UserSession
from crm.accounts.passwords import passwords
from tests.world import PASSWORD, Browser

NEW = "another battery staple"


def matches(world, password):
    return passwords.match(password, world.session.get(User, world.max.user_id, populate_existing=True).password_hash)


def test_a_new_password_replaces_the_old(world, browser):
    answer = browser.as_(world.max).post("/settings/password", {"current": PASSWORD, "new": NEW})
    assert answer.status_code == 303
    assert matches(world, NEW) and not matches(world, PASSWORD)


def test_it_ends_every_other_session_but_this(world, browser, app):
    other, stranger = Browser(app).as_(world.max), Browser(app).as_(world.mona)
    browser.as_(world.max).post("/settings/password", {"current": PASSWORD, "new": NEW})
    assert other.get("/settings/profile").status_code == 303
    assert browser.get("/settings/profile").status_code == 200
    assert stranger.get("/settings/profile").status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("not my password", NEW, "current"),
        ("", NEW, "current"),
        (PASSWORD, "", "new"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "x" * 257, "new"),
        (PASSWORD, "max@example.com", "new"),
        (PASSWORD, " MAX TESTER ", "new"),
    ],
)
def test_a_refused_password_is_said_at_its_field_and_changes_nothing(world, browser, app, current, new, field):
    other = Browser(app).as_(world.max)
    answer = browser.as_(world.max).post("/settings/password", {"current": current, "new": new})
    assert answer.status_code == 400 and f'id="{field}-error"' in answer.text
    assert matches(world, PASSWORD) and other.get("/settings/profile").status_code == 200


@pytest.mark.parametrize("new", ["пароль из слов", "correct\x00horse battery", "é" * 256, "0123456789"])
def test_a_password_may_hold_anything(world, browser, new):
    assert browser.as_(world.max).post("/settings/password", {"current": PASSWORD, "new": new}).status_code == 303
    assert matches(world, new)


def test_what_was_typed_is_never_sent_back(world, browser):
    answer = browser.as_(world.max).post("/settings/password", {"current": "my old secret", "new": "tiny"})
    assert "my old secret" not in answer.text and "tiny" not in answer.text


def test_the_page_lists_my_own_sessions_only(world, browser, app):
    Browser(app).as_(world.mona)
    browser.as_(world.max)
    alone = browser.get("/settings/password").text
    assert alone.count("This browser") == 1 and "Sign out everywhere else" not in alone
    Browser(app).as_(world.max)
    assert "Sign out everywhere else" in browser.get("/settings/password").text


def test_signing_out_everywhere_else_leaves_this_browser(world, browser, app):
    other, stranger = Browser(app).as_(world.max), Browser(app).as_(world.mona)
    assert browser.as_(world.max).post("/settings/sessions/end").status_code == 303
    assert other.get("/settings/profile").status_code == 303
    assert browser.get("/settings/profile").status_code == stranger.get("/settings/profile").status_code == 200
    assert world.session.query(UserSession).filter_by(user_id=world.max.user_id).count() == 1


def test_a_session_names_its_browser():
    from crm.accounts.browsers import browser_and_system

    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0"
    assert browser_and_system(agent) == ("Edge", "Windows")
    assert browser_and_system("curl/8") == ("", "")
