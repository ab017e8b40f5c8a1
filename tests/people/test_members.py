"""The list of members, and roles: who gives which to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from crm.accounts.models import UserSession
from crm.errors import Conflict, Forbidden, Invalid
from crm.organizations.models import Membership
from crm.organizations.permissions import Role
from crm.people.operations import change_role
from crm.people.queries import people_listed
from tests.world import Browser

LIST = "/settings/members/"


def path(member, act="role"):
    return f"{LIST}{member.user_id}/{act}"


def stored(world, member):
    world.session.expire_all()
    return world.session.get(Membership, (world.acme.id, member.user_id))


@pytest.mark.parametrize("who", ["olga", "adam", "mona", "max", "vera"])
def test_every_member_sees_who_is_here_with_role_and_team(world, browser, who):
    page = browser.as_(getattr(world, who)).get(LIST).text
    for name in ("Olga", "Adam", "Mona", "Max", "Lena", "Vera"):
        assert f"{name} Tester" in page and f"{name.lower()}@example.com" in page
    assert "6 active" in page and "North, lead" in page and "Ruslan" not in page


def test_roles_are_selects_only_for_whom_the_reader_may_edit(world, browser):
    page = browser.as_(world.adam).get(LIST).text
    assert "Role of Max Tester" in page and "Role of Olga Tester" not in page and "Role of Adam Tester" not in page
    assert 'value="owner"' not in page
    assert 'value="owner"' in browser.as_(world.olga).get(LIST).text
    for who in (world.mona, world.max, world.vera):
        page = browser.as_(who).get(LIST).text
        assert "<select" not in page and "Actions for" not in page
    page = browser.as_(world.lena).get(LIST).text
    assert "Role of Max Tester" in page and "Role of Lena Tester" not in page and "Role of Vera" not in page


def test_the_list_takes_as_many_statements_for_many_as_for_few(world, browser, statements):
    olga = browser.as_(world.olga)
    olga.get(LIST)
    statements.clear()
    olga.get(LIST)
    assert len(statements) <= 7


@pytest.mark.parametrize(
    ("who", "whom", "role"),
    [
        ("olga", "max", "owner"),
        ("olga", "adam", "viewer"),
        ("adam", "max", "admin"),
        ("adam", "mona", "member"),
        ("lena", "max", "viewer"),
    ],
)
def test_a_role_is_given_up_to_the_own(world, browser, who, whom, role):
    member = getattr(world, whom)
    answer = browser.as_(getattr(world, who)).post(path(member), {"role": role, "version": member.version})
    assert answer.status_code == 303 and stored(world, member).role == role


@pytest.mark.parametrize(
    ("who", "whom", "role", "words"),
    [
        ("adam", "max", "owner", "You can&#39;t give a role above your own."),
        ("adam", "olga", "member", "This person&#39;s role is above yours."),
        ("lena", "max", "manager", "You can&#39;t give a role above your own."),
        ("lena", "vera", "member", "Your role does not allow this."),
        ("lena", "lena", "viewer", "Your role does not allow this."),
        ("mona", "max", "viewer", "Your role does not allow this."),
        ("max", "max", "admin", "Your role does not allow this."),
        ("vera", "vera", "owner", "Your role does not allow this."),
    ],
)
def test_nobody_reaches_above_the_own_role(world, browser, who, whom, role, words):
    member = getattr(world, whom)
    before = member.role
    browser.as_(getattr(world, who))
    for answer in (browser.post(path(member), {"role": role}), browser.send(path(member), {"role": role})):
        assert answer.status_code == 403 and words in answer.text
    assert stored(world, member).role == before
    with pytest.raises(Forbidden):
        change_role(world.session, member, role, by=getattr(world, who))


def test_a_lead_changes_nobody_above_even_in_the_own_team(world):
    world.max.role = Role.MANAGER
    with pytest.raises(Forbidden, match="above yours"):
        change_role(world.session, world.max, "member", by=world.lena)


@pytest.mark.parametrize("role", ["", "king", "OWNER", "\x00"])
def test_an_unknown_role_is_refused(world, browser, role):
    answer = browser.as_(world.olga).post(path(world.max), {"role": role})
    assert answer.status_code == 400 and stored(world, world.max).role == "member"


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_the_last_owner_is_not_demoted(world, browser, role):
    answer = browser.as_(world.olga).post(path(world.olga), {"role": role})
    assert answer.status_code == 409 and "keeps at least one owner" in answer.text
    assert stored(world, world.olga).role == "owner"


def test_with_a_second_owner_the_first_can_step_down(world, browser):
    change_role(world.session, world.adam, "owner", by=world.olga)
    assert browser.as_(world.olga).post(path(world.olga), {"role": "admin"}).status_code == 303
    with pytest.raises(Conflict):
        change_role(world.session, stored(world, world.adam), "admin", by=stored(world, world.adam))


def test_a_stale_row_is_refused_and_shows_the_role_as_it_is(world, browser):
    version = world.max.version
    browser.as_(world.adam).post(path(world.max), {"role": "viewer", "version": version})
    answer = browser.send(path(world.max), {"role": "admin", "version": version})
    assert answer.status_code == 409 and "in the meantime" in answer.text
    assert 'id="members" hx-swap-oob="true"' in answer.text and 'value="viewer" selected' in answer.text
    assert stored(world, world.max).role == "viewer"


def test_htmx_gets_the_list(world, browser):
    answer = browser.as_(world.adam).send(path(world.max), {"role": "manager", "version": world.max.version})
    assert answer.status_code == 200 and 'id="members" hx-swap-oob="true"' in answer.text and "<html" not in answer.text


def test_a_new_role_holds_with_the_next_request(world, browser, app):
    max_ = Browser(app).as_(world.max)
    assert max_.get("/settings/pipelines/new").status_code == 403
    browser.as_(world.olga).post(path(world.max), {"role": "admin"})
    assert max_.get("/settings/pipelines/new").status_code == 200
    browser.post(path(world.max), {"role": "viewer"})
    assert max_.get("/settings/pipelines/new").status_code == 403


@pytest.mark.parametrize("act", ["role", "remove", "reinstate"])
def test_people_of_elsewhere_are_not_found(world, browser, act):
    browser.as_(world.olga)
    for id in (world.ruslan.user_id, 10**9):
        assert browser.post(f"{LIST}{id}/{act}", {"role": "viewer"}).status_code == 404


def seen(world, member):
    world.session.expire_all()
    return world.session.scalars(select(UserSession).where(UserSession.user_id == member.user_id)).one()


def test_being_here_is_noted_at_most_every_five_minutes(world, browser, statements):
    max_ = browser.as_(world.max)
    max_.get("/settings/profile")
    one = seen(world, world.max)
    assert not [said for said in statements if said.lstrip().lower().startswith("update user_sessions")]
    late = one.seen_at - timedelta(minutes=6)
    world.session.execute(update(UserSession).where(UserSession.id == one.id).values(seen_at=late))
    world.session.commit()
    person = next(one for one in people_listed(world.session, world.olga) if one.member.name == "Max Tester")
    assert person.seen_at == late
    max_.get("/settings/profile")
    assert seen(world, world.max).seen_at > late + timedelta(minutes=5)


def test_who_is_signed_out_was_not_seen(world, browser):
    page = browser.as_(world.olga).get(LIST).text
    assert "signed out" in page and "a moment ago" in page


def test_the_verb_refuses_what_no_role_is(world):
    with pytest.raises(Invalid):
        change_role(world.session, world.max, "king", by=world.olga)
