"""Changes and workers beside each other: nobody waits for a stranger, nobody sends twice, the dead are replaced."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from crm.database import db, scope
from crm.deals.models import Deal
from crm.jobs import Application, rescue
from crm.organizations.models import Membership
from crm.webhooks.jobs import alone, drain
from crm.webhooks.models import WebhookEndpoint
from crm.webhooks.operations import add_endpoint
from tests.crowd import crowd
from tests.webhooks.receiver import receiving

ROOT = Path(__file__).resolve().parents[2]
WAITING = text("select count(*) from procrastinate_jobs where task_name = 'webhooks.drain' and status = 'todo'")


@pytest.fixture(scope="module")
def place(request) -> Iterator[tuple]:
    """Acme in a database in which things stay, with an endpoint on loopback: application, ids, receiver."""
    with crowd(request, "webhooks") as (app, ids), receiving() as receiver, app.app_context():
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], webhooks_allow_private=True)
        add_endpoint(db.session(), {"url": receiver.url}, by=olga(ids), private=True)
        db.session.commit()
        db.session.remove()
        yield app, ids, receiver


@pytest.fixture
def acme(place, monkeypatch) -> Iterator[tuple]:
    """Nothing waits any more, nothing has come yet."""
    app, ids, receiver = place
    monkeypatch.setattr(Application, "flask", app)
    olga(ids)
    for statement in (
        "delete from procrastinate_jobs",
        "delete from procrastinate_workers",
        "delete from webhook_deliveries",
    ):
        db.session.execute(text(statement))
    db.session.commit()
    receiver.got.clear()
    receiver.answer = lambda _: (204, {}, b"")
    yield ids, receiver
    db.session.rollback()


def olga(ids) -> Membership:
    scope(db.session(), organization_id=ids["organization"], user_id=ids["olga"])
    return db.session.get_one(Membership, (ids["organization"], ids["olga"]))


def comment(ids, kind="comment") -> None:
    by = olga(ids)
    db.session.get_one(Deal, (ids["organization"], ids["deal"])).record(kind, by=by, text="Hello")
    db.session.flush()


def elsewhere(app, act) -> None:
    """In another session, on another connection, within five seconds."""

    def run() -> None:
        with app.app_context():
            act()
            db.session.commit()
            db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(5)
    assert not thread.is_alive(), "it waits for somebody"


def test_two_changes_of_one_organization_do_not_wait_for_each_other(place, acme):
    app, (ids, _) = place[0], acme
    comment(ids)
    elsewhere(app, lambda: comment(ids, "imported"))  # a comment would wait for the deal itself
    assert db.session.scalar(WAITING) == 2  # the own one and the other's
    db.session.commit()


def test_a_waiting_job_does_not_hold_up_a_change_nor_fail_it(place, acme):
    ids, _ = acme
    for _ in range(3):
        comment(ids)
        db.session.commit()
    assert db.session.scalar(WAITING) == 3
    drain(ids["organization"])
    assert db.session.scalar(WAITING) == 0


def test_what_a_second_worker_finds_taken_is_sent_by_the_first(place, acme):
    app, (ids, receiver) = place[0], acme
    begun, may = threading.Event(), threading.Event()
    receiver.answer = lambda _: (begun.set(), may.wait(5), (204, {}, b""))[2]
    comment(ids)
    db.session.commit()
    first = threading.Thread(target=drain, args=(ids["organization"],))
    first.start()
    assert begun.wait(5)
    comment(ids)
    db.session.commit()
    elsewhere(app, lambda: drain(ids["organization"]))
    may.set()
    first.join(10)
    assert len(receiver.got) == 2 and len(set(receiver.ids)) == 2


def test_the_lock_of_a_dead_worker_is_free(place, acme):
    ids, _ = acme
    with alone(ids["organization"]) as first, alone(ids["organization"]) as second:
        assert first and not second
    with pytest.raises(Exception, match="terminat"), alone(ids["organization"]):
        killed = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objsubid = 1"
        olga(ids)
        db.session.connection().exec_driver_sql("set role none")
        db.session.execute(text(killed))
        db.session.rollback()
        time.sleep(0.1)
    with alone(ids["organization"]) as again:
        assert again


def dying(ids, name, lock=None) -> int:
    """A job that a worker had begun, which has said nothing for long."""
    worker = "insert into procrastinate_workers (last_heartbeat) values (now() - interval '3 minutes') returning id"
    number = db.session.scalar(text(worker))
    job = """insert into procrastinate_jobs (queue_name, task_name, queueing_lock, args, status, worker_id)
        values ('default', :name, :lock, jsonb_build_object('organization_id', cast(:id as bigint)), 'doing', :worker)
        returning id"""
    where = {"name": name, "lock": lock, "id": ids["organization"], "worker": number}
    return db.session.scalar(text(job), where)


def statuses() -> dict[int, str]:
    return dict(db.session.execute(text("select id, status::text from procrastinate_jobs")).all())


def test_a_job_of_a_dead_worker_holds_up_no_new_one_and_is_tried_again(acme):
    ids, _ = acme
    olga(ids)
    dead = dying(ids, "webhooks.drain")
    comment(ids)
    db.session.commit()
    assert sorted(statuses().values()) == ["doing", "todo"]
    rescue(timestamp=0)
    assert statuses()[dead] == "todo" and len(statuses()) == 2


def test_a_periodic_job_of_a_dead_worker_is_dropped_and_a_living_one_left_alone(acme):
    ids, _ = acme
    olga(ids)
    dead, alive = dying(ids, "webhooks.sweep", "webhooks.sweep"), dying(ids, "people.send_invitation")
    beats = (
        "update procrastinate_workers set last_heartbeat = now() where id = (select max(id) from procrastinate_workers)"
    )
    db.session.execute(text(beats))
    db.session.commit()
    rescue(timestamp=0)
    assert dead not in statuses() and statuses()[alive] == "doing"


def test_a_slow_receiver_holds_up_no_other(acme):
    """It answers only when all that goes to the other has come there."""
    ids, receiver = acme
    all_came, waited = threading.Event(), []

    def answer(one):
        if one.path == "/slow":
            waited.append(all_came.wait(5))
        elif sum(each.path == "/hook" for each in list(receiver.got)) == 16:
            all_came.set()
        return 204, {}, b""

    receiver.answer = answer
    slow = add_endpoint(db.session(), {"url": receiver.url.replace("/hook", "/slow")}, by=olga(ids), private=True)
    for _ in range(16):
        comment(ids)
    db.session.commit()
    drain(ids["organization"])
    assert len(receiver.got) == 32 and waited == [True] * 16
    olga(ids)
    db.session.delete(db.session.get_one(WebhookEndpoint, (ids["organization"], slow.id)))
    db.session.commit()


def test_nothing_is_lost_while_a_worker_is_killed_again_and_again():
    command = [sys.executable, "-m", "bench.webhooks", "150", "3"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(r"^150 events, \d+ more rolled back, 3 kills, (\d+) attempts$", told, re.M), told
    assert "lost: 0\nwaiting: 0\nnot committed: 0\nunder several ids: 0\n" in told, told
