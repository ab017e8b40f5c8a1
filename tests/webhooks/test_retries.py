"""What fails is tried again after 5 s … 24 h under the same id; what fails for days is switched off, with a mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import text

from crm.trail import AuditEntry
from crm.webhooks import jobs
from crm.webhooks.answers import seconds
from crm.webhooks.schedule import RETRIES, pause
from crm.webhooks.sending import Outcome
from tests.people.sink import sink
from tests.webhooks.conftest import deliveries, forget_jobs, make_due, queued
from tests.webhooks.receiver import verified

FAILED = Outcome(status=500)


def failing(_):
    return 500, {}, b"out of order"


def comment(world):
    world.deal.record("comment", by=world.max, text="Hello")
    world.session.flush()


@pytest.mark.parametrize(("attempts", "wait"), list(enumerate(RETRIES, 1)))
def test_the_pauses_grow_from_five_seconds_to_a_day_give_or_take_a_fifth(attempts, wait):
    pauses = {pause(attempts, FAILED) for _ in range(200)}
    assert all(wait * 0.8 <= one <= wait * 1.2 for one in pauses) and len(pauses) > 100


def test_after_the_last_pause_it_has_failed_for_good():
    assert RETRIES[0] == 5 and RETRIES[-1] == 24 * 3600
    assert pause(len(RETRIES), FAILED) is not None
    assert pause(len(RETRIES) + 1, FAILED) is None


@pytest.mark.parametrize(
    ("status", "asked", "at_least", "at_most"),
    [(503, 7200, 7200, 7200), (429, 60, 60, 60), (503, 10**8, 86400, 86400), (503, 1, 4, 6), (500, 7200, 4, 6)],
)
def test_a_busy_receiver_may_ask_for_a_longer_pause_up_to_a_day(status, asked, at_least, at_most):
    assert at_least <= pause(1, Outcome(status=status, retry_after=float(asked))) <= at_most


@pytest.mark.parametrize(
    ("header", "wait"), [("120", 120), ("", None), ("soon", None), ("-5", None), ("١٢", None), ("1" * 4000, 111111111)]
)
def test_retry_after_is_a_number_of_seconds(header, wait):
    assert seconds(header) == wait


def test_retry_after_is_a_date():
    assert 50 < seconds(format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True)) <= 60
    assert seconds("Sat, 01 Jan 2000 00:00:00 GMT") == 0


def test_a_failure_is_kept_with_its_answer_and_tried_again_under_the_same_id(world, hooked, receiver, work):
    receiver.answer = failing
    comment(world)
    work()
    (message,) = deliveries(world)
    assert (message.status_code, message.answer, message.attempts, message.state) == (500, "out of order", 1, "waiting")
    now = world.session.scalar(text("select now()"))
    assert timedelta(seconds=4) <= message.next_attempt_at - now <= timedelta(seconds=6)
    receiver.answer = lambda _: (200, {}, b"thanks")
    make_due(world)
    work()
    (message,) = deliveries(world)
    assert (message.status_code, message.answer, message.attempts, message.state) == (200, "thanks", 2, "delivered")
    assert len(receiver.ids) == 2 and set(receiver.ids) == {message.message_id}
    assert receiver.got[0].body == receiver.got[1].body and verified(receiver.got[1], hooked.secret())


def test_the_next_attempt_has_its_job(world, hooked, receiver, work):
    receiver.answer = failing
    comment(world)
    work()
    (message,), (job,) = deliveries(world), queued(world)
    assert job["args"] == {"organization_id": world.acme.id} and job["scheduled_at"] == message.next_attempt_at


def test_what_is_not_due_is_not_sent(world, hooked, receiver, work):
    receiver.answer = failing
    comment(world)
    work()
    work()
    assert len(receiver.got) == 1


def test_when_all_is_delivered_no_job_is_left(world, hooked, receiver, work):
    for _ in range(30):
        comment(world)
    work()
    assert len(receiver.got) == 30 and queued(world) == []
    assert {one.state for one in deliveries(world)} == {"delivered"}


def test_after_all_retries_it_has_failed(world, hooked, receiver, work):
    receiver.answer = failing
    comment(world)
    for _ in range(len(RETRIES) + 1):
        work()
        make_due(world)
    (message,) = deliveries(world)
    assert message.state == "failed" and message.next_attempt_at is None and len(receiver.got) == len(RETRIES) + 1
    work()
    assert len(receiver.got) == len(RETRIES) + 1


def test_jobs_that_wait_for_the_same_are_dropped(world, hooked, receiver, work):
    comment(world)
    ours, theirs = world.acme.id, world.bolt.id
    for id in [ours, theirs] * 5:
        world.session.execute(text("select queue_webhooks(:id)"), {"id": id})
    work()
    assert [job["args"]["organization_id"] for job in queued(world)] == [theirs] * 5


def test_a_success_ends_the_failing(world, hooked, receiver, work):
    receiver.answer = failing
    comment(world)
    work()
    assert hooked.endpoint.failing_since is not None
    receiver.answer = lambda _: (202, {}, b"")
    comment(world)
    work()
    assert hooked.endpoint.failing_since is None and hooked.endpoint.version == 1


@pytest.mark.parametrize(("days", "enabled"), [(4.9, True), (5.1, False)])
def test_five_days_of_failures_switch_it_off(world, hooked, receiver, work, days, enabled):
    receiver.answer = failing
    hooked.endpoint.failing_since = datetime.now(UTC) - timedelta(days=days)
    for _ in range(3):
        comment(world)
    work()
    assert hooked.endpoint.enabled is enabled and (hooked.endpoint.disabled_at is None) is enabled
    assert {one.state for one in deliveries(world)} == ({"waiting"} if enabled else {"failed"})
    entries = [one for one in world.session.query(AuditEntry) if one.kind == "webhook_disabled"]
    assert [one.subject for one in entries] == ([] if enabled else [receiver.url])


def test_who_says_gone_is_switched_off_at_once(world, hooked, receiver, work):
    receiver.answer = lambda _: (410, {}, b"")
    comment(world)
    version = hooked.endpoint.version
    work()
    assert not hooked.endpoint.enabled and hooked.endpoint.version > version
    comment(world)
    work()
    assert len(receiver.got) == 1


def mails_waiting(world):
    rows = "select args from procrastinate_jobs where task_name = 'webhooks.tell_disabled' order by id"
    return list(world.session.scalars(text(rows)))


def test_owners_and_admins_get_a_mail(app, world, hooked, receiver, work, monkeypatch):
    receiver.answer = lambda _: (410, {}, b"")
    comment(world)
    work()
    waiting = mails_waiting(world)
    assert [one["user_id"] for one in waiting] == [world.olga.user_id, world.adam.user_id]
    with sink() as (url, letters):
        settings = replace(app.config["SETTINGS"], smtp_url=url, mail_from="crm@example.com")
        monkeypatch.setitem(app.config, "SETTINGS", settings)
        for one in waiting:
            jobs.tell_disabled(**one)
    assert [letter["To"] for letter in letters] == ["olga@example.com", "adam@example.com"]
    assert receiver.url in letters[0].get_content() and "Acme" in letters[0]["Subject"]


def test_no_mail_is_sent_when_it_is_on_again_or_the_reader_has_left(app, world, hooked, monkeypatch):
    with sink() as (url, letters):
        settings = replace(app.config["SETTINGS"], smtp_url=url, mail_from="crm@example.com")
        monkeypatch.setitem(app.config, "SETTINGS", settings)
        jobs.tell_disabled(world.acme.id, hooked.endpoint.id, world.olga.user_id)
        world.in_acme()
        hooked.endpoint.change({"enabled": False}, by=world.olga)
        world.session.commit()
        jobs.tell_disabled(world.acme.id, hooked.endpoint.id, world.max.user_id)
    assert letters == []


def test_what_a_dead_worker_had_taken_is_sent_by_the_next(world, hooked, receiver, work):
    comment(world)
    taken = "update webhook_deliveries set attempts = 1, next_attempt_at = now() + interval '60 s'"
    world.session.execute(text(taken))
    work()
    assert receiver.got == [] and len(queued(world)) == 1
    make_due(world)
    work()
    assert len(receiver.got) == 1


def test_the_sweep_finds_whom_nobody_has_a_job_for(world, hooked):
    comment(world)
    forget_jobs(world)
    world.session.commit()
    jobs.sweep(timestamp=0)
    assert [job["args"] for job in queued(world)] == [{"organization_id": world.acme.id}]


@pytest.mark.parametrize("state", ["next_attempt_at = null", "next_attempt_at = now() + interval '2 minutes'"])
def test_the_sweep_wakes_nobody_without_need(world, hooked, state):
    comment(world)
    world.session.execute(text(f"update webhook_deliveries set {state}"))
    forget_jobs(world)
    world.session.commit()
    jobs.sweep(timestamp=0)
    assert queued(world) == []


def test_old_messages_are_forgotten_after_thirty_days(world, hooked):
    for _ in range(2):
        comment(world)
    young, old = deliveries(world)
    world.session.execute(
        text("update webhook_deliveries set created_at = now() - interval '31 days' where id = :id"), {"id": old.id}
    )
    world.session.commit()
    jobs.forget(timestamp=0)
    world.in_acme()
    world.session.expire_all()
    assert [one.id for one in deliveries(world)] == [young.id]
