"""An organization's members by program."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from crm.deals.models import Deal
from crm.organizations.models import Membership
from crm.organizations.permissions import Role
from crm.trail import AuditEntry
from tests.world import user


@pytest.fixture
def here(world):
    return f"/organizations/{world.acme.id}/members"


@pytest.fixture
def nina(world):
    """Somebody with a login and no organization."""
    made = user(world.session, "Nina")
    world.session.commit()
    return made


def membership(world, who):
    return world.session.get(Membership, (world.acme.id, who.id))


@pytest.mark.parametrize("name", ["olga", "max", "vera"])
def test_every_member_sees_the_list(api, world, here, name):
    answer = api.as_(getattr(world, name)).get(f"{here}?page_size=2").json
    assert [one["name"] for one in answer["items"]] == ["Adam Tester", "Lena Tester"] and answer["total"] == 6
    assert set(answer["items"][0]) == {"user_id", "name", "email", "role", "joined_at", "version"}


def test_the_list_goes_on_from_its_cursor(api, world, here):
    olga = api.as_(world.olga)
    first = olga.get(f"{here}?page_size=4").json
    rest = olga.get(f"{here}?page_size=4&cursor={first['next_cursor']}").json
    assert [one["name"] for one in rest["items"]] == ["Olga Tester", "Vera Tester"] and rest["next_cursor"] is None


def test_the_list_costs_the_same_for_many(api, world, here, statements):
    olga = api.as_(world.olga)
    counts = []
    for number in range(2):
        statements.clear()
        olga.get(here)
        counts.append(len(statements))
        for name in range(10):
            api.as_(world.olga).post(here, {"email": user(world.session, f"P{number}{name}").email})
    assert counts[0] == counts[1]


def test_members_of_another_organization_are_not_there(api, world):
    path = f"/organizations/{world.bolt.id}/members"
    olga, person = api.as_(world.olga), f"{path}/{world.ruslan.user_id}"
    answers = [olga.get(path), olga.post(path, {"email": "x@example.com"}), olga.get(person), olga.delete(person)]
    answers += [olga.patch(person, {"role": "viewer"}), olga.patch(person, {})]
    assert {one.status_code for one in answers} == {404} and len({one.data for one in answers}) == 1


def test_a_person_of_another_organization_is_no_member_here(api, world, here):
    olga, person = api.as_(world.olga), f"{here}/{world.ruslan.user_id}"
    answers = [olga.get(person), olga.delete(person), olga.patch(person, {"role": "viewer"}), olga.patch(person, {})]
    assert {one.status_code for one in answers} == {404} and len({one.data for one in answers}) == 1


def test_who_has_a_login_joins_at_once(api, world, here, nina):
    answer = api.as_(world.adam).post(here, {"email": "NINA@example.com", "role": "manager"})
    assert answer.status_code == 201 and answer.json["user_id"] == nina.id and answer.json["role"] == "manager"
    assert api.as_(membership(world, nina)).get("/organizations/me").json["name"] == "Acme"
    entry = world.session.scalars(select(AuditEntry).where(AuditEntry.kind == "member_added")).one()
    assert entry.subject == "Nina Tester" and entry.payload["role"] == "manager"


def test_an_unknown_address_is_invited(api, world, here):
    answer = api.as_(world.adam).post(here, {"email": "new@example.com", "role": "viewer"})
    assert answer.status_code == 202 and answer.json["email"] == "new@example.com", answer.json
    assert answer.json["role"] == "viewer" and answer.json["invited_by"] == world.adam.user_id


def test_adding_twice_is_a_conflict(api, world, here, nina):
    adam = api.as_(world.adam)
    for email in ("nina@example.com", "new@example.com"):
        assert adam.post(here, {"email": email}).status_code in (201, 202)
        assert adam.post(here, {"email": email.upper()}).status_code == 409


def test_repeating_with_a_key_adds_once(api, world, here, nina):
    adam = api.as_(world.adam)
    answers = [adam.post(here, {"email": "nina@example.com"}, Idempotency_Key="n1") for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201] and answers[0].json == answers[1].json


def test_nobody_gives_a_role_above_the_own(api, world, here, nina):
    answer = api.as_(world.adam).post(here, {"email": nina.email, "role": "owner"})
    assert answer.status_code == 403 and membership(world, nina) is None
    assert api.as_(world.olga).post(here, {"email": nina.email, "role": "owner"}).status_code == 201


@pytest.mark.parametrize("name", ["mona", "max", "vera"])
def test_managers_members_and_viewers_add_nobody(api, world, here, nina, name):
    assert api.as_(getattr(world, name)).post(here, {"email": nina.email}).status_code == 403
    assert membership(world, nina) is None


def test_a_lead_adds_members_to_the_own_team_alone(api, world, here, nina):
    lena = api.as_(world.lena)
    nowhere = lena.post(here, {"email": nina.email})
    assert nowhere.status_code == 400 and list(nowhere.json["errors"]) == ["team_id"], nowhere.json
    above = lena.post(here, {"email": nina.email, "role": "manager", "team_id": world.team.id})
    assert above.status_code == 403 and membership(world, nina) is None
    assert lena.post(here, {"email": nina.email, "team_id": world.team.id}).status_code == 201


def test_a_team_that_is_not_there_is_said_at_its_field(api, world, here, nina):
    answer = api.as_(world.olga).post(here, {"email": nina.email, "team_id": 999_999})
    assert answer.status_code == 400 and answer.json["errors"] == {"team_id": ["No such team."]}


@pytest.mark.parametrize(("field", "value"), [("email", "x"), ("email", None), ("role", "king"), ("role", None)])
def test_adding_says_which_field_is_at_fault(api, world, here, field, value):
    answer = api.as_(world.olga).post(here, {"email": "new@example.com", field: value})
    assert answer.status_code == 400 and list(answer.json["errors"]) == [field]


@pytest.mark.parametrize(
    ("name", "status"), [("olga", 200), ("adam", 200), ("lena", 200), ("mona", 403), ("vera", 403)]
)
def test_owners_admins_and_the_lead_change_a_role(api, world, here, name, status):
    answer = api.as_(getattr(world, name)).patch(f"{here}/{world.max.user_id}", {"role": "viewer"})
    world.session.expire_all()
    assert answer.status_code == status and world.max.role == ("viewer" if status == 200 else "member")


def test_a_stale_role_gets_the_member_as_it_is_now(api, world, here):
    olga, path = api.as_(world.olga), f"{here}/{world.max.user_id}"
    version = olga.get(path).json["version"]
    assert olga.patch(path, {"role": "manager", "version": version}).status_code == 200
    stale = olga.patch(path, {"role": "viewer"}, If_Match=f'"{version}"')
    assert stale.status_code == 409 and stale.json["current"]["role"] == "manager", stale.json


def test_the_last_owner_is_neither_demoted_nor_leaves(api, world, here):
    olga, path = api.as_(world.olga), f"{here}/{world.olga.user_id}"
    for answer in (olga.patch(path, {"role": "admin"}), olga.delete(path)):
        assert answer.status_code == 409 and answer.json["code"] == "LAST_OWNER"
    world.session.expire_all()
    assert world.olga.role == Role.OWNER and world.olga.ended_at is None


def test_an_admin_does_not_touch_an_owner(api, world, here):
    adam, path = api.as_(world.adam), f"{here}/{world.olga.user_id}"
    assert adam.patch(path, {"role": "viewer"}).status_code == adam.delete(path).status_code == 403


def owner_of_the_deal(world):
    world.session.expire_all()
    return world.session.scalar(select(Deal.owner_id).where(Deal.id == world.deal.id))


def test_who_is_removed_leaves_the_records_to_whoever_calls(api, world, here):
    assert api.as_(world.adam).delete(f"{here}/{world.max.user_id}").status_code == 204
    assert owner_of_the_deal(world) == world.adam.user_id and world.max.ended_at is not None
    assert api.as_(world.adam).get(f"{here}/{world.max.user_id}").status_code == 404


def test_who_is_removed_leaves_the_records_to_the_heir(api, world, here):
    path = f"{here}/{world.max.user_id}?heir_id="
    adam = api.as_(world.adam)
    for heir in (world.ruslan.user_id, 999_999, world.vera.user_id, world.max.user_id):
        answer = adam.delete(f"{path}{heir}")
        assert answer.status_code == 400 and list(answer.json["errors"]) == ["heir_id"], answer.json
    assert adam.delete(f"{path}{world.lena.user_id}").status_code == 204
    assert owner_of_the_deal(world) == world.lena.user_id


def test_a_member_leaves_and_an_owner_takes_over(api, world, here):
    max_ = api.as_(world.max)
    assert max_.delete(f"{here}/{world.max.user_id}").status_code == 204
    assert max_.get("/organizations/me").status_code == 404 and owner_of_the_deal(world) == world.olga.user_id


@pytest.mark.parametrize("name", ["mona", "max", "vera"])
def test_managers_members_and_viewers_remove_nobody_else(api, world, here, name):
    assert api.as_(getattr(world, name)).delete(f"{here}/{world.lena.user_id}").status_code == 403
    world.session.expire_all()
    assert world.lena.ended_at is None


def test_who_was_removed_is_added_again_in_the_new_role(api, world, here):
    world.vera.ended_at = datetime.now(UTC)
    world.session.commit()
    answer = api.as_(world.adam).post(here, {"email": "vera@example.com", "role": "member"})
    world.session.expire_all()
    assert answer.status_code == 201 and world.vera.ended_at is None and world.vera.role == Role.MEMBER
