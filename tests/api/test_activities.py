"""The timeline by program."""

from __future__ import annotations

from decimal import Decimal

import pytest


@pytest.fixture
def max_(api, world):
    return api.as_(world.max)


@pytest.fixture
def path(world):
    return f"/deals/{world.deal.id}/activities"


def said(text="Keen."):
    return {"type": "comment", "payload": {"text": text}}


def told(program, path):
    return {one["type"]: one["payload"] for one in program.get(path).json["items"]}


@pytest.mark.parametrize("kind", ["comment", "call", "email", "meeting"])
def test_reports_what_people_did(max_, world, path, kind):
    made = max_.post(path, said() | {"type": kind})
    assert made.status_code == 201, made.json
    assert (made.json["type"], made.json["payload"], made.json["actor_id"]) == (
        kind,
        {"text": "Keen."},
        world.max.user_id,
    )
    assert (made.json["deal_id"], made.json["contact_id"]) == (world.deal.id, None)
    assert max_.get(f"/activities/{made.json['id']}").json == made.json
    assert max_.get(path).json["items"][0] == made.json


@pytest.mark.parametrize(
    "body, field",
    [
        (said() | {"type": "stage_changed"}, "type"),
        (said() | {"type": "system"}, "type"),
        ({"payload": {"text": "x"}}, "type"),
        (said(" "), "payload.text"),
        (said("x" * 10_001), "payload.text"),
        (said("a\x00b"), "payload.text"),
        (said(None), "payload.text"),
        ({"type": "call"}, "payload"),
        ({"type": "call", "payload": {}}, "payload.text"),
        ({"type": "call", "payload": {"text": "x", "stage": 1}}, "payload.stage"),
        (said() | {"actor_id": 1}, "actor_id"),
    ],
)
def test_only_what_people_do_can_be_posted(max_, path, body, field):
    answer = max_.post(path, body)
    assert answer.status_code == 400 and list(answer.json["errors"]) == [field], answer.json


def test_the_same_key_reports_once(max_, path):
    first, second = (max_.post(path, said(), Idempotency_Key="k") for _ in range(2))
    assert first.json == second.json and max_.get(f"{path}?type=comment").json["total"] == 1


def test_who_sees_a_deal_may_comment_and_a_viewer_may_not(api, world):
    there = f"/deals/{world.another_deal(by=world.olga).id}/activities"
    world.session.commit()
    assert api.as_(world.max).post(there, said()).status_code == 201
    vera = api.as_(world.vera)
    assert vera.post(there, said()).status_code == 403 and vera.get(there).status_code == 200


@pytest.mark.parametrize("who", ["olga", "vera"])
def test_another_organization_s_timeline_is_not_there(api, world, who):
    program, there = api.as_(getattr(world, who)), f"/deals/{world.foreign['deal']}/activities"
    assert program.get(there).status_code == 404 and program.post(there, said()).status_code == 404
    assert program.get(f"/activities?deal_id={world.foreign['deal']}").json["total"] == 0
    assert program.get("/activities/9223372036854775807").status_code == 404


def test_changes_are_told_in_the_api_s_terms(max_, world, path):
    change = {
        "amount": "7.50",
        "expected_close_date": "2031-01-02",
        "stage": "proposal",
        "owner_id": world.lena.user_id,
    }
    max_.patch(f"/deals/{world.deal.id}", change)
    found = told(max_, path)
    assert found["stage_changed"] == {"old_stage": "lead", "new_stage": "proposal"}
    assert found["status_changed"] == {"old_status": "new", "new_status": "in_progress"}
    assert found["amount_changed"] == {"old": 1000.0, "new": 7.5, "currency": "EUR"}
    assert found["close_date_changed"] == {"old": None, "new": "2031-01-02"}
    assert found["owner_changed"] == {"old": world.max.user_id, "new": world.lena.user_id}


def test_tasks_are_told(max_, world, path):
    task = f"/tasks/{world.task.id}"
    for is_done in (True, False):
        max_.patch(task, {"is_done": is_done})
    about = {"task_id": world.task.id, "title": "Call Jonas"}
    found = told(max_, path)
    assert found["task_done"] == found["task_reopened"] == about and found["task_created"].items() >= about.items()


def test_lists_newest_first_by_record_and_kind(max_, world, path):
    max_.patch(f"/contacts/{world.contact.id}", {"status": "in_work"})
    max_.post(path, said())
    everything = max_.get("/activities").json
    ids = [one["id"] for one in everything["items"]]
    assert ids == sorted(ids, reverse=True) and everything["items"][0]["type"] == "comment"
    mine = max_.get(f"/activities?contact_id={world.contact.id}&type=status_changed&type=call").json
    assert [one["payload"]["new_status"] for one in mine["items"]] == ["in_work"]
    assert max_.get(f"/activities?company_id={world.foreign['company']}").json["items"] == []
    assert [one["id"] for one in max_.get("/activities?order=asc").json["items"]] == ids[::-1]


def test_a_new_order_of_cards_is_no_news(max_, world, path):
    max_.post(f"/deals/{world.deal.id}/move", {"stage_id": world.stage("lead").id})
    assert "system" not in told(max_, path) and "system" not in told(max_, "/activities")


def test_what_happened_to_hidden_records_is_hidden(api, world):
    other = world.another_deal("Hidden", by=world.olga)
    made = other.log("call", "Secret", by=world.olga)
    world.acme.visibility = "own"
    world.session.commit()
    max_ = api.as_(world.max)
    assert max_.get(f"/activities/{made.id}").status_code == 404
    assert max_.get(f"/deals/{other.id}/activities").status_code == 404
    assert made.id not in [one["id"] for one in max_.get("/activities").json["items"]]


@pytest.mark.parametrize("query", ["type=like", "deal_id=0", "order=up", "cursor=abc", "actor_id=1", "page_size=0"])
def test_refuses_what_it_can_t_mean(max_, query):
    answer = max_.get(f"/activities?{query}")
    assert answer.status_code == 400 and next(iter(answer.json["errors"])).startswith(query.split("=")[0])


def test_reads_on_from_a_cursor_in_as_many_statements_for_many(max_, world, path, statements):
    counts = []
    for rows in (3, 17):
        for number in range(rows):
            world.deal.log("call", f"Call {number}", by=world.olga)
        world.session.commit()
        statements.clear()
        first = max_.get(f"{path}?page_size=3").json
        counts.append(len(statements))
        rest = max_.get(f"{path}?page_size=100&cursor={first['next_cursor']}").json
        assert len(rest["items"]) == first["total"] - 3 and rest["next_cursor"] is None
    assert counts[0] == counts[1]


def test_money_in_a_payload_is_exact(max_, world, path):
    world.deal.change({"amount": Decimal("999999999999.99")}, by=world.max)
    world.session.commit()
    assert b'"new": 999999999999.99' in max_.get(path).data
