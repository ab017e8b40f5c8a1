"""Teams: made by owners and admins, looked after by leads, who create call managers."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.errors import Conflict, Forbidden, Invalid
from crm.organizations.models import Membership, Team, TeamMember
from crm.organizations.operations import make_team
from crm.people.operations import remove
from crm.people.teamwork import add_team, create_call_manager, dissolve, make_lead, put_in, rename, take_out
from tests.world import Browser

TEAMS = "/settings/teams/"
NEW = {"name": "Kim Call", "email": "kim@example.com", "password": "a quite long password"}


def path(world, act=""):
    return f"{TEAMS}{world.team.id}{act}"


def names(world):
    world.in_acme()
    return sorted(world.session.scalars(select(Team.name)))


def place(world, member):
    world.session.expire_all()
    return world.session.get(TeamMember, (world.acme.id, world.team.id, member.user_id))


def test_a_team_is_made_with_its_lead(world, browser):
    answer = browser.as_(world.adam).post(TEAMS + "new", {"name": " South ", "lead": world.mona.user_id})
    assert answer.status_code == 303 and names(world) == ["North", "South"]
    page = browser.get(answer.location).text
    assert "Mona Tester" in page and "manager, lead" in page


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"name": " "}, 400, "Give the team a name."),
        ({"name": "nORTH"}, 409, "There is a team of this name already."),
        ({"name": "x" * 121}, 400, "at most 120"),
        ({"name": "South", "lead": "99999"}, 400, "Choose one from the list."),
    ],
)
def test_a_bad_team_is_refused_at_its_field(world, browser, form, status, words):
    answer = browser.as_(world.olga).post(TEAMS + "new", form)
    assert answer.status_code == status and words in answer.text and names(world) == ["North"]


def test_it_is_renamed_but_not_to_anothers_name_nor_over_a_change(world, browser):
    make_team(world.session, world.acme, "South")
    browser.as_(world.olga)
    assert browser.post(path(world, "/rename"), {"name": "NORTH", "version": 1}).status_code == 303
    assert browser.post(path(world, "/rename"), {"name": "south", "version": 2}).status_code == 409
    answer = browser.post(path(world, "/rename"), {"name": "Typed", "version": 1})
    assert answer.status_code == 409 and "in the meantime" in answer.text and 'value="Typed"' in answer.text
    assert names(world) == ["NORTH", "South"]


def test_people_go_in_and_out_and_lead(world, browser):
    browser.as_(world.adam)
    assert browser.post(path(world, "/members"), {"user_id": world.mona.user_id}).status_code == 303
    assert browser.post(path(world, "/members"), {"user_id": world.mona.user_id}).status_code == 303
    assert not place(world, world.mona).is_lead
    browser.post(path(world, f"/members/{world.mona.user_id}/lead"), {"lead": "1"})
    assert place(world, world.mona).is_lead
    browser.post(path(world, f"/members/{world.mona.user_id}/lead"), {"lead": "0"})
    assert not place(world, world.mona).is_lead
    assert browser.post(path(world, f"/members/{world.mona.user_id}/remove")).status_code == 303
    assert place(world, world.mona) is None
    assert browser.post(path(world, f"/members/{world.mona.user_id}/remove")).status_code == 409


def test_who_left_goes_into_no_team(world, browser):
    remove(world.session, world.vera, by=world.olga)
    world.session.commit()
    assert browser.as_(world.adam).post(path(world, "/members"), {"user_id": world.vera.user_id}).status_code == 409
    for stranger in (world.ruslan.user_id, 0, "x"):
        assert browser.post(path(world, "/members"), {"user_id": stranger}).status_code == 400


def test_a_team_goes_and_its_people_and_records_stay(world, browser):
    browser.as_(world.olga).post(path(world, "/delete"))
    assert names(world) == [] and world.session.get(Membership, (world.acme.id, world.max.user_id)).ended_at is None
    assert browser.get(f"/deals/{world.deal.id}").status_code == 200


@pytest.mark.parametrize("who", ["mona", "lena", "max", "vera"])
def test_only_owners_and_admins_change_teams(world, browser, who):
    me = getattr(world, who)
    browser.as_(me)
    acts = ["new", f"{world.team.id}/rename", f"{world.team.id}/members", f"{world.team.id}/delete"]
    acts += [f"{world.team.id}/members/{me.user_id}/{act}" for act in ("lead", "remove")]
    for act in acts:
        assert browser.post(TEAMS + act, {"name": "Mine", "lead": "1", "user_id": me.user_id}).status_code == 403
    for verb in (
        lambda: add_team(world.session, "Mine", by=me),
        lambda: rename(world.session, world.team, "Mine", by=me),
        lambda: put_in(world.session, world.team, me, by=me),
        lambda: take_out(world.session, world.team, world.max, by=me),
        lambda: make_lead(world.session, world.team, me, True, by=me),
        lambda: dissolve(world.session, world.team, by=me),
    ):
        with pytest.raises(Forbidden):
            verb()


def test_a_lead_sees_only_the_own_teams(world, browser):
    south = make_team(world.session, world.acme, "South", lead=world.mona)
    world.session.commit()
    page = browser.as_(world.lena).get(TEAMS).text
    assert "North" in page and "South" not in page and "Add team" not in page
    assert browser.get(f"{TEAMS}{south.id}").status_code == 403
    own = browser.get(path(world)).text
    assert "New call manager" in own and "Make lead" not in own and "Delete team" not in own
    assert "South" in browser.as_(world.mona).get(TEAMS).text


@pytest.mark.parametrize("who", ["mona", "max", "vera"])
def test_who_leads_no_team_opens_none(world, browser, who):
    browser.as_(getattr(world, who))
    assert browser.get(TEAMS).status_code == browser.get(path(world)).status_code == 403
    assert f'href="{TEAMS}"' not in browser.get("/settings/profile").text
    assert browser.get(f"{TEAMS}987654321").status_code == 404


def test_a_lead_creates_a_call_manager_who_can_sign_in_at_once(world, browser, app):
    answer = browser.as_(world.lena).post(path(world, "/people/new"), NEW)
    assert answer.status_code == 303 and "Kim Call" in browser.get(path(world)).text
    world.in_acme()
    kim = next(one for one in world.session.scalars(select(Membership)) if one.user.email == "kim@example.com")
    assert kim.role == "member" and not place(world, kim).is_lead
    door = Browser(app)
    from tests.world import token_in

    door.token = token_in(door.get("/sign-in").text)
    assert door.post("/sign-in", {"email": NEW["email"], "password": NEW["password"]}).status_code == 303
    assert door.get("/settings/profile").status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"email": "MAX@example.com"}, 409, "has a login already"),
        ({"password": "short"}, 400, "at least 10"),
        ({"email": "kim"}, 400, "Write an address"),
        ({"name": " "}, 400, "Type a name."),
    ],
)
def test_a_call_manager_with_a_mistake_is_refused_at_its_field(world, browser, change, status, words):
    answer = browser.as_(world.lena).post(path(world, "/people/new"), NEW | change)
    assert answer.status_code == status and words in answer.text and NEW["password"] not in answer.text


@pytest.mark.parametrize("who", ["max", "mona", "vera"])
def test_others_create_nobody(world, browser, who):
    assert browser.as_(getattr(world, who)).post(path(world, "/people/new"), NEW).status_code == 403
    who = {"email": "kim@example.com", "name": "Kim", "password": NEW["password"]}
    with pytest.raises(Forbidden):
        create_call_manager(world.session, world.team, **who, by=world.max)


def test_the_verbs_refuse_by_themselves(world):
    with pytest.raises(Invalid):
        add_team(world.session, " ", by=world.olga)
    with pytest.raises(Conflict):
        take_out(world.session, world.team, world.mona, by=world.olga)
