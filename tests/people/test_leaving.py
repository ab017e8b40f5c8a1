"""Leaving: the door closes behind the person, and what the person owned goes to somebody who stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from crm.audit.wording import sentence_of
from crm.errors import Conflict, Invalid
from crm.organizations.models import Membership, TeamMember
from crm.organizations.permissions import Role
from crm.people.operations import leave, remove
from crm.timeline.models import Activity
from crm.trail import AuditEntry

LEAVE = "/settings/organization/leave"


def stored(world, member):
    world.session.expire_all()
    return world.session.get(Membership, (member.organization_id, member.user_id))


def owners(world):
    """Whose Max's records are now."""
    world.session.expire_all()
    return {world.deal.owner_id, world.contact.owner_id, world.company.owner_id, world.task.assignee_id}


@pytest.mark.parametrize("who", ["adam", "mona", "max", "lena", "vera"])
def test_a_member_leaves_and_is_out_with_the_next_request(world, browser, who):
    member = getattr(world, who)
    person = browser.as_(member)
    assert "Leave Acme?" in person.get(LEAVE).text
    assert person.post(LEAVE).location == "/organizations"
    assert stored(world, member).ended_at is not None
    assert person.get(f"/deals/{world.deal.id}").location.startswith("/organizations?next=")
    assert "You are in no organization" in person.get("/organizations").text


def test_the_last_owner_can_not_leave(world, browser):
    answer = browser.as_(world.olga).post(LEAVE)
    assert answer.status_code == 409 and "keeps at least one owner" in answer.text
    assert stored(world, world.olga).ended_at is None
    world.adam.role = Role.OWNER
    world.session.commit()
    assert browser.post(LEAVE).status_code == 303


def test_an_owner_who_left_does_not_count(world):
    world.adam.role = Role.OWNER
    world.session.flush()
    leave(world.session, world.adam)
    with pytest.raises(Conflict):
        leave(world.session, world.olga)


def test_the_page_asks_who_takes_over_and_proposes_the_owner(world, browser):
    page = browser.as_(world.max).get(LEAVE).text
    assert "1 deal, 1 contact, 1 company, 1 open task." in page
    offered = page.split("<select")[1].split("</select>")[0]
    assert f'value="{world.olga.user_id}" selected>Olga' in offered and "Mona Tester" in offered
    assert "Vera Tester" not in offered and "Max Tester" not in offered


def test_who_owns_nothing_is_not_asked(world, browser):
    assert "<select" not in browser.as_(world.adam).get(LEAVE).text.split("Leave Acme?")[1]


def test_the_chosen_person_takes_over_each_record_with_its_activity(world, browser):
    assert browser.as_(world.max).post(LEAVE, {"heir": world.mona.user_id}).status_code == 303
    assert owners(world) == {world.mona.user_id}
    told = world.session.scalars(select(Activity).where(Activity.type == "owner_changed")).all()
    assert [(one.payload["new"], one.actor_id) for one in told] == [(world.mona.user_id, world.max.user_id)] * 3


def test_without_an_heir_the_longest_owner_takes_over(world):
    world.adam.role, world.adam.created_at = Role.OWNER, datetime(2001, 1, 1, tzinfo=UTC)
    world.session.flush()
    leave(world.session, world.max)
    assert owners(world) == {world.adam.user_id}


def test_an_owner_who_has_left_takes_nothing_over(world):
    world.adam.role, world.adam.created_at = Role.OWNER, datetime(2001, 1, 1, tzinfo=UTC)
    world.session.flush()
    leave(world.session, world.adam)
    leave(world.session, world.max)
    assert owners(world) == {world.olga.user_id}


@pytest.mark.parametrize("heir", ["vera", "max", "foreign", "x"])
def test_without_somebody_fit_to_take_over_nobody_leaves(world, browser, heir):
    ids = {"x": "x", "foreign": world.ruslan.user_id}
    sent = ids[heir] if heir in ids else getattr(world, heir).user_id
    answer = browser.as_(world.max).post(LEAVE, {"heir": sent})
    assert answer.status_code == 400 and "Choose one from the list." in answer.text
    assert stored(world, world.max).ended_at is None and owners(world) == {world.max.user_id}


@pytest.mark.parametrize("heir", ["vera", "max", "mona"])
def test_the_verb_itself_refuses_viewers_oneself_and_who_is_gone(world, heir):
    remove(world.session, world.mona, by=world.olga)
    with pytest.raises(Invalid):
        leave(world.session, world.max, getattr(world, heir))
    assert world.max.ended_at is None


def test_places_in_teams_end_and_the_team_stays(world):
    leave(world.session, world.max)
    places = world.session.scalars(select(TeamMember.user_id).where(TeamMember.team_id == world.team.id))
    assert list(places) == [world.lena.user_id]


def test_twice_is_refused(world):
    leave(world.session, world.max)
    with pytest.raises(Conflict):
        leave(world.session, world.max)


def test_the_audit_log_says_to_whom_the_records_went(world, app):
    leave(world.session, world.max, world.mona)
    entry = world.session.scalars(select(AuditEntry).where(AuditEntry.kind == "member_left")).one()
    with app.test_request_context():
        assert sentence_of(entry) == "Left the organization, 4 records went to Mona Tester"
