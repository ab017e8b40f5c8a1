"""Records given to colleagues by program: one, or many evenly."""

from __future__ import annotations

from collections import Counter

import pytest


def three(program):
    return [program.post("/contacts", {"name": f"Number {n}"}).json["id"] for n in range(3)]


def owners(program, ids):
    return Counter(program.get(f"/contacts/{id}").json["owner_id"] for id in ids)


def test_a_contact_is_given_to_a_colleague(api, world):
    mona, path = api.as_(world.mona), f"/contacts/{world.contact.id}"
    given = mona.post(f"{path}/assign", {"user_id": world.lena.user_id})
    assert given.status_code == 200 and given.json["owner_id"] == world.lena.user_id, given.json
    assert mona.get(f"{path}/activities").json["items"][0]["type"] == "owner_changed"


def test_a_stale_assignment_gets_the_record_of_now(api, world):
    answer = api.as_(world.mona).post(
        f"/contacts/{world.contact.id}/assign", {"user_id": world.lena.user_id, "version": 7}
    )
    assert answer.status_code == 409 and answer.json["current"]["owner_id"] == world.max.user_id


def test_one_gives_away_what_is_the_own_or_the_team_s(api, world):
    path, body = f"/contacts/{world.contact.id}/assign", {"user_id": world.lena.user_id}
    assert api.as_(world.vera).post(path, body).status_code == 403
    assert api.as_(world.max).post(path, body).status_code == 200
    for receiver in (body, {"user_id": 10**12}):
        assert api.as_(world.max).post(path, receiver).status_code == 403
    assert api.as_(world.lena).post(path, {"user_id": world.mona.user_id}).status_code == 200


@pytest.mark.parametrize("who", ["vera", "ruslan"])
def test_only_people_who_can_have_records_get_one(api, world, who):
    body = {"user_id": getattr(world, who).user_id}
    answer = api.as_(world.olga).post(f"/contacts/{world.contact.id}/assign", body)
    assert answer.status_code == 400 and set(answer.json["errors"]) == {"user_id"}, answer.json


def test_contacts_go_evenly_to_two(api, world):
    olga, two = api.as_(world.olga), [world.max.user_id, world.lena.user_id]
    ids = three(olga)
    answer = olga.post("/contacts/distribute", {"ids": ids, "user_ids": two})
    assert answer.json == {"count": 3} and owners(olga, ids) == {two[0]: 2, two[1]: 1}


def test_deals_go_the_same_way(api, world):
    body = {"ids": [world.deal.id], "user_ids": [world.lena.user_id]}
    assert api.as_(world.mona).post("/deals/distribute", body).json == {"count": 1}


def test_the_same_key_distributes_once(api, world):
    olga = api.as_(world.olga)
    body = {"ids": three(olga), "user_ids": [world.max.user_id]}
    first, again = (olga.post("/contacts/distribute", body, Idempotency_Key="k") for _ in range(2))
    assert first.json == again.json and again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("kind", ["contact", "deal"])
def test_with_one_record_that_is_not_there_nothing_is_done(api, world, kind):
    olga, mine = api.as_(world.olga), getattr(world, kind).id
    body = {"user_ids": [world.lena.user_id]}
    answers = [
        olga.post(f"/{kind}s/distribute", body | {"ids": [mine, id]}) for id in (world.foreign[kind], 10**12, 2**63 - 1)
    ]
    assert answers[0].status_code == 400 and set(answers[0].json["errors"]) == {"ids"}
    assert answers[0].json == answers[1].json == answers[2].json
    assert olga.get(f"/contacts/{world.contact.id}").json["owner_id"] == world.max.user_id


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ids": []}, "ids"),
        ({"ids": [0]}, "ids.0"),
        ({"user_ids": []}, "user_ids"),
        ({"user_ids": [10**12]}, "user_ids"),
    ],
)
def test_says_which_field_is_at_fault(api, world, body, field):
    body = {"ids": [world.contact.id], "user_ids": [world.max.user_id]} | body
    answer = api.as_(world.olga).post("/contacts/distribute", body)
    assert answer.status_code == 400 and set(answer.json["errors"]) == {field}, answer.json


def test_a_lead_distributes_within_the_team_only(api, world):
    lena, ids = api.as_(world.lena), three(api.as_(world.max))
    assert lena.post("/contacts/distribute", {"ids": ids, "user_ids": [world.lena.user_id]}).status_code == 200
    assert lena.post("/contacts/distribute", {"ids": ids, "user_ids": [world.mona.user_id]}).status_code == 400
    theirs = three(api.as_(world.mona))
    assert lena.post("/contacts/distribute", {"ids": theirs, "user_ids": [world.max.user_id]}).status_code == 403


@pytest.mark.parametrize("who", ["max", "vera"])
def test_who_leads_nobody_distributes_nothing(api, world, who):
    body = {"ids": [world.contact.id], "user_ids": [world.max.user_id]}
    assert api.as_(getattr(world, who)).post("/contacts/distribute", body).status_code == 403


def test_who_may_not_distribute_is_told_nothing_of_records(api, world):
    """A member without a team to lead: not even whether the record is there."""
    max, body = api.as_(world.max), {"user_ids": [world.max.user_id]}
    answers = [max.post("/contacts/distribute", body | {"ids": [id]}) for id in (world.contact.id, 10**12)]
    assert [answer.status_code for answer in answers] == [403, 403] and answers[0].json == answers[1].json
