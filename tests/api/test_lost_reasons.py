"""Lost reasons by program."""

from __future__ import annotations

import pytest


@pytest.fixture
def olga(api, world):
    return api.as_(world.olga)


@pytest.fixture
def first(olga):
    return olga.get("/lost-reasons").json["items"][0]


def test_lists_the_reasons_in_order(api, world):
    listed = api.as_(world.vera).get("/lost-reasons").json
    assert [one["name"] for one in listed["items"]][:2] == ["Price", "Chose a competitor"] and listed["total"] == 5
    assert listed["items"][-1]["asks_note"] is True


def test_adds_changes_and_deletes_a_reason(olga):
    made = olga.post("/lost-reasons", {"name": " Too  slow ", "asks_note": True})
    assert made.status_code == 201 and made.json["name"] == "Too slow"
    path = f"/lost-reasons/{made.json['id']}"
    assert olga.patch(path, {"asks_note": False}).json == made.json | {"asks_note": False}
    assert olga.put(path, {"name": "Slow"}).json["name"] == "Slow" and olga.get(path).json["name"] == "Slow"
    assert olga.delete(path).status_code == 204 and olga.get(path).status_code == 404


def test_orders_the_reasons(olga):
    ids = [one["id"] for one in olga.get("/lost-reasons").json["items"]]
    assert [one["id"] for one in olga.put("/lost-reasons/order", {"reason_ids": ids[::-1]}).json["items"]] == ids[::-1]
    assert olga.put("/lost-reasons/order", {"reason_ids": ids[1:]}).status_code == 400


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": " "}, {"name": "x" * 61}, {"name": "a\x00"}])
def test_a_reason_needs_a_name(olga, body):
    assert list(olga.post("/lost-reasons", body).json["errors"]) == ["name"]


def test_two_reasons_of_one_name_are_a_conflict(olga, first):
    answers = olga.post("/lost-reasons", {"name": "no BUDGET"}), olga.patch(path_of(first), {"name": "No answer"})
    assert [(one.status_code, one.json["code"]) for one in answers] == [(409, "NAME_TAKEN")] * 2


def path_of(reason):
    return f"/lost-reasons/{reason['id']}"


def test_a_reason_that_deals_have_stays(olga, world, first):
    lost = {"status": "lost", "lost_reason_id": first["id"]}
    assert olga.patch(f"/deals/{world.deal.id}/status", lost).status_code == 200
    answer = olga.delete(path_of(first))
    assert answer.status_code == 409 and answer.json["code"] == "REASON_IN_USE"


@pytest.mark.parametrize("who", ["mona", "max", "vera"])
def test_only_owners_and_admins_change_the_list(api, world, first, who):
    program = api.as_(getattr(world, who))
    assert program.post("/lost-reasons", {"name": "X"}).status_code == 403
    assert program.patch(path_of(first), {"name": "X"}).status_code == 403
    assert program.put("/lost-reasons/order", {"reason_ids": []}).status_code == 403
    assert program.delete(path_of(first)).status_code == 403
    assert api.as_(world.adam).patch(path_of(first), {"name": "X"}).status_code == 200


def test_another_organization_s_reason_is_not_there(api, world, first):
    ruslan = api.as_(world.ruslan)
    for method, body in (("GET", None), ("PUT", {"name": "X"}), ("PATCH", {}), ("DELETE", None)):
        assert ruslan.call(method, path_of(first), body).status_code == 404, method
    assert len(ruslan.get("/lost-reasons").json["items"]) == 5
