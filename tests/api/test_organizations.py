"""Organizations by program."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.organizations.models import Organization
from crm.organizations.permissions import Role

CAST = ["olga", "adam", "mona", "max", "lena", "vera"]


@pytest.fixture
def here(world):
    return f"/organizations/{world.acme.id}"


@pytest.fixture
def there(world):
    return f"/organizations/{world.bolt.id}"


@pytest.mark.parametrize("name", CAST)
def test_every_member_sees_the_organization_and_the_own_role(api, world, here, name):
    member = getattr(world, name)
    program = api.as_(member)
    mine = program.get("/organizations/me").json
    assert mine["name"] == "Acme" and mine["role"] == member.role and mine["visibility"] == "everyone"
    assert program.get(here).json == mine and program.get("/organizations").json["items"] == [mine]


def test_another_organization_is_not_there(api, world, there):
    olga = api.as_(world.olga)
    change = {"name": "Mine"}
    answers = [olga.get(there), olga.put(there, change), olga.patch(there, change), olga.delete(there)]
    answers += [olga.post(f"{there}/transfer", {"user_id": world.max.user_id}), olga.patch(there, {"x": 1})]
    assert {one.status_code for one in answers} == {404} and len({one.data for one in answers}) == 1
    assert olga.get("/organizations/999999").data == olga.get("/organizations/0").data == answers[0].data
    world.in_bolt()
    assert world.session.get_one(Organization, world.bolt.id).name == "Bolt"


def test_the_path_decides_and_the_header_is_checked_all_the_same(api, world, here):
    olga = api.as_(world.olga)
    assert olga.get(here, X_Organization_Id=str(world.bolt.id)).status_code == 404
    olga.headers.pop("X-Organization-Id")
    assert olga.get(here).status_code == 200


@pytest.mark.parametrize(("name", "status"), [("olga", 200), ("adam", 200), ("mona", 403), ("max", 403), ("vera", 403)])
def test_owners_and_admins_change_the_settings(api, world, here, name, status):
    program = api.as_(getattr(world, name))
    change = {"name": "Acme Ltd", "visibility": "team", "lost_reason_required": False, "timezone": "Europe/Berlin"}
    assert program.put(here, change).status_code == status
    now = program.get(here).json
    assert (now["name"] == "Acme Ltd") == (now["visibility"] == "team") == (status == 200)


def test_what_is_left_out_stays(api, world, here):
    olga = api.as_(world.olga)
    assert olga.put(here, {"visibility": "own"}).json["name"] == "Acme"
    assert olga.patch(here, {"name": " Acme Ltd "}).json.items() >= {"name": "Acme Ltd", "visibility": "own"}.items()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", value) for value in ("", None, "x" * 121)),
        *(("lost_reason_required", value) for value in ("no", None)),
        ("currency", "XXX"),
        ("timezone", "Mars"),
        ("language", "xx"),
        ("visibility", "all"),
        ("id", 1),
    ],
)
def test_settings_say_which_field_is_at_fault(api, world, here, field, value):
    answer = api.as_(world.olga).patch(here, {field: value})
    assert answer.status_code == 400 and list(answer.json["errors"]) == [field], answer.json


def test_the_currency_stays_while_deals_are_in_it(api, world, here):
    answer = api.as_(world.olga).patch(here, {"currency": "USD"})
    assert answer.status_code == 409 and answer.json["code"] == "CURRENCY_IN_USE"


def test_a_stale_change_gets_the_organization_as_it_is_now(api, world, here):
    olga = api.as_(world.olga)
    version = olga.get(here).json["version"]
    assert olga.patch(here, {"name": "One", "version": version}).headers["ETag"] == f'"{version + 1}"'
    stale = olga.patch(here, {"name": "Two"}, If_Match=f'"{version}"')
    assert stale.status_code == 409 and stale.json["current"]["name"] == "One" and stale.json["changed"] == ["name"]
    assert olga.delete(here, If_Match=f'"{version}"').status_code == 409 and olga.get(here).status_code == 200


def test_anybody_founds_a_further_organization_with_a_pipeline(api, world):
    max_ = api.as_(world.max)
    made = max_.post("/organizations", {"name": "Nova"})
    assert made.status_code == 201 and made.json["role"] == "owner", made.json
    assert [one["name"] for one in max_.get("/organizations").json["items"]] == ["Acme", "Nova"]
    nova = api.bearing(max_.headers["Authorization"].split()[1], made.json["id"])
    assert nova.get("/organizations/me").json == made.json and nova.get("/contacts").json["total"] == 0


@pytest.mark.parametrize("name", ["", None, "x" * 121])
def test_an_organization_needs_a_name(api, world, name):
    answer = api.as_(world.max).post("/organizations", {"name": name})
    assert answer.status_code == 400 and list(answer.json["errors"]) == ["name"]


@pytest.mark.parametrize("name", CAST)
def test_owners_alone_delete_the_organization(api, world, here, name):
    program = api.as_(getattr(world, name))
    answer = program.delete(here)
    assert answer.status_code == (204 if name == "olga" else 403)
    assert program.get(here).status_code == (404 if name == "olga" else 200)
    world.in_bolt()
    assert world.session.scalars(select(Organization)).all() == [world.bolt]


def test_an_owner_hands_the_organization_over(api, world, here):
    olga = api.as_(world.olga)
    answer = olga.post(f"{here}/transfer", {"user_id": world.max.user_id})
    assert answer.status_code == 200 and answer.json["role"] == "admin", answer.json
    world.session.expire_all()
    assert world.max.role == Role.OWNER and world.olga.role == Role.ADMIN
    assert olga.post(f"{here}/transfer", {"user_id": world.mona.user_id}).status_code == 403


def test_ownership_goes_to_members_alone(api, world, here):
    olga = api.as_(world.olga)
    for user_id in (world.ruslan.user_id, 999_999, 2**63 - 1):
        answer = olga.post(f"{here}/transfer", {"user_id": user_id})
        assert answer.status_code == 400 and answer.json["errors"] == {"user_id": ["No such person."]}
    assert olga.post(f"{here}/transfer", {"user_id": world.olga.user_id}).status_code == 409
