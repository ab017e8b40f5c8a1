"""A page's change that is sent again under its key is made once; a key answers for nobody and nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from crm.accounts.models import User
from crm.database import db, scope
from crm.organizations.models import Membership
from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from crm.timeline.models import Activity
from tests.crowd import at_once, crowd
from tests.world import Browser

NOTE = {"kind": "comment", "text": "He is back on Monday."}


def notes(session, deal_id: int) -> int:
    return session.scalar(select(func.count()).where(Activity.deal_id == deal_id, Activity.type == "comment"))


def send(browser, path: str, form: dict[str, str], key: str | None = "one", *, part: bool = True):
    hidden = {"csrf_token": browser.token, "organization": browser.organization}
    headers = (browser.headers() if part else {}) | ({"Idempotency-Key": key} if key else {})
    return browser.client.post(path, data=form | hidden, headers=headers)


@pytest.fixture
def path(world):
    return f"/deals/{world.deal.id}/activities"


def test_the_same_key_and_request_change_once_and_say_so(world, browser, path):
    browser.as_(world.max)
    first, again = send(browser, path, NOTE), send(browser, path, NOTE)
    assert first.status_code == 200 and "Idempotent-Replayed" not in first.headers
    assert (again.status_code, again.headers["Idempotent-Replayed"], again.text) == (204, "true", "")
    assert send(browser, path, NOTE, part=False).location == "/deals/"
    assert notes(world.session, world.deal.id) == 1
    send(browser, path, NOTE, "two")
    send(browser, path, NOTE, None)
    send(browser, path, NOTE, None)
    assert notes(world.session, world.deal.id) == 4


def test_a_fresh_token_is_no_other_request_but_another_text_or_address_is(world, browser, path):
    browser.as_(world.max)
    send(browser, path, NOTE)
    browser.renewed()
    assert send(browser, path, NOTE).status_code == 204
    for where, form in ((path, NOTE | {"text": "Other."}), (f"/tasks/{world.task.id}/done", NOTE)):
        other = send(browser, where, form)
        assert other.status_code == 409 and "another request" in other.text
    assert notes(world.session, world.deal.id) == 1


def test_a_refused_change_leaves_its_key_free(world, browser, path):
    browser.as_(world.max)
    assert send(browser, path, NOTE | {"text": " "}).status_code == 400
    assert send(browser, path, NOTE).status_code == 200
    stale = {"stage_id": world.stage("proposal").id, "version": world.deal.version - 1}
    move = f"/deals/{world.deal.id}/move"
    assert [send(browser, move, stale, "two").status_code for _ in range(2)] == [409, 409]


def test_the_key_of_another_person_or_organization_is_another_key(world, browser, path):
    send(browser.as_(world.max), path, NOTE)
    assert send(browser.as_(world.olga), path, NOTE).status_code == 200
    assert notes(world.session, world.deal.id) == 2
    world.in_bolt()
    take_in(world.session, world.bolt, world.session.get_one(User, world.olga.user_id), Role.MANAGER)
    world.session.commit()
    there = world.session.get_one(Membership, (world.bolt.id, world.olga.user_id))
    theirs = f"/deals/{world.foreign['deal']}/activities"
    assert send(browser.as_(there), theirs, NOTE).status_code == 200
    assert notes(world.session, world.foreign["deal"]) == 1


def test_a_key_does_not_let_in_who_has_lost_the_right(world, browser, path):
    browser.as_(world.max)
    send(browser, path, NOTE)
    world.max.role = Role.VIEWER
    world.session.commit()
    assert send(browser, path, NOTE).status_code == 403


def test_a_page_s_key_is_kept_for_eight_days(world, browser, path):
    browser.as_(world.max)
    send(browser, path, NOTE)
    later = "update idempotency_keys set created_at = now() - interval '{} days'"
    world.session.execute(text(later.format(7)))
    assert send(browser, path, NOTE).status_code == 204
    world.session.execute(text(later.format(9)))
    assert send(browser, path, NOTE).status_code == 200


def test_ten_at_once_with_one_key_change_once(request):
    with crowd(request, "repeated") as (app, ids):
        with app.app_context():
            scope(db.session(), organization_id=ids["organization"], user_id=ids["max"])
            browser = Browser(app).as_(db.session.get_one(Membership, (ids["organization"], ids["max"])))
            cookie = browser.client.get_cookie(app.config["SESSION_COOKIE_NAME"]).value

        def act():
            mine = Browser(app)
            mine.client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
            mine.token, mine.organization = browser.token, browser.organization
            return send(mine, f"/deals/{ids['deal']}/activities", NOTE).status_code

        statuses = at_once(app, [act] * 10)
        assert sorted(statuses) == [200] + [204] * 9
        with app.app_context():
            scope(db.session(), organization_id=ids["organization"], user_id=ids["max"])
            assert notes(db.session(), ids["deal"]) == 1


def test_the_sender_learns_who_and_where_it_is(world, browser):
    assert browser.get("/outbox").status_code == 303
    browser.as_(world.max)
    told = browser.get("/outbox").json
    assert (told["person"], told["organization"]) == (world.max.user_id, world.acme.id)
    browser.token = told["token"]
    assert send(browser, f"/deals/{world.deal.id}/activities", NOTE).status_code == 200
