"""Invitations by program."""

from __future__ import annotations

import pytest

from crm.people.models import Invitation
from tests.world import PASSWORD, invited, user


@pytest.fixture
def here(world):
    return f"/organizations/{world.acme.id}/invitations"


@pytest.fixture
def nina(api, world):
    """A program of somebody's who has a login and no organization."""
    user(world.session, "Nina")
    world.session.commit()
    pair = api.post("/auth/login", {"email": "nina@example.com", "password": PASSWORD}).json
    return api.bearing(pair["access_token"])


def test_an_invitation_is_sent_listed_and_accepted(api, world, here, nina):
    adam = api.as_(world.adam)
    made = adam.post(here, {"email": "nina@example.com", "role": "manager", "team_id": world.team.id})
    assert made.status_code == 201 and made.json["team_id"] == world.team.id, made.json
    assert adam.get(here).json["items"] == [made.json]
    joined = nina.post("/invitations/accept", {"token": made.json["token"]})
    assert joined.status_code == 200 and joined.json.items() >= {"name": "Acme", "role": "manager"}.items()
    assert nina.get("/organizations/me").json == joined.json and adam.get(here).json["total"] == 0


def test_an_invitation_works_once(api, world, here, nina):
    token = api.as_(world.adam).post(here, {"email": "nina@example.com"}).json["token"]
    assert nina.post("/invitations/accept", {"token": token}).status_code == 200
    again = nina.post("/invitations/accept", {"token": token})
    assert again.status_code == 409 and again.json["code"] == "INVITATION_USED"


def test_an_invitation_is_for_its_address_alone(api, world, here):
    token = api.as_(world.adam).post(here, {"email": "new@example.com"}).json["token"]
    answer = api.as_(world.ruslan).post("/invitations/accept", {"token": token})
    assert answer.status_code == 409 and answer.json["code"] == "SOMEBODY_ELSE"
    assert api.post("/invitations/accept", {"token": token}).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "W10.x"])
def test_what_we_did_not_sign_invites_nobody(nina, world, token):
    answer = nina.post("/invitations/accept", {"token": token})
    assert answer.status_code == 400 and answer.json["code"] == "INVITATION_UNKNOWN"


def test_another_link_kills_the_one_before(api, world, here, nina):
    adam = api.as_(world.adam)
    made = adam.post(here, {"email": "nina@example.com"}).json
    renewed = adam.post(f"{here}/{made['id']}/resend")
    assert renewed.status_code == 200 and renewed.json["token"] != made["token"]
    assert nina.post("/invitations/accept", {"token": made["token"]}).status_code == 400
    assert nina.post("/invitations/accept", {"token": renewed.json["token"]}).status_code == 200


def test_a_withdrawn_invitation_leads_nowhere(api, world, here, nina):
    adam = api.as_(world.adam)
    made = adam.post(here, {"email": "nina@example.com"}).json
    assert adam.delete(f"{here}/{made['id']}").status_code == 204
    assert nina.post("/invitations/accept", {"token": made["token"]}).json["code"] == "INVITATION_REVOKED"
    assert adam.delete(f"{here}/{made['id']}").status_code == 409 and adam.get(here).json["total"] == 0


def test_no_token_is_kept_with_an_answer(api, world, here):
    adam = api.as_(world.adam)
    made = adam.post(here, {"email": "new@example.com"}, Idempotency_Key="k")
    assert made.status_code == 201 and made.json["token"] is None
    assert adam.get(here).json["items"][0]["token"]


def test_adding_twice_is_a_conflict(api, world, here):
    adam = api.as_(world.adam)
    assert adam.post(here, {"email": "new@example.com"}).status_code == 201
    for email in ("NEW@example.com", "max@example.com"):
        answer = adam.post(here, {"email": email})
        assert answer.status_code == 409 and list(answer.json["errors"]) == ["email"]


@pytest.mark.parametrize("name", ["mona", "max", "vera"])
def test_who_may_not_invite_sees_and_touches_no_invitation(api, world, here, name):
    id, program = invited(world), api.as_(getattr(world, name))
    answers = [program.get(here), program.post(here, {"email": "x@example.com"}), program.delete(f"{here}/{id}")]
    answers.append(program.post(f"{here}/{id}/resend"))
    assert {one.status_code for one in answers} == {403}
    assert program.delete(f"{here}/999999").status_code == 404


def test_a_lead_invites_members_into_the_own_team(api, world, here):
    lena, id = api.as_(world.lena), invited(world)
    made = lena.post(here, {"email": "lead@example.com", "team_id": world.team.id})
    assert made.status_code == 201 and [one["id"] for one in lena.get(here).json["items"]] == [made.json["id"]]
    assert lena.delete(f"{here}/{id}").status_code == 403
    assert lena.post(here, {"email": "b@example.com", "role": "admin", "team_id": world.team.id}).status_code == 403


def test_another_organization_s_invitations_are_not_there(api, world, here):
    world.in_bolt()
    theirs = Invitation(organization_id=world.bolt.id, email="new@example.com", role="member")
    theirs.invited_by = world.ruslan.user_id
    theirs.renew()
    world.session.add(theirs)
    world.session.commit()
    world.in_acme()
    olga = api.as_(world.olga)
    for path in (f"{here}/{theirs.id}", f"/organizations/{world.bolt.id}/invitations/{theirs.id}"):
        assert olga.delete(path).status_code == olga.post(f"{path}/resend").status_code == 404
    world.in_bolt()
    assert theirs.revoked_at is None
