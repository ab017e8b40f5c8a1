"""Tasks by program."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.tasks.models import add_task


@pytest.fixture
def max_(api, world):
    return api.as_(world.max)


@pytest.fixture
def day(world):
    return lambda offset: (world.max.today() + timedelta(days=offset)).isoformat()


@pytest.fixture
def path(world):
    return f"/tasks/{world.task.id}"


@pytest.fixture
def body(world, day):
    return {"title": "Send the offer", "due_date": day(0), "deal_id": world.deal.id}


def test_adds_and_gets_a_task(max_, world, body):
    made = max_.post("/tasks", body)
    assert made.status_code == 201 and made.headers["ETag"] == '"1"', made.json
    assert {name: made.json[name] for name in body} == body
    assert (made.json["assignee_id"], made.json["is_done"], made.json["done_at"]) == (world.max.user_id, False, None)
    assert max_.get(f"/tasks/{made.json['id']}").json == made.json


def test_today_is_fine_and_yesterday_is_not(max_, path, body, day):
    late = {"due_date": day(-1)}
    for answer in (max_.post("/tasks", body | late), max_.patch(path, late), max_.put(path, body | late)):
        assert answer.status_code == 400 and list(answer.json["errors"]) == ["due_date"], answer.json
    assert max_.patch(path, {"due_date": day(0)}).json["due_date"] == day(0)


def test_an_overdue_task_can_be_changed_without_a_new_day(max_, world, path, day):
    world.task.due_on = world.max.today() - timedelta(days=3)
    world.session.commit()
    changed = max_.put(path, {"title": "Late", "due_date": day(-3)})
    assert changed.status_code == 200 and changed.json["due_date"] == day(-3), changed.json


def test_is_done_toggles(max_, world, path):
    done = max_.patch(path, {"is_done": True}).json
    assert done["is_done"] and done["done_at"] and done["done_by"] == world.max.user_id
    assert max_.patch(path, {"is_done": True}).json == done
    again = max_.patch(path, {"is_done": False}).json
    assert (again["is_done"], again["done_at"], again["done_by"]) == (False, None, None)
    told = [one.type for one in world.deal.activities if one.type.startswith("task_") or one.type == "system"]
    assert told == ["task_created", "task_done", "task_reopened"]


def test_a_task_can_be_added_as_done(max_, body):
    assert max_.post("/tasks", body | {"is_done": True}).json["done_at"]


def test_put_sets_all_and_keeps_whose_it_is(api, world, path, day):
    world.task.complete(by=world.max)
    world.session.commit()
    now = api.as_(world.olga).put(path, {"title": "Anew", "due_date": day(4)}).json
    assert (now["title"], now["due_date"], now["is_done"]) == ("Anew", day(4), False)
    assert (now["assignee_id"], now["deal_id"]) == (world.max.user_id, world.deal.id)


@pytest.mark.parametrize(
    "field, value",
    [
        ("title", None),
        ("title", " "),
        ("title", "x" * 201),
        ("due_date", None),
        ("due_date", "2031-02-30"),
        ("due_date", "0001-01-01"),
        ("assignee_id", 2**63 - 1),
        ("assignee_id", None),
        ("deal_id", 2**63 - 1),
        ("is_done", None),
        ("is_done", "yes"),
        ("done_at", "now"),
    ],
)
def test_says_which_field_is_at_fault(max_, path, body, field, value):
    for answer in (max_.post("/tasks", body | {field: value}), max_.patch(path, {field: value})):
        assert answer.status_code == 400 and list(answer.json["errors"]) == [field], answer.json


def test_what_belongs_to_another_organization_is_a_mistake_in_the_field(max_, world, path, body):
    for field, foreign in (("deal_id", world.foreign["deal"]), ("assignee_id", world.ruslan.user_id)):
        for answer in (max_.post("/tasks", body | {field: foreign}), max_.patch(path, {field: foreign})):
            assert answer.status_code == 400 and list(answer.json["errors"]) == [field], answer.json


def test_a_task_stays_with_its_deal(max_, world, path):
    other = world.another_deal()
    world.session.commit()
    assert list(max_.patch(path, {"deal_id": other.id}).json["errors"]) == ["deal_id"]
    assert max_.patch(path, {"deal_id": world.deal.id}).status_code == 200


def test_a_member_adds_tasks_to_his_own_deals_only(api, world, body):
    other = world.another_deal(by=world.olga)
    world.session.commit()
    theirs = body | {"deal_id": other.id}
    assert api.as_(world.max).post("/tasks", theirs).status_code == 403
    assert api.as_(world.lena).post("/tasks", body).status_code == 201
    assert api.as_(world.mona).post("/tasks", theirs).status_code == 201
    assert api.as_(world.vera).post("/tasks", body).status_code == 403


def test_a_member_changes_only_what_is_his(api, world, day):
    task = add_task(world.another_deal(by=world.olga), "Ask", world.olga.today(), by=world.olga)
    world.session.commit()
    max_, path = api.as_(world.max), f"/tasks/{task.id}"
    for method, body in (("PATCH", {"is_done": True}), ("PUT", {"title": "X", "due_date": day(1)}), ("DELETE", None)):
        assert max_.call(method, path, body).status_code == 403
    assert not max_.get(path).json["is_done"]


def test_a_stale_change_gets_the_task_as_it_is_now(max_, path):
    assert max_.patch(path, {"title": "One", "version": 1}).status_code == 200
    stale = max_.patch(path, {"title": "Two"}, If_Match='"1"')
    assert stale.status_code == 409 and stale.json["current"]["title"] == "One" and stale.json["changed"] == ["title"]
    assert max_.delete(path, If_Match='"1"').status_code == 409
    assert max_.patch(path, {"is_done": True, "version": 1}).status_code == 409


def test_deletes_a_task(max_, path):
    assert max_.delete(path).status_code == 204 and max_.get(path).status_code == 404


@pytest.mark.parametrize("who", ["olga", "vera"])
def test_another_organization_s_task_is_not_there(api, world, who, day):
    program, path = api.as_(getattr(world, who)), f"/tasks/{world.foreign['task']}"
    for method, body in (
        ("GET", None),
        ("PUT", {"title": "X", "due_date": day(1)}),
        ("PATCH", {"x": 1}),
        ("DELETE", None),
    ):
        assert program.call(method, path, body).status_code == 404


def test_a_task_is_seen_with_its_deal(api, world):
    task = add_task(world.another_deal(by=world.olga), "Secret", world.olga.today(), by=world.olga)
    world.acme.visibility = "own"
    world.session.commit()
    max_ = api.as_(world.max)
    assert max_.get(f"/tasks/{task.id}").status_code == 404
    assert [one["id"] for one in max_.get("/tasks").json["items"]] == [world.task.id]


def test_filters_with_both_days_included(max_, world, day):
    for offset in (2, 5):
        add_task(world.deal, f"In {offset}", world.max.today() + timedelta(days=offset), by=world.max)
    world.task.complete(by=world.max)
    world.session.commit()

    def told(query):
        return [one["title"] for one in max_.get(f"/tasks?{query}").json["items"]]

    assert told("") == ["Call Jonas", "In 2", "In 5"] and told("only_open=true") == ["In 2", "In 5"]
    assert told(f"due_after={day(2)}&due_before={day(5)}") == ["In 2", "In 5"]
    assert told(f"due_after={day(3)}") == ["In 5"] and told(f"due_before={day(1)}") == ["Call Jonas"]
    assert told("order=desc&page_size=1") == ["In 5"] and told("order_by=created_at&page_size=1") == ["Call Jonas"]
    assert told(f"assignee_id={world.lena.user_id}") == told(f"deal_id={world.foreign['deal']}") == []
    assert len(told(f"assignee_id={world.max.user_id}&deal_id={world.deal.id}")) == 3


@pytest.mark.parametrize("query", ["due_before=0", "due_after=2026-1-1", "only_open=2", "deal_id=x", "order_by=due_on"])
def test_refuses_what_it_can_t_mean(max_, query):
    answer = max_.get(f"/tasks?{query}")
    assert answer.status_code == 400 and list(answer.json["errors"]) == [query.split("=")[0]], answer.json


def test_reads_on_from_a_cursor_in_as_many_statements_for_many(max_, world, statements):
    counts = []
    for rows in (2, 17):
        for number in range(rows):
            add_task(world.deal, f"Task {number}", world.max.today(), by=world.max)
        world.session.commit()
        statements.clear()
        first = max_.get("/tasks?page_size=2").json
        counts.append(len(statements))
        rest = max_.get(f"/tasks?page_size=100&cursor={first['next_cursor']}").json
        assert len(rest["items"]) == first["total"] - 2
    assert counts[0] == counts[1]
