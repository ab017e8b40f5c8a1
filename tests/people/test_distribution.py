"""Contacts and deals dealt out among people: one by one, in bulk, evenly."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from crm.contacts.models import Contact
from crm.contacts.operations import add_contact
from crm.errors import Forbidden, Invalid
from crm.organizations.operations import make_team
from crm.people.distribution import distribute
from crm.timeline.models import Activity

PAGE = "/contacts/distribute"


def forty(world, by=None):
    made = [add_contact(world.session, {"name": f"Contact {n}"}, by=by or world.olga) for n in range(40)]
    world.session.commit()
    return [one.id for one in made]


def owners(world, ids):
    world.in_acme()
    return Counter(world.session.scalars(select(Contact.owner_id).where(Contact.id.in_(ids))))


def test_forty_contacts_go_evenly_to_two_each_with_its_activity(world, browser):
    ids, two = forty(world), [world.max.user_id, world.lena.user_id]
    answer = browser.as_(world.mona).post(PAGE, {"id": ids, "people": two})
    assert answer.status_code == 303 and owners(world, ids) == Counter(dict.fromkeys(two, 20))
    told = world.session.scalars(select(Activity).where(Activity.type == "owner_changed")).all()
    assert {one.contact_id for one in told} == set(ids) and {one.actor_id for one in told} == {world.mona.user_id}
    assert Counter(one.payload["new"] for one in told) == Counter(dict.fromkeys(two, 20))
    assert {one.payload["old"] for one in told} == {world.olga.user_id}
    assert "40 records are distributed." in browser.get("/contacts/").text


def test_forty_take_as_many_statements_as_four(world, statements):
    ids = forty(world)
    statements.clear()
    distribute(world.session, "contacts", ids, [world.max.user_id, world.lena.user_id], by=world.mona)
    assert len(statements) < 8


def test_an_odd_one_goes_to_the_first_and_what_is_his_already_says_nothing(world):
    ids = forty(world)[:3]
    assert distribute(world.session, "contacts", ids, [world.olga.user_id, world.max.user_id], by=world.olga) == 3
    assert owners(world, ids) == {world.olga.user_id: 2, world.max.user_id: 1}
    told = world.session.scalars(select(Activity).where(Activity.type == "owner_changed")).all()
    assert [one.contact_id for one in told] == [ids[1]]


def test_one_goes_to_one(world, browser):
    browser.as_(world.adam).post(PAGE, {"id": world.contact.id, "people": world.mona.user_id})
    assert owners(world, [world.contact.id]) == {world.mona.user_id: 1}
    assert "handed it over from Max Tester to <b>Mona" in browser.get(f"/contacts/{world.contact.id}").text


def test_deals_go_the_same_way_and_their_version_tells(world, browser):
    version = world.deal.version
    answer = browser.as_(world.mona).post("/deals/distribute", {"id": world.deal.id, "people": world.lena.user_id})
    assert answer.status_code == 303
    world.in_acme()
    world.session.refresh(world.deal)
    assert world.deal.owner_id == world.lena.user_id and world.deal.version == version + 1


def test_a_lead_distributes_what_the_team_owns_among_the_team(world, browser):
    ids = forty(world, by=world.max)
    browser.as_(world.lena)
    page = browser.get(PAGE, query_string={"id": ids}).text
    assert "Distribute 40 contacts" in page and "Max Tester" in page and "Mona Tester" not in page
    assert browser.post(PAGE, {"id": ids, "people": [world.max.user_id, world.lena.user_id]}).status_code == 303
    assert owners(world, ids) == {world.max.user_id: 20, world.lena.user_id: 20}


def test_a_lead_gives_nothing_of_others_nor_to_others(world, browser):
    mine, theirs = forty(world, by=world.max), forty(world, by=world.mona)
    browser.as_(world.lena)
    assert browser.post(PAGE, {"id": [*mine, theirs[0]], "people": world.max.user_id}).status_code == 403
    assert browser.post(PAGE, {"id": mine, "people": world.mona.user_id}).status_code == 400
    assert owners(world, mine) == {world.max.user_id: 40} and owners(world, theirs) == {world.mona.user_id: 40}
    with pytest.raises(Forbidden):
        distribute(world.session, "contacts", theirs, [world.max.user_id], by=world.lena)


def test_the_lead_of_another_team_reaches_neither(world):
    ids = forty(world, by=world.max)
    make_team(world.session, world.acme, "South", lead=world.vera)
    with pytest.raises(Forbidden):
        distribute(world.session, "contacts", ids, [world.vera.user_id], by=world.vera)


@pytest.mark.parametrize("who", ["max", "vera"])
def test_who_leads_nobody_distributes_nothing(world, browser, who):
    browser.as_(getattr(world, who))
    assert browser.get(PAGE).status_code == browser.post(PAGE, {"id": world.contact.id}).status_code == 403
    assert 'form="distribute"' not in browser.get("/contacts/").text
    with pytest.raises(Forbidden):
        distribute(world.session, "contacts", [world.contact.id], [world.max.user_id], by=getattr(world, who))


@pytest.mark.parametrize("who", ["olga", "mona", "lena"])
def test_the_list_has_boxes_for_who_may(world, browser, who):
    page = browser.as_(getattr(world, who)).get("/contacts/").text
    assert f'form="distribute" name="id" value="{world.contact.id}"' in page and 'id="distribute"' in page


def test_a_lead_chooses_only_what_the_team_owns(world, browser):
    theirs = add_contact(world.session, {"name": "Theirs"}, by=world.mona)
    world.session.commit()
    page = browser.as_(world.lena).get("/contacts/").text
    assert f'name="id" value="{world.contact.id}"' in page and f'name="id" value="{theirs.id}"' not in page
    assert browser.get(PAGE, query_string={"id": [world.contact.id]}).status_code == 200
    answer = browser.get(PAGE, query_string={"id": [world.contact.id, theirs.id]})
    assert answer.status_code == 403 and "only what you or your team own" in answer.text


@pytest.mark.parametrize("people", ["", "vera", "foreign", "x"])
def test_only_people_who_can_have_records_get_them(world, browser, people):
    sent = {"": [], "x": "x", "vera": world.vera.user_id, "foreign": world.ruslan.user_id}[people]
    answer = browser.as_(world.olga).post(PAGE, {"id": world.contact.id, "people": sent})
    assert answer.status_code == 400 and owners(world, [world.contact.id]) == {world.max.user_id: 1}


def test_foreign_records_are_not_there(world, browser):
    browser.as_(world.olga)
    sent = {"id": [world.foreign["contact"], 10**15], "people": world.max.user_id}
    answer = browser.post(PAGE, sent)
    assert answer.status_code == 400 and "Choose at least one record." in answer.text
    for junk in ("x", "-1", "9" * 30, "²"):
        assert browser.post(PAGE, {"id": junk, "people": world.max.user_id}).status_code == 404
    with pytest.raises(Invalid):
        distribute(world.session, "contacts", list(range(1, 1002)), [world.max.user_id], by=world.olga)
