"""Removing a person: what the person owned goes to somebody in the same step, and the door closes at once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.contacts.operations import add_company, add_contact
from crm.deals.models import Deal
from crm.errors import Conflict, Forbidden, Invalid
from crm.organizations.models import Membership, TeamMember
from crm.people.handover import owned_by
from crm.people.operations import reinstate, remove
from crm.tasks.models import add_task
from crm.timeline.models import Activity
from tests.world import Browser

LIST = "/settings/members/"


def path(member, act="remove"):
    return f"{LIST}{member.user_id}/{act}"


def stored(world, member):
    world.session.expire_all()
    return world.session.get(Membership, (world.acme.id, member.user_id))


def told(world, key):
    rows = world.session.scalars(select(Activity).where(Activity.type == "owner_changed", key.is_not(None)))
    return [(one.payload["old"], one.payload["new"], one.actor_id) for one in rows]


def test_all_that_was_owned_goes_to_the_heir_each_with_its_activity(world, browser):
    browser.as_(world.olga)
    version = world.deal.version
    answer = browser.post(path(world.max), {"heir": world.mona.user_id})
    assert answer.status_code == 303 and stored(world, world.max).ended_at is not None
    records = (world.deal, world.contact, world.company)
    assert [one.owner_id for one in records] == [world.mona.user_id] * 3
    assert world.task.assignee_id == world.mona.user_id and world.deal.version == version + 1
    handed = (world.max.user_id, world.mona.user_id, world.olga.user_id)
    for key in (Activity.deal_id, Activity.contact_id, Activity.company_id):
        assert told(world, key) == [handed]
    assert "Olga Tester</b> handed it over from Max Tester to <b>Mona" in browser.get(f"/deals/{world.deal.id}").text


def test_done_tasks_and_others_records_stay_as_they_are(world):
    task = add_task(world.deal, "Done before", world.max.today(), by=world.max)
    task.complete(by=world.max)
    lenas = add_contact(world.session, {"name": "Lena's"}, by=world.lena)
    remove(world.session, world.max, by=world.olga, heir=world.adam)
    assert task.assignee_id == world.max.user_id and lenas.owner_id == world.lena.user_id


def test_what_others_have_in_bolt_is_not_touched(world):
    remove(world.session, world.max, by=world.olga, heir=world.adam)
    world.in_bolt()
    assert set(world.session.scalars(select(Deal.owner_id))) == {world.ruslan.user_id}


def test_a_thousand_deals_change_hands_in_as_many_statements_as_one(world, statements):
    for number in range(30):
        world.another_deal(f"Deal {number}", amount=Decimal(1))
    world.session.flush()
    statements.clear()
    remove(world.session, world.max, by=world.olga, heir=world.adam)
    assert len(statements) < 20 and owned_by(world.session, world.adam)["deals"] == 31


@pytest.mark.parametrize("heir", ["", "vera", "max", "foreign", "x"])
def test_without_somebody_fit_to_take_over_nothing_changes(world, browser, heir):
    ids = {"": "", "x": "x", "foreign": world.ruslan.user_id}
    sent = ids[heir] if heir in ids else getattr(world, heir).user_id
    answer = browser.as_(world.olga).post(path(world.max), {"heir": sent})
    assert answer.status_code == 400 and "Cho" in answer.text
    assert stored(world, world.max).ended_at is None and world.deal.owner_id == world.max.user_id


def test_who_owns_nothing_needs_no_heir(world, browser):
    page = browser.as_(world.adam).get(path(world.vera)).text
    assert "Who takes over" not in page
    assert browser.post(path(world.vera)).status_code == 303 and stored(world, world.vera).ended_at


def test_the_page_says_what_there_is(world, browser):
    page = browser.as_(world.adam).get(path(world.max)).text
    assert "1 deal, 1 contact, 1 company, 1 open task." in page and "Vera Tester" not in page.split("<select")[1]


def test_the_door_closes_with_the_next_request(world, browser, app):
    max_ = Browser(app).as_(world.max)
    assert max_.get("/deals/new").status_code == 200
    browser.as_(world.olga).post(path(world.max), {"heir": world.mona.user_id})
    assert max_.get("/deals/new").location.startswith("/organizations?next=")
    assert max_.send(f"/deals/{world.deal.id}/delete").status_code == 404
    assert "Acme" not in max_.get("/organizations").text


@pytest.mark.parametrize(
    ("who", "whom"), [("adam", "olga"), ("mona", "max"), ("max", "vera"), ("lena", "vera"), ("lena", "lena")]
)
def test_nobody_is_removed_by_those_who_may_not(world, browser, who, whom):
    member = getattr(world, whom)
    browser.as_(getattr(world, who))
    assert browser.get(path(member)).status_code == 403
    assert browser.post(path(member), {"heir": world.mona.user_id}).status_code == 403
    assert stored(world, member).ended_at is None
    with pytest.raises(Forbidden):
        remove(world.session, member, by=getattr(world, who), heir=world.mona)


def test_a_lead_removes_a_member_of_the_own_team_and_hands_over_within_it(world, browser):
    browser.as_(world.lena)
    assert browser.post(path(world.max), {"heir": world.mona.user_id}).status_code == 400
    assert browser.post(path(world.max), {"heir": world.lena.user_id}).status_code == 303
    assert stored(world, world.max).ended_at and world.deal.owner_id == world.lena.user_id


def test_the_last_owner_is_not_removed(world, browser):
    answer = browser.as_(world.olga).post(path(world.olga), {"heir": world.adam.user_id})
    assert answer.status_code == 409 and "keeps at least one owner" in answer.text
    assert stored(world, world.olga).ended_at is None


def test_who_was_removed_removes_nobody_any_more(world):
    remove(world.session, world.adam, by=world.olga)
    with pytest.raises(Forbidden, match="no longer"):
        remove(world.session, world.vera, by=world.adam)


def test_twice_is_refused_and_an_heir_who_left_inherits_nothing(world):
    remove(world.session, world.mona, by=world.olga)
    with pytest.raises(Conflict):
        remove(world.session, world.mona, by=world.olga)
    with pytest.raises(Invalid):
        remove(world.session, world.max, by=world.olga, heir=world.mona)


def test_who_comes_back_has_the_old_role_and_no_team(world, browser):
    remove(world.session, world.max, by=world.olga, heir=world.mona)
    world.session.commit()
    browser.as_(world.adam)
    page = browser.get(LIST).text
    assert "Former members" in page and "Take Max Tester back" in page and "5 active" in page
    assert browser.post(path(world.max, "reinstate")).status_code == 303
    one = stored(world, world.max)
    assert one.ended_at is None and one.role == "member"
    assert not world.session.scalars(select(TeamMember).where(TeamMember.user_id == one.user_id)).all()


def test_only_who_may_edit_takes_back(world, browser):
    remove(world.session, world.vera, by=world.olga)
    world.session.commit()
    browser.as_(world.mona)
    assert "Take Vera" not in browser.get(LIST).text
    assert browser.post(path(world.vera, "reinstate")).status_code == 403
    with pytest.raises(Conflict):
        reinstate(world.session, world.max, by=world.olga)


def test_a_company_changes_hands_too(world):
    company = add_company(world.session, {"name": "Lone"}, by=world.adam)
    remove(world.session, world.adam, by=world.olga, heir=world.mona)
    world.session.refresh(company)
    assert company.owner_id == world.mona.user_id
