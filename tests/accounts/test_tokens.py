"""Personal tokens in the browser."""

from __future__ import annotations

import re

import html5lib
import pytest
from sqlalchemy import select

from crm.accounts.models import UserSession

PATH = "/settings/tokens"
ASKED = {"name": "Nightly export", "scopes": ["contacts:read", "profile:read"], "days": "30"}


@pytest.fixture
def max_(browser, world):
    return browser.as_(world.max)


def word_in(page):
    found = re.search(r'value="(crm_\d+_[\w-]+)"', page.text)
    return found and found.group(1)


def number(world):
    return str(world.session.scalars(select(UserSession.number).where(UserSession.kind == "token")).one())


def test_a_token_is_shown_in_the_answer_that_makes_it_and_never_again(max_, world):
    made = max_.post(PATH, ASKED)
    assert made.status_code == 200 and word_in(made) and made.headers["Cache-Control"] == "no-store"
    html5lib.HTMLParser(strict=True).parse(made.text)
    listed = max_.get(PATH)
    assert "Nightly export" in listed.text and "contacts:read, profile:read" in listed.text and not word_in(listed)


def test_a_token_from_the_browser_opens_the_api(max_, api, world):
    word = word_in(max_.post(PATH, ASKED))
    assert api.bearing(word, world.acme.id).get("/contacts").status_code == 200
    assert api.bearing(word, world.acme.id).get("/teams").json["code"] == "SCOPE_MISSING"


def test_a_revoked_token_is_gone_at_once(max_, api, world):
    word = word_in(max_.post(PATH, ASKED))
    assert max_.post(f"{PATH}/revoke", {"number": number(world)}).status_code == 303
    assert "Nightly export is revoked" in max_.get(PATH).text
    assert api.bearing(word).get("/auth/me").status_code == 401


@pytest.mark.parametrize(
    ("number_sent", "status"),
    [("", 400), ("x", 400), ("-1", 400), ("9" * 30, 400), ("\u0663", 400), ("0", 404), ("987654321", 404)],
)
def test_what_is_no_token_is_not_there(max_, number_sent, status):
    assert max_.post(f"{PATH}/revoke", {"number": number_sent}).status_code == status


def test_nobody_sees_or_revokes_another_s_token(browser, api, world):
    word = word_in(browser.as_(world.max).post(PATH, ASKED))
    mona = browser.as_(world.mona)
    assert "Nightly export" not in mona.get(PATH).text
    assert mona.post(f"{PATH}/revoke", {"number": number(world)}).status_code == 404
    assert api.bearing(word).get("/auth/me").status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Give the token a name"),
        ({"name": "x" * 121}, "at most 120"),
        ({"scopes": []}, "Choose what the token may do"),
        ({"scopes": ["everything"]}, "not a valid choice"),
        ({"days": "9999"}, "from the list"),
    ],
)
def test_the_form_says_what_is_missing(max_, world, change, words):
    page = max_.post(PATH, ASKED | change)
    assert page.status_code == 400 and words.lower() in page.text.lower() and not word_in(page)
    assert world.session.scalars(select(UserSession).where(UserSession.kind == "token")).all() == []


def test_who_is_in_no_organization_has_tokens_too_and_strangers_are_sent_to_sign_in(browser, world):
    assert browser.client.get(PATH).status_code == 303
    assert f'href="{PATH}"' in browser.as_(world.max).get("/settings/password").text
