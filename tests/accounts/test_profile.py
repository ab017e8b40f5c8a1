"""The profile: name, time zone, language."""

import pytest

from crm.accounts.models import User
from crm.errors import Invalid
from crm.organizations.models import Membership

GOOD = {"name": "Max Muster", "timezone": "Europe/Berlin", "language": "en"}


def stored(world, member):
    return world.session.get(User, member.user_id, populate_existing=True)


def test_the_page_shows_what_is_stored(world, browser):
    page = browser.as_(world.vera).get("/settings/profile")
    assert page.status_code == 200 and 'value="Vera Tester"' in page.text and "vera@example.com" in page.text


def test_a_profile_is_saved(world, browser):
    answer = browser.as_(world.max).post("/settings/profile", GOOD)
    assert answer.status_code == 303 and "Your profile is saved." in browser.get(answer.location).text
    assert (stored(world, world.max).name, stored(world, world.max).timezone) == ("Max Muster", "Europe/Berlin")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "\x00 \x00"),
        ("name", "n" * 121),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("timezone", ""),
        ("language", "xx"),
    ],
)
def test_bad_input_is_said_at_its_field_and_changes_nothing(world, browser, field, value):
    answer = browser.as_(world.max).post("/settings/profile", GOOD | {"name": "Typed Name", field: value})
    assert answer.status_code == 400 and f'id="{field}-error"' in answer.text
    assert field == "name" or 'value="Typed Name"' in answer.text
    assert (stored(world, world.max).name, stored(world, world.max).timezone) == ("Max Tester", "UTC")


@pytest.mark.parametrize("name", ["Žofie Łąka 李", "O'Brien <b>&amp;", "مريم", "😀"])
def test_names_of_all_the_world_are_kept_as_they_are(world, browser, name):
    browser.as_(world.max).post("/settings/profile", GOOD | {"name": name})
    assert stored(world, world.max).name == name
    assert "<b>&amp;" not in browser.get("/settings/profile").text


def test_the_verb_refuses_a_zone_that_does_not_exist(world):
    with pytest.raises(Invalid):
        world.max.user.change_profile(name="Max", timezone="Nowhere/Land", language="en")


def test_a_person_without_an_organization_has_a_profile_too(world, browser):
    browser.as_(world.max)
    place = world.session.get(Membership, (world.acme.id, world.max.user_id))
    place.ended_at = place.created_at
    world.session.commit()
    for path in ("/settings/profile", "/settings/password", "/organizations"):
        assert browser.get(path).status_code == 200
    assert browser.post("/settings/profile", GOOD).status_code == 303
    assert "Your profile is saved." in browser.get("/settings/profile").text


@pytest.mark.parametrize("path", ["/settings/profile", "/settings/password"])
def test_nobody_has_a_profile_before_signing_in(world, browser, path):
    assert browser.get(path).location.startswith("/sign-in?next=")


def test_a_person_chooses_whether_a_win_is_celebrated(world, browser, api):
    assert stored(world, world.max).celebrates
    browser.as_(world.max).post("/settings/profile", GOOD)
    assert not stored(world, world.max).celebrates, "the box was not ticked"
    browser.post("/settings/profile", GOOD | {"celebrates": "y"})
    assert stored(world, world.max).celebrates and "checked" in browser.get("/settings/profile").text
    answer = api.as_(world.max).patch("/auth/me", {"celebrates": False})
    assert (answer.json["celebrates"], answer.json["name"]) == (False, "Max Muster")
    assert api.as_(world.max).patch("/auth/me", {"name": "Max"}).json["celebrates"] is False
