"""The settings of webhooks in a browser: add, edit, try out, look at what was sent, send again, delete."""

from __future__ import annotations

from types import SimpleNamespace

import html5lib
import pytest
from sqlalchemy import text

from crm.webhooks.models import EVENT_TYPES
from crm.webhooks.queries import PAGE, deliveries_of, endpoint_of, endpoints_of
from crm.webhooks.wording import EVENT_NAMES
from tests.webhooks.conftest import secrets
from tests.world import hook_of

URL = "https://hooks.example.com/crm?key=1"
HOME = "/settings/webhooks"


@pytest.fixture
def olga(world, browser):
    return browser.as_(world.olga)


@pytest.fixture
def hook(world):
    """Acme's endpoint with a message that waits."""
    webhook, message = hook_of(world.olga)
    path = f"{HOME}/{webhook}"
    return SimpleNamespace(id=webhook, path=path, again=f"{path}/deliveries/{message}/again", message=message)


def stored(world, hook):
    return world.session.scalars(endpoint_of(world.olga, hook.id)).one()


def messages(world, hook):
    return world.session.scalars(deliveries_of(world.olga, stored(world, hook))).all()


def test_owners_and_admins_find_them_in_the_settings(world, browser, hook):
    for who in (world.olga, world.adam):
        page = browser.as_(who).get(HOME)
        assert page.status_code == 200 and URL in page.text and f'href="{hook.path}"' in page.text


@pytest.mark.parametrize("who", ["mona", "max", "lena", "vera"])
def test_nobody_else_sees_anything_of_them(world, browser, hook, who):
    person = browser.as_(getattr(world, who))
    assert HOME not in person.get("/settings/pipelines").text
    for path in (HOME, f"{HOME}/new", hook.path, f"{hook.path}/edit", f"{hook.path}/delete"):
        assert person.get(path).status_code == 403, path
    for path in (f"{hook.path}/secret", f"{hook.path}/test", hook.again, f"{hook.path}/delete"):
        assert person.post(path).status_code == 403, path
    assert len(messages(world, hook)) == 1


def test_each_page_parses(world, olga, hook):
    world.session.execute(text("update webhook_deliveries set answer = '<b>no</b>', status_code = 500, attempts = 2"))
    for path in (HOME, f"{HOME}/new", hook.path, f"{hook.path}/edit", f"{hook.path}/delete"):
        page = olga.get(path)
        assert page.status_code == 200 and "<b>no</b>" not in page.text
        html5lib.HTMLParser(strict=True).parse(page.text)


def test_adds_one_and_shows_its_secret(app, world, olga):
    form = {"url": URL, "which": "some", "event_types": ["call", "deal_created"], "enabled": "y"}
    added = olga.post(f"{HOME}/new", form)
    (endpoint,) = world.session.scalars(endpoints_of(world.olga))
    assert added.status_code == 303 and added.location == f"{HOME}/{endpoint.id}"
    assert (endpoint.event_types, endpoint.enabled, endpoint.description) == (["call", "deal_created"], True, "")
    assert secrets(app, world, endpoint)[0] in olga.get(added.location).text


def test_everything_is_everything_whatever_was_ticked(world, olga):
    olga.post(f"{HOME}/new", {"url": URL, "which": "all", "event_types": ["call"], "enabled": "y"})
    assert [one.event_types for one in world.session.scalars(endpoints_of(world.olga))] == [[]]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"url": "http://10.0.0.1/"}, "This address is not on the public internet."),
        ({"url": ""}, "Type the address of your program."),
        ({"which": "some"}, "Choose at least one event."),
        ({"which": "some", "event_types": "nonsense"}, "Choose from these."),
        ({"description": "x" * 201}, "Use at most 200 characters."),
    ],
)
def test_what_can_not_be_is_said_at_its_field(world, olga, form, words):
    page = olga.post(f"{HOME}/new", {"url": URL, "which": "all", "description": "Ours"} | form)
    assert page.status_code == 400 and words in page.text
    assert form.get("description", "Ours") in page.text
    html5lib.HTMLParser(strict=True).parse(page.text)
    assert not world.session.scalars(endpoints_of(world.olga)).all()


def test_the_twenty_first_is_refused_above_the_form(world, olga):
    for _ in range(20):
        hook_of(world.olga)
    page = olga.post(f"{HOME}/new", {"url": URL, "which": "all"})
    assert page.status_code == 409 and "at most 20 webhooks" in page.text and URL in page.text


def test_edits_one_and_switches_it_off(world, olga, hook):
    form = {"url": URL, "which": "some", "event_types": ["call"], "version": "1"}
    assert olga.post(f"{hook.path}/edit", form).status_code == 303
    endpoint = stored(world, hook)
    assert endpoint.event_types == ["call"] and not endpoint.enabled
    page = olga.get(hook.path).text
    assert "Switched off since" in page and "Send a test message" not in page and "/again" not in page


def test_a_change_made_meanwhile_is_shown_and_not_overwritten(world, olga, hook):
    stored(world, hook).change({"description": "Theirs"}, by=world.adam)
    world.session.commit()
    page = olga.post(f"{hook.path}/edit", {"url": URL, "which": "all", "description": "Mine", "version": "1"})
    assert page.status_code == 409 and "Theirs" in page.text and "Mine" in page.text
    assert stored(world, hook).description == "Theirs"


@pytest.mark.parametrize(("form", "count"), [({}, 2), ({"at_once": "y"}, 1)])
def test_makes_a_new_secret(app, world, olga, hook, form, count):
    old = secrets(app, world, stored(world, hook))
    assert olga.post(f"{hook.path}/secret", form).status_code == 303
    new = secrets(app, world, stored(world, hook))
    page = olga.get(hook.path).text
    assert len(new) == count and new[0] not in old and new[0] in page and old[0] not in page
    assert ("The secret before it signs too" in page) is (count == 2)


def test_sends_a_test_and_sends_again(world, olga, hook):
    world.session.execute(text("update webhook_deliveries set next_attempt_at = null, failed_at = now()"))
    assert olga.post(f"{hook.path}/test").status_code == 303
    assert olga.post(hook.again).location == f"{hook.path}#delivery-{hook.message}"
    assert [one.state for one in messages(world, hook)] == ["waiting", "waiting"]


def test_a_message_is_sent_again_only_by_its_own_webhook(world, olga, hook):
    other, _ = hook_of(world.olga)
    assert olga.post(f"{HOME}/{other}/deliveries/{hook.message}/again").status_code == 404


def test_shows_what_was_sent_and_what_came_back(world, olga, hook):
    told = "update webhook_deliveries set status_code = 500, attempts = 2, duration_ms = 87, answer = 'Out of paper'"
    world.session.execute(text(told))
    page = olga.get(hook.path).text
    assert "Out of paper" in page and "&#34;type&#34;: &#34;test&#34;" in page
    assert "2 attempts" in page and "87 ms" in page


def test_messages_come_by_page_and_state(world, olga):
    webhook, last = hook_of(world.olga, messages=PAGE + 5)
    path = f"{HOME}/{webhook}"
    first = olga.get(path).text
    assert first.count('id="delivery-') == PAGE and f"before={last - PAGE + 1}" in first
    assert olga.part(f"{path}?before={last - PAGE + 1}").text.count('id="delivery-') == 5
    assert 'id="delivery-' not in olga.get(f"{path}?state=failed").text
    for odd in ("state=x", "before=x", "before=-1", f"before={2**70}"):
        assert olga.get(f"{path}?{odd}").text.count('id="delivery-') == PAGE


def test_pages_cost_the_same_however_much_there_is(world, olga, statements):
    def cost(path):
        olga.get(path)
        statements.clear()
        assert olga.get(path).status_code == 200
        return len(statements)

    few, many = (hook_of(world.olga, messages=number)[0] for number in (3, 20))
    at_first = cost(HOME)
    assert cost(f"{HOME}/{few}") == cost(f"{HOME}/{many}")
    for _ in range(17):
        hook_of(world.olga)
    assert cost(HOME) == at_first


def test_deletes_one_after_asking(world, olga, hook):
    assert olga.get(f"{hook.path}/delete").status_code == 200 and stored(world, hook)
    assert olga.post(f"{hook.path}/delete").location == HOME
    assert not world.session.scalars(endpoints_of(world.olga)).all()


def test_every_event_has_a_name():
    assert tuple(EVENT_NAMES) == EVENT_TYPES
