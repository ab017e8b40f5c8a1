"""Changing contacts and companies: rights, versions, what the timeline tells."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from crm.contacts.models import Contact
from crm.errors import Conflict, Forbidden, Invalid
from crm.timeline.models import Activity
from tests.world import Browser, World


def form_of(contact: Contact, **typed: Any) -> dict[str, Any]:
    """What the page's form would send, with something else typed in."""
    told = {name: getattr(contact, name) or "" for name in ("name", "position", "email", "phone", "status", "note")}
    return (
        told
        | {
            "company": contact.company.name if contact.company else "",
            "owner_id": contact.owner_id,
            "version": contact.version,
        }
        | typed
    )


def told_of(world: World, contact: Contact) -> list[tuple[str, dict[str, Any]]]:
    query = select(Activity).where(Activity.contact_id == contact.id).order_by(Activity.id)
    return [(one.type, one.payload) for one in world.session.scalars(query)]


def edit(world: World) -> str:
    return f"/contacts/{world.contact.id}/edit"


def test_the_owner_changes_a_contact(world: World, browser: Browser) -> None:
    answer = browser.as_(world.max).post(edit(world), form_of(world.contact, phone="12 34", position="Boss"))
    assert answer.headers["Location"] == f"/contacts/{world.contact.id}"
    world.session.refresh(world.contact)
    assert (world.contact.phone, world.contact.position, world.contact.version) == ("12 34", "Boss", 2)


@pytest.mark.parametrize("name", ["max", "lena", "mona", "adam", "olga"])
def test_owner_lead_manager_and_above_may_change(world: World, name: str) -> None:
    world.contact.change({"name": "Ada"}, by=getattr(world, name))
    assert world.contact.name == "Ada"


def test_a_member_and_a_viewer_may_not_change_another_s(world: World, browser: Browser) -> None:
    world.contact.owner_id = world.mona.user_id
    world.session.commit()
    for member in (world.max, world.lena, world.vera):
        with pytest.raises(Forbidden):
            world.contact.change({"name": "Ada"}, by=member)
        assert browser.as_(member).get(edit(world)).status_code == 403
        assert browser.post(edit(world), form_of(world.contact, name="Ada")).status_code == 403
    world.session.refresh(world.contact)
    assert world.contact.name == "Jonas Brandt"


def test_only_who_may_edit_is_offered_to(world: World, browser: Browser) -> None:
    home = f"/contacts/{world.contact.id}"
    assert edit(world) in browser.as_(world.lena).get(home).text
    assert edit(world) not in browser.as_(world.vera).get(home).text


def test_status_owner_and_the_rest_are_told_apart(world: World) -> None:
    new = {"status": "stuck", "owner_id": world.lena.user_id, "phone": "12", "position": "Boss"}
    world.contact.change(new, by=world.max)
    world.session.flush()
    assert sorted(told_of(world, world.contact), key=lambda one: one[0]) == [
        ("owner_changed", {"old": world.max.user_id, "new": world.lena.user_id}),
        ("status_changed", {"old_status": "new", "new_status": "stuck"}),
        ("system", {"event": "edited", "changed": {"phone": [None, "12"], "position": [None, "Boss"]}}),
    ]


def test_the_same_again_is_no_news(world: World, browser: Browser) -> None:
    browser.as_(world.max).post(edit(world), form_of(world.contact))
    world.session.refresh(world.contact)
    assert world.contact.version == 1
    assert told_of(world, world.contact) == []


def test_a_stale_verb_is_refused(world: World) -> None:
    world.contact.change({"phone": "12"}, by=world.lena, version=1)
    world.session.flush()
    with pytest.raises(Conflict):
        world.contact.change({"phone": "34"}, by=world.max, version=1)
    world.contact.change({"phone": "34"}, by=world.max, version=2)


def test_a_stale_form_keeps_what_was_typed_and_shows_what_differs(world: World, browser: Browser) -> None:
    stale = form_of(world.contact, position="Countess")
    world.contact.change({"phone": "56 78"}, by=world.lena)
    world.session.commit()
    page = browser.as_(world.max).post(edit(world), stale)
    part = browser.send(edit(world), stale)
    for answer in (page, part):
        assert answer.status_code == 409
        assert "Someone changed this record" in answer.text
        assert 'value="Countess"' in answer.text
        assert ">56 78<" in answer.text
        assert answer.text.count('class="diff__name"') == 2
    world.session.refresh(world.contact)
    assert (world.contact.position, world.contact.phone) == (None, "56 78")


def test_saving_a_stale_form_again_is_a_choice(world: World, browser: Browser) -> None:
    stale = form_of(world.contact, position="Countess")
    world.contact.change({"phone": "56 78"}, by=world.lena)
    world.session.commit()
    page = browser.as_(world.max).post(edit(world), stale).text
    assert f'name="version" value="{world.contact.version}"' in page
    assert browser.post(edit(world), stale | {"version": world.contact.version}).status_code == 303
    world.session.refresh(world.contact)
    assert (world.contact.position, world.contact.phone) == ("Countess", None)


def test_a_bad_edit_changes_nothing_and_keeps_the_text(world: World, browser: Browser) -> None:
    page = browser.as_(world.max).post(edit(world), form_of(world.contact, email="nowhere", position="Boss"))
    assert page.status_code == 400
    assert 'value="nowhere"' in page.text and 'value="Boss"' in page.text
    assert f'name="version" value="{world.contact.version}"' in page.text
    world.session.refresh(world.contact)
    assert (world.contact.email, world.contact.position) == ("jonas@brandt.example", None)


def test_a_member_may_hand_over_the_own_but_not_to_a_stranger(world: World, browser: Browser) -> None:
    browser.as_(world.max)
    assert browser.post(edit(world), form_of(world.contact, owner_id=world.foreign["user"])).status_code == 400
    assert browser.post(edit(world), form_of(world.contact, owner_id=world.mona.user_id)).status_code == 303
    world.session.refresh(world.contact)
    assert world.contact.owner_id == world.mona.user_id


def test_the_verb_knows_no_owner_who_left_and_no_stranger(world: World) -> None:
    world.lena.ended_at = world.lena.created_at
    world.session.flush()
    for owner_id in (world.lena.user_id, world.foreign["user"]):
        with pytest.raises(Invalid):
            world.contact.change({"owner_id": owner_id}, by=world.olga)


def test_the_own_company_stays_even_when_others_have_its_name(world: World, browser: Browser) -> None:
    world.company.archive(by=world.max)
    world.session.commit()
    assert browser.as_(world.max).post(edit(world), form_of(world.contact, position="Boss")).status_code == 303
    world.session.refresh(world.contact)
    assert world.contact.company_id == world.company.id


def test_an_emptied_field_is_empty(world: World, browser: Browser) -> None:
    browser.as_(world.max).post(edit(world), form_of(world.contact, email="", company=""))
    world.session.refresh(world.contact)
    assert (world.contact.email, world.contact.company_id) == (None, None)


def test_a_company_is_changed_by_the_same_rules(world: World, browser: Browser) -> None:
    path = f"/companies/{world.company.id}/edit"
    form = {"name": "Corp", "domain": "corp.example", "owner_id": world.max.user_id, "version": 1}
    assert browser.as_(world.vera).post(path, form).status_code == 403
    assert browser.as_(world.max).post(path, form | {"domain": "no domain"}).status_code == 400
    assert browser.post(path, form).status_code == 303
    assert browser.post(path, form | {"city": "Rome"}).status_code == 409
    world.session.refresh(world.company)
    assert (world.company.domain, world.company.city) == ("corp.example", None)
