"""Contacts by program."""

from __future__ import annotations

import pytest


@pytest.fixture
def max_(api, world):
    return api.as_(world.max)


def test_adds_and_gets_a_contact(max_, world):
    made = max_.post("/contacts", {"name": "Ada Byron", "email": "ada@byron.example", "company_id": world.company.id})
    assert made.status_code == 201 and made.headers["ETag"] == '"1"', made.json
    got = max_.get(f"/contacts/{made.json['id']}")
    assert got.json == made.json and got.json["owner_id"] == world.max.user_id


def test_lists_by_cursor(max_, world):
    for number in range(5):
        max_.post("/contacts", {"name": f"Person {number}"})
    first = max_.get("/contacts?page_size=4&order_by=name&order=asc").json
    assert first["total"] == 6 and len(first["items"]) == 4 and first["next_cursor"]
    rest = max_.get(f"/contacts?page_size=4&order_by=name&order=asc&cursor={first['next_cursor']}").json
    assert [one["name"] for one in rest["items"]] == ["Person 3", "Person 4"] and rest["next_cursor"] is None


def test_a_stale_change_gets_the_record_as_it_is_now(max_, world):
    path = f"/contacts/{world.contact.id}"
    version = max_.get(path).json["version"]
    assert max_.patch(path, {"status": "in_work", "version": version}).status_code == 200
    stale = max_.patch(path, {"status": "dead", "name": "Jonas Brandt"}, If_Match=f'"{version}"')
    assert stale.status_code == 409 and stale.json["current"]["status"] == "in_work", stale.json
    assert stale.json["changed"] == ["status"] and stale.json["code"] == "STALE"


def test_says_which_field_is_at_fault(max_, world):
    answer = max_.post("/contacts", {"name": "", "status": "nice", "colour": 1, "company_id": "x"})
    assert answer.status_code == 400 and answer.json["code"] == "VALIDATION_ERROR"
    assert set(answer.json["errors"]) == {"status", "colour", "company_id"}, answer.json
    assert max_.post("/contacts", {"name": " "}).json["errors"] == {"name": ["Type a name."]}
    foreign = max_.post("/contacts", {"name": "X", "company_id": world.foreign["company"]})
    assert foreign.status_code == 400 and foreign.json["errors"] == {"company_id": ["No such company."]}


def test_the_same_key_adds_once(max_, world):
    body = {"name": "Once"}
    first, second = (max_.post("/contacts", body, Idempotency_Key="k1") for _ in range(2))
    assert first.json == second.json and second.headers["Idempotent-Replayed"] == "true"
    assert max_.post("/contacts", {"name": "Other"}, Idempotency_Key="k1").status_code == 409
    assert max_.get("/contacts?search=Once").json["total"] == 1


def test_another_organization_s_contact_is_not_there(max_, world):
    for method, body in (("GET", None), ("PUT", {"name": "X"}), ("PATCH", {}), ("DELETE", None), ("PATCH", {"x": 1})):
        answer = max_.call(method, f"/contacts/{world.foreign['contact']}", body)
        assert answer.status_code == 404 and answer.json["code"] == "NOT_FOUND", (method, answer.json)


def test_a_viewer_reads_and_writes_nothing(api, world):
    vera = api.as_(world.vera)
    assert vera.get(f"/contacts/{world.contact.id}").status_code == 200
    assert vera.patch(f"/contacts/{world.contact.id}", {"name": "X"}).status_code == 403
    assert vera.patch(f"/contacts/{world.foreign['contact']}", {"name": "X"}).status_code == 404
