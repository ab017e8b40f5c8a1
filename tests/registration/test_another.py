"""A further organization of somebody who has a login."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from crm.organizations.models import Membership, Organization

PATH = "/organizations/new"


@pytest.mark.parametrize("who", ["olga", "max", "vera"])
def test_anyone_who_is_signed_in_starts_one_and_owns_it(world, browser, who):
    person = browser.as_(getattr(world, who))
    assert person.post(PATH, {"organization": "  Second  "}).location == "/deals/"
    board = person.get("/deals/").text
    assert "· Second" in board and "New lead" in board and "Scanners" not in board
    assert "owner" in person.get("/organizations").text
    menu = person.get("/deals/").text
    assert "Acme" in menu and "Second" in menu


def test_one_person_has_a_role_of_its_own_in_each(world, browser):
    vera = browser.as_(world.vera)
    assert vera.get("/settings/organization").status_code == 403
    vera.post(PATH, {"organization": "Second"})
    assert vera.get("/settings/organization").status_code == 200
    vera.post(f"/organizations/{world.acme.id}/select")
    assert vera.get("/settings/organization").status_code == 403


@pytest.mark.parametrize("name", ["", "  ", "n" * 121, "\x00"])
def test_it_needs_a_name(world, browser, name):
    answer = browser.as_(world.max).post(PATH, {"organization": name})
    assert answer.status_code == 400 and 'id="organization-error"' in answer.text
    world.session.execute(text("reset role"))
    assert world.session.scalars(select(Organization.name).order_by(Organization.id)).all() == ["Bolt", "Acme"]


def test_who_is_in_no_organization_starts_one(world, browser):
    browser.as_(world.max)
    place = world.session.get(Membership, (world.acme.id, world.max.user_id))
    place.ended_at = place.created_at
    world.session.commit()
    assert PATH in browser.get("/organizations").text
    assert browser.post(PATH, {"organization": "Mine"}).status_code == 303
    assert "· Mine" in browser.get("/deals/").text


def test_nobody_is_sent_to_the_door(world, browser):
    assert browser.get(PATH).location.startswith("/sign-in?next=")
