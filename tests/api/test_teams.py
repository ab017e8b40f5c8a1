"""Teams by program."""

from __future__ import annotations

import pytest

from crm.organizations.models import Team
from crm.organizations.operations import join_team, make_team
from tests.world import user

HIRED = {"email": "call@example.com", "name": "Cal", "password": "long enough it is"}


@pytest.fixture
def north(world):
    return f"/teams/{world.team.id}"


@pytest.fixture
def theirs(world):
    """A team of Bolt's, led by Ruslan."""
    world.in_bolt()
    team = make_team(world.session, world.bolt, "South", lead=world.ruslan)
    world.session.commit()
    world.in_acme()
    return team


def test_a_team_is_made_with_its_lead_in_one_call(api, world):
    made = api.as_(world.adam).post("/teams", {"name": " South ", "lead_user_id": world.mona.user_id})
    assert made.status_code == 201 and made.json["name"] == "South", made.json
    assert made.json["members"] == [{"user_id": world.mona.user_id, "name": "Mona Tester", "is_lead": True}]
    assert api.as_(world.adam).get(f"/teams/{made.json['id']}").json == made.json


def test_owners_and_admins_see_all_teams_and_leads_their_own(api, world):
    make_team(world.session, world.acme, "South", lead=world.mona)
    world.session.commit()
    seen = {name: api.as_(getattr(world, name)).get("/teams").json["items"] for name in ("olga", "lena", "mona")}
    names = {name: [one["name"] for one in items] for name, items in seen.items()}
    assert names == {"olga": ["North", "South"], "lena": ["North"], "mona": ["South"]}
    assert api.as_(world.mona).get(f"/teams/{world.team.id}").status_code == 403


@pytest.mark.parametrize("name", ["max", "vera"])
def test_who_leads_no_team_sees_none(api, world, north, name):
    program = api.as_(getattr(world, name))
    assert program.get("/teams").status_code == program.get(north).status_code == 403
    assert program.get("/teams/999999").status_code == 404


@pytest.mark.parametrize("name", ["lena", "mona", "max", "vera"])
def test_owners_and_admins_alone_change_teams(api, world, north, name):
    program, person = api.as_(getattr(world, name)), f"{north}/members/{world.max.user_id}"
    answers = [program.post("/teams", {"name": "X"}), program.patch(north, {"name": "X"}), program.delete(north)]
    answers += [program.patch(person, {"is_lead": True}), program.delete(person)]
    answers += [program.post(f"{north}/members", {"user_id": world.vera.user_id})]
    world.session.expire_all()
    assert {one.status_code for one in answers} == {403} and world.team.name == "North"


def test_a_team_is_renamed_and_deleted(api, world, north):
    adam = api.as_(world.adam)
    version = adam.get(north).json["version"]
    assert adam.patch(north, {"name": "East", "version": version}).json["name"] == "East"
    stale = adam.patch(north, {"name": "West"}, If_Match=f'"{version}"')
    assert stale.status_code == 409 and stale.json["current"]["name"] == "East" and stale.json["changed"] == ["name"]
    assert adam.delete(north, If_Match=f'"{version}"').status_code == 409
    assert adam.delete(north).status_code == 204 and adam.get(north).status_code == 404


def test_one_name_twice_is_a_conflict(api, world, north):
    adam = api.as_(world.adam)
    adam.post("/teams", {"name": "South"})
    for answer in (adam.post("/teams", {"name": "NORTH"}), adam.patch(north, {"name": "south"})):
        assert answer.status_code == 409 and list(answer.json["errors"]) == ["name"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "X", "lead_user_id": 999_999}, "lead_user_id"),
        ({"name": "X", "colour": 1}, "colour"),
    ],
)
def test_a_new_team_says_which_field_is_at_fault(api, world, body, field):
    answer = api.as_(world.adam).post("/teams", body)
    assert answer.status_code == 400 and list(answer.json["errors"]) == [field], answer.json


def test_members_are_put_in_made_leads_and_taken_out(api, world, north):
    adam, vera = api.as_(world.adam), f"{north}/members/{world.vera.user_id}"
    assert adam.delete(vera).status_code == adam.patch(vera, {"is_lead": True}).status_code == 404
    added = adam.post(f"{north}/members", {"user_id": world.vera.user_id})
    assert added.status_code == 201 and {one["name"] for one in added.json["members"]} >= {"Vera Tester"}
    leads = adam.patch(vera, {"is_lead": True}).json["members"]
    assert {"user_id": world.vera.user_id, "name": "Vera Tester", "is_lead": True} in leads
    assert adam.delete(vera).status_code == 204 and len(adam.get(north).json["members"]) == 2


def test_people_of_another_organization_come_into_no_team(api, world, north):
    for id in (world.ruslan.user_id, 999_999, 2**63 - 1):
        answer = api.as_(world.adam).post(f"{north}/members", {"user_id": id})
        assert answer.status_code == 400 and answer.json["errors"] == {"user_id": ["No such person."]}


@pytest.mark.parametrize("name", ["lena", "adam"])
def test_the_lead_creates_a_call_manager_who_signs_in_at_once(api, world, north, name):
    answer = api.as_(getattr(world, name)).post(f"{north}/members", HIRED)
    assert answer.status_code == 201 and "Cal" in [one["name"] for one in answer.json["members"]], answer.json
    pair = api.post("/auth/login", {"email": HIRED["email"], "password": HIRED["password"]}).json
    assert api.bearing(pair["access_token"]).get("/organizations/me").json["role"] == "member"


def test_another_team_s_lead_creates_nobody_here(api, world, north):
    other = make_team(world.session, world.acme, "South", lead=world.mona)
    world.session.commit()
    assert api.as_(world.mona).post(f"{north}/members", HIRED).status_code == 403
    assert api.as_(world.lena).post(f"/teams/{other.id}/members", HIRED).status_code == 403
    assert api.as_(world.lena).post(f"{north}/members", HIRED | {"is_lead": True}).status_code == 403


def test_a_lead_can_not_ask_who_is_a_member(api, world, north):
    lena = api.as_(world.lena)
    asked = [lena.post(f"{north}/members", {"user_id": id}) for id in (world.mona.user_id, world.foreign["user"])]
    assert [answer.status_code for answer in asked] == [403, 403] and asked[0].json == asked[1].json


@pytest.mark.parametrize(
    ("change", "field"),
    [({"password": "short"}, "password"), ({"name": None}, "name"), ({"email": "x"}, "email"), ({"user_id": 5}, None)],
)
def test_a_call_manager_says_which_field_is_at_fault(api, world, north, change, field):
    answer = api.as_(world.lena).post(f"{north}/members", HIRED | change)
    assert answer.status_code == 400, answer.json
    assert sorted(answer.json["errors"]) == ([field] if field else ["email", "name", "password"])


def test_nobody_at_all_can_not_be_put_in(api, world, north):
    assert list(api.as_(world.adam).post(f"{north}/members", {}).json["errors"]) == ["user_id"]


def test_an_address_that_has_a_login_is_no_new_call_manager(api, world, north):
    answer = api.as_(world.lena).post(f"{north}/members", HIRED | {"email": "vera@example.com"})
    assert answer.status_code == 409 and answer.json["code"] == "EMAIL_TAKEN"


def test_another_organization_s_team_is_not_there(api, world, theirs):
    olga, path = api.as_(world.olga), f"/teams/{theirs.id}"
    person = f"{path}/members/{world.ruslan.user_id}"
    answers = [olga.get(path), olga.patch(path, {"name": "X"}), olga.patch(path, {"x": 1}), olga.delete(path)]
    answers += [olga.post(f"{path}/members", HIRED), olga.patch(person, {"is_lead": False}), olga.delete(person)]
    assert {one.status_code for one in answers} == {404} and len({one.data for one in answers}) == 1
    world.in_bolt()
    assert world.session.get_one(Team, (world.bolt.id, theirs.id)).name == "South"


def test_the_list_costs_the_same_for_many(api, world, statements):
    olga, counts = api.as_(world.olga), []
    for round in range(2):
        statements.clear()
        assert olga.get("/teams?page_size=100").status_code == 200
        counts.append(len(statements))
        for number in range(9):
            team = make_team(world.session, world.acme, f"Team {round} {number}", lead=world.mona)
            join_team(world.session, team, world.max)
            world.session.flush()
            user(world.session, f"q{round}{number}")
        world.session.commit()
    assert counts[0] == counts[1]
