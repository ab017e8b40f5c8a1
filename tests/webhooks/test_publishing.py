"""What happens becomes messages in the change's own transaction: to each endpoint that wants it, and to nobody else."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select, text

from crm.database import scope
from crm.people.operations import remove
from crm.timeline.models import Activity
from crm.webhooks.operations import add_endpoint, delete_endpoint
from tests.webhooks.conftest import deliveries, forget_jobs, queued


@pytest.fixture
def endpoint(world):
    return endpoint_for(world)


def endpoint_for(world, **values):
    made = add_endpoint(world.session, {"url": "https://hooks.example.com/crm"} | values, by=world.olga)
    world.session.commit()
    return made


def newest(world):
    return world.session.scalars(select(Activity).order_by(Activity.id.desc()).limit(1)).one()


def test_an_activity_becomes_a_message_with_what_happened_to_which_record(world, endpoint):
    world.deal.record("stage_changed", by=world.max, old_stage="New lead", new_stage="Proposal")
    (message,) = deliveries(world)
    activity = newest(world)
    assert (message.endpoint_id, message.message_id, message.type) == (
        endpoint.id,
        f"activity_{activity.id}",
        "stage_changed",
    )
    told = message.payload["data"]
    assert told["payload"] == {"old_stage": "New lead", "new_stage": "Proposal"}
    who = {"organization_id": world.acme.id, "deal_id": world.deal.id, "actor_id": world.max.user_id}
    assert told.items() >= who.items() and told["contact_id"] is None and told["company_id"] is None


def test_the_body_has_type_time_and_data_as_the_specification_asks(world, endpoint):
    activity = world.contact.log("comment", "Hello", by=world.max)
    (message,) = deliveries(world)
    assert set(message.payload) == {"type", "timestamp", "data"} and message.payload["type"] == "comment"
    assert message.payload["timestamp"].endswith("Z")
    assert datetime.fromisoformat(message.payload["timestamp"]) == activity.created_at
    assert message.payload["data"]["created_at"] == message.payload["timestamp"]
    assert message.payload["data"]["contact_id"] == world.contact.id


def test_one_job_is_queued_however_many_changes_a_transaction_makes(world, endpoint):
    for number in range(5):
        world.deal.record("comment", by=world.max, text=f"Note {number}")
        world.session.flush()
    assert len(deliveries(world)) == 5
    assert [job["args"] for job in queued(world)] == [{"organization_id": world.acme.id}]


def test_a_change_that_is_rolled_back_leaves_neither_message_nor_job(world, endpoint):
    forget_jobs(world)
    point = world.session.begin_nested()
    world.deal.record("comment", by=world.max, text="Never")
    assert len(deliveries(world)) == 1 and len(queued(world)) == 1
    point.rollback()
    assert deliveries(world) == [] and queued(world) == []
    world.deal.record("comment", by=world.max, text="Now")
    assert len(deliveries(world)) == 1 and len(queued(world)) == 1


def test_records_that_change_hands_in_one_statement_have_a_message_each(world, endpoint):
    for number in range(7):
        world.another_deal(f"Deal {number}")
    before = len(deliveries(world))
    remove(world.session, world.max, by=world.olga, heir=world.mona)
    handed = [one for one in deliveries(world)[before:] if one.type == "owner_changed"]
    assert len({one.payload["data"]["deal_id"] for one in handed} - {None}) == 8
    assert len({one.message_id for one in deliveries(world)}) == len(deliveries(world))
    assert len(queued(world)) == 1


def test_only_the_types_that_an_endpoint_wants_are_told(world):
    wanted = endpoint_for(world, event_types=["call", "meeting"])
    everything = endpoint_for(world)
    for kind in ("comment", "call", "email"):
        world.deal.record(kind, by=world.max, text="Hello")
    told = {(one.endpoint_id, one.type) for one in deliveries(world)}
    assert told == {(wanted.id, "call"), *((everything.id, kind) for kind in ("comment", "call", "email"))}


def test_an_unwanted_type_queues_no_job(world):
    endpoint_for(world, event_types=["meeting"])
    world.deal.record("comment", by=world.max, text="Hello")
    assert deliveries(world) == [] and queued(world) == []


def test_an_endpoint_that_is_switched_off_hears_nothing(world, endpoint):
    endpoint.change({"enabled": False}, by=world.olga)
    world.deal.record("comment", by=world.max, text="Hello")
    assert deliveries(world) == [] and queued(world) == []


def test_a_new_order_of_cards_is_no_news_but_other_events_of_the_system_are(world, endpoint):
    world.deal.record("system", by=world.max, event="reordered")
    world.deal.record("system", by=world.max, event="edited", changed={"title": ["a", "b"]})
    world.deal.record("system", by=None)
    assert [one.payload["data"]["payload"].get("event") for one in deliveries(world)] == ["edited", None]


def test_another_organization_hears_nothing_of_ours(world, endpoint):
    world.in_bolt()
    theirs = add_endpoint(world.session, {"url": "https://bolt.example.com/"}, by=world.ruslan)
    world.session.commit()
    world.in_acme()
    world.deal.record("comment", by=world.max, text="Ours")
    assert {one.endpoint_id for one in deliveries(world)} == {endpoint.id}
    world.in_bolt()
    assert deliveries(world) == []
    assert theirs.organization_id == world.bolt.id


def test_a_message_outlives_its_record(world, endpoint):
    another = world.another_deal("Short-lived")
    world.session.flush()
    another.delete(by=world.olga)
    created = [one for one in deliveries(world) if one.type == "deal_created"]
    assert [one.payload["data"]["deal_id"] for one in created] == [another.id]


def test_a_deleted_endpoint_takes_its_messages_along(world, endpoint):
    world.deal.record("comment", by=world.max, text="Hello")
    assert len(deliveries(world)) == 1
    delete_endpoint(world.session, endpoint, by=world.adam)
    assert world.session.scalar(text("select count(*) from webhook_deliveries")) == 0
    assert world.session.scalar(text("select count(*) from webhook_secrets")) == 0


def test_without_endpoints_a_statement_costs_one_index_lookup(world):
    world.session.flush()
    lookup = "select exists (select from webhook_endpoints where organization_id = :id and enabled)"
    plan = world.session.execute(text(f"explain {lookup}"), {"id": world.acme.id}).scalars().all()
    assert "Index" in str(plan) and "Seq Scan" not in str(plan)
    world.deal.record("comment", by=world.max, text="Hello")
    assert deliveries(world) == [] and queued(world) == []


def test_the_job_is_the_one_that_the_worker_knows(world, endpoint):
    from crm.jobs import jobs

    jobs.perform_import_paths()
    world.deal.record("comment", by=world.max, text="Hello")
    world.session.flush()
    names = world.session.execute(text("select distinct task_name from procrastinate_jobs where queue_name='webhooks'"))
    assert set(names.scalars()) <= set(jobs.tasks)


def test_the_rows_are_behind_the_fence(world, endpoint):
    world.deal.record("comment", by=world.max, text="Hello")
    world.session.flush()
    scope(world.session, organization_id=world.bolt.id, user_id=world.ruslan.user_id)
    for table in ("webhook_endpoints", "webhook_secrets", "webhook_deliveries"):
        assert world.session.scalar(text(f"select count(*) from {table}")) == 0
