"""The organization's settings: who may change them, and what they may be."""

from __future__ import annotations

import re

import pytest

from crm.errors import Conflict, Forbidden, Invalid
from crm.organizations.models import Organization

PATH = "/settings/organization"
GOOD = {
    "name": "Acme Ltd",
    "currency": "EUR",
    "timezone": "Europe/Berlin",
    "language": "en",
    "visibility": "team",
    "lost_reason_required": "y",
}


def stored(world):
    return world.session.get(Organization, world.acme.id, populate_existing=True)


def form_of(world, **other):
    return GOOD | {"version": stored(world).version} | other


@pytest.mark.parametrize("who", ["olga", "adam"])
def test_owners_and_admins_change_the_settings(world, browser, who):
    answer = browser.as_(getattr(world, who)).post(PATH, form_of(world))
    assert answer.status_code == 303, answer.text
    page = browser.get(answer.location).text
    assert "The settings are saved." in page and 'value="Acme Ltd"' in page
    now = stored(world)
    assert (now.name, now.timezone, now.visibility, now.lost_reason_required) == (
        "Acme Ltd",
        "Europe/Berlin",
        "team",
        True,
    )


@pytest.mark.parametrize("who", ["mona", "max", "lena", "vera"])
def test_others_neither_see_nor_change_them(world, browser, who):
    person = browser.as_(getattr(world, who))
    assert person.get(PATH).status_code == 403
    assert person.post(PATH, form_of(world)).status_code == 403
    assert f'href="{PATH}"' not in person.get("/settings/profile").text
    with pytest.raises(Forbidden):
        world.acme.change({"name": "Stolen"}, by=getattr(world, who))
    assert stored(world).name == "Acme"


def test_the_page_offers_the_three_choices_and_shows_the_stored_one(world, browser):
    page = browser.as_(world.olga).get(PATH).text
    assert re.findall(r'name="visibility" value="(\w+)"', page) == ["everyone", "team", "own"]
    assert re.search(r'value="everyone" checked', page) and "USD, US Dollar" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "n" * 121),
        ("currency", "XXX"),
        ("currency", "DEM"),
        ("currency", ""),
        ("timezone", "Mars/Olympus"),
        ("language", "tlh"),
        ("visibility", "nobody"),
    ],
)
def test_bad_input_is_said_at_its_field_and_changes_nothing(world, browser, field, value):
    answer = browser.as_(world.olga).post(PATH, form_of(world) | {"name": "Typed", field: value})
    assert answer.status_code == 400 and 'class="field__error"' in answer.text
    assert field == "name" or 'value="Typed"' in answer.text
    assert (stored(world).name, stored(world).visibility) == ("Acme", "everyone")


@pytest.mark.parametrize(
    ("field", "value"), [("currency", "DEM"), ("visibility", "x"), ("name", ""), ("language", "x")]
)
def test_the_verb_refuses_it_too(world, field, value):
    with pytest.raises(Invalid) as refusal:
        world.acme.change({field: value}, by=world.olga)
    assert list(refusal.value.errors) == [field]


def test_the_currency_stays_while_deals_are_in_another_one(world, browser):
    answer = browser.as_(world.olga).post(PATH, form_of(world, currency="USD"))
    assert answer.status_code == 409 and "There are deals in another currency (1)." in answer.text
    assert stored(world).currency == "EUR"
    world.deal.currency = "USD"
    world.session.commit()
    assert browser.post(PATH, form_of(world, currency="USD")).status_code == 303
    assert stored(world).currency == "USD"


def test_a_stale_form_keeps_its_text_and_tells_what_is_stored(world, browser):
    seen = form_of(world, name="Mine")
    world.acme.change({"name": "Theirs", "lost_reason_required": False}, by=world.adam)
    world.session.commit()
    answer = browser.as_(world.olga).post(PATH, seen)
    assert answer.status_code == 409 and 'value="Mine"' in answer.text
    assert "Stored now: Name Theirs;" in answer.text and "Losing a deal asks for a reason no" in answer.text
    assert stored(world).name == "Theirs"
    again = seen | {"version": re.search(r'name="version" value="(\d+)"', answer.text).group(1)}
    assert browser.post(PATH, again).status_code == 303 and stored(world).name == "Mine"


def test_the_verb_refuses_a_stale_version(world):
    with pytest.raises(Conflict):
        world.acme.change({"name": "Late"}, by=world.olga, version=world.acme.version + 1)


def test_a_reason_for_losing_can_be_let_go(world, browser):
    form = form_of(world)
    del form["lost_reason_required"]
    assert browser.as_(world.olga).post(PATH, form).status_code == 303
    lost = {"stage_id": world.stage("lost").id, "version": world.deal.version}
    assert browser.as_(world.max).send(f"/deals/{world.deal.id}/move", lost).status_code == 200
