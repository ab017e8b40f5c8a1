"""Currencies and their rates by program."""

from __future__ import annotations

import pytest


@pytest.fixture
def olga(api, world):
    return api.as_(world.olga)


def test_adds_changes_and_removes_a_rate(olga):
    made = olga.post("/currencies", {"code": "USD", "rate": "1.0825"})
    assert made.status_code == 201 and made.json["rate"] == 1.0825 and made.headers["ETag"] == '"1"', made.json
    path = f"/currencies/{made.json['id']}"
    assert olga.patch(path, {"rate": 2}).json == made.json | {"rate": 2, "version": 2}
    assert olga.put(path, {"rate": 0.5, "version": 2}).json["rate"] == 0.5
    assert olga.patch(path, {}).json["version"] == 3
    assert olga.delete(path, If_Match='"3"').status_code == 204 and olga.get(path).status_code == 404


def test_a_rate_is_written_plainly(olga):
    for code, rate, said in (("USD", "1000000000", "1000000000"), ("GBP", "0.000100", "0.0001"), ("CHF", 1, "1")):
        assert f'"rate": {said},' in olga.post("/currencies", {"code": code, "rate": rate}).text


@pytest.mark.parametrize(
    "rate", [0, -1, "x", "NaN", "Infinity", 1e10, "0.000000001", True, None, [], "", 10**400, "9" * 400]
)
def test_an_impossible_rate_is_refused(olga, rate):
    answer = olga.post("/currencies", {"code": "USD", "rate": rate})
    assert answer.status_code == 400 and set(answer.json["errors"]) == {"rate"}, answer.json


@pytest.mark.parametrize("code", ["XXX", "usd", "", "EUR", "DOLLAR", None])
def test_an_impossible_code_is_refused(olga, code):
    answer = olga.post("/currencies", {"code": code, "rate": 1})
    assert answer.status_code == 400 and set(answer.json["errors"]) == {"code"}, answer.json


def test_a_currency_has_one_rate(olga):
    olga.post("/currencies", {"code": "USD", "rate": 1})
    again = olga.post("/currencies", {"code": "USD", "rate": 2})
    assert again.status_code == 409 and again.json["code"] == "CURRENCY_TAKEN"


def test_a_stale_rate_gets_the_one_of_now(olga):
    made = olga.post("/currencies", {"code": "USD", "rate": 1}).json
    olga.patch(f"/currencies/{made['id']}", {"rate": 2})
    for answer in (
        olga.patch(f"/currencies/{made['id']}", {"rate": 3, "version": 1}),
        olga.delete(f"/currencies/{made['id']}", If_Match='"1"'),
    ):
        assert answer.status_code == 409 and answer.json["current"]["rate"] == 2 and answer.json["code"] == "STALE"


@pytest.mark.parametrize("who", ["mona", "max", "vera"])
def test_only_owners_and_admins_change_rates(api, olga, world, who):
    made = olga.post("/currencies", {"code": "USD", "rate": 1}).json
    program, path = api.as_(getattr(world, who)), f"/currencies/{made['id']}"
    answers = (
        program.post("/currencies", {"code": "GBP", "rate": 1}),
        program.patch(path, {"rate": 2}),
        program.delete(path),
    )
    assert {one.status_code for one in answers} == {403}
    assert program.get(path).json == made and program.get("/currencies").json["items"] == [made]


def test_another_organization_s_currency_is_not_there(api, olga, world):
    made = olga.post("/currencies", {"code": "USD", "rate": 1}).json
    world.in_bolt()
    ruslan, path = api.as_(world.ruslan), f"/currencies/{made['id']}"
    answers = (ruslan.get(path), ruslan.patch(path, {"rate": 2}), ruslan.delete(path))
    assert {one.status_code for one in answers} == {404} and ruslan.get("/currencies").json["total"] == 0
