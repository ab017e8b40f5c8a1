"""Two people at the same moment, each on a connection of their own; and streams that end with the membership."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from procrastinate import PsycopgConnector
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm.accounts.operations import register_user
from crm.config import libpq_url
from crm.contacts.operations import add_contact
from crm.database import db, scope
from crm.errors import Refused
from crm.jobs import Application, enqueue, jobs
from crm.live import CHANNEL, Hub, Viewer
from crm.organizations.models import Membership
from crm.people.distribution import distribute
from crm.people.inviting import accept, hold_open, invite
from crm.people.mails import send_invitation
from crm.people.models import Invitation
from crm.people.operations import change_role, remove
from tests.crowd import crowd
from tests.people.sink import sink

ROUNDS = 200
Ids = dict[str, int]


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, Ids]]:
    with crowd(request, "people") as made:
        yield made


def person(ids: Ids, name: str) -> Membership:
    scope(db.session(), organization_id=ids["organization"], user_id=ids[name])
    return db.session.get_one(Membership, (ids["organization"], ids[name]))


def at_once(app: Flask, acts: list[Callable[[], Any]]) -> list[Any]:
    """Runs all acts on threads that start together; gives what each returned or raised."""
    start, ends = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            try:
                ends[place] = act(start)
            except (Refused, DBAPIError) as refusal:
                ends[place] = refusal
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def two_owners(app: Flask, ids: Ids) -> None:
    """Olga and Adam own Acme, as before the first round."""
    with app.app_context():
        person(ids, "olga")
        both = {"organization": ids["organization"], "ids": [ids["olga"], ids["adam"]]}
        again = "update memberships set role = 'owner', ended_at = null where organization_id = :organization"
        db.session.execute(text(again + " and user_id = any(:ids)"), both)
        db.session.commit()
        db.session.remove()


def owners(app: Flask, ids: Ids) -> int:
    with app.app_context():
        person(ids, "olga")
        here = "select count(*) from memberships where organization_id = :id and role = 'owner' and ended_at is null"
        left = db.session.scalar(text(here), {"id": ids["organization"]})
        db.session.remove()
    return left


def removing(ids: Ids, who: str, whom: str) -> Callable[[threading.Barrier], str]:
    def act(start: threading.Barrier) -> str:
        by, member = person(ids, who), db.session.get_one(Membership, (ids["organization"], ids[whom]))
        start.wait()
        remove(db.session(), member, by=by)
        db.session.commit()
        return "removed"

    return act


def demoting(ids: Ids, who: str, whom: str) -> Callable[[threading.Barrier], str]:
    def act(start: threading.Barrier) -> str:
        by, member = person(ids, who), db.session.get_one(Membership, (ids["organization"], ids[whom]))
        start.wait()
        change_role(db.session(), member, "viewer", by=by)
        db.session.commit()
        return "demoted"

    return act


def test_two_owners_who_remove_each_other_leave_one(crowded):
    app, ids = crowded
    for _ in range(ROUNDS):
        two_owners(app, ids)
        ends = at_once(app, [removing(ids, "olga", "adam"), removing(ids, "adam", "olga")])
        assert ends.count("removed") == 1 and owners(app, ids) == 1


def test_an_owner_who_steps_down_while_the_other_is_removed_stays(crowded):
    app, ids = crowded
    for _ in range(20):
        two_owners(app, ids)
        at_once(app, [demoting(ids, "olga", "olga"), removing(ids, "adam", "adam")])
        assert owners(app, ids) == 1


@pytest.mark.parametrize("act", [removing, demoting])
def test_an_open_stream_ends_with_the_membership_or_the_role(crowded, act):
    app, ids = crowded
    two_owners(app, ids)
    hub, viewer = Hub(), Viewer(ids["organization"], ids["mona"], "a session")
    bystander = Viewer(ids["organization"], ids["lena"], "another")
    dsn = libpq_url(app.config["SQLALCHEMY_DATABASE_URI"])
    with app.app_context():
        person(ids, "olga")
        db.session.execute(
            text("update memberships set role = 'manager', ended_at = null where user_id = :id"), {"id": ids["mona"]}
        )
        db.session.commit()
        db.session.remove()
    for one in (viewer, bystander):
        hub.join(one, dsn)
    wait_for_listener(app)
    at_once(app, [act(ids, "olga", "mona")])
    assert viewer.inbox.get(timeout=5) is None
    with pytest.raises(queue.Empty):
        bystander.inbox.get(timeout=0.2)
    hub.close()
    hub.thread.join(5)


def test_nothing_is_left_with_who_is_removed_while_records_are_dealt_out(crowded):
    app, ids = crowded
    for _ in range(40):
        with app.app_context():
            by = person(ids, "olga")
            again = "update memberships set role = :role, ended_at = null where user_id = :id"
            for name, role in (("olga", "owner"), ("adam", "owner"), ("max", "member")):
                db.session.execute(text(again), {"role": role, "id": ids[name]})
            db.session.refresh(by)
            made = [add_contact(db.session(), {"name": f"Contact {n}"}, by=by).id for n in range(20)]
            db.session.commit()
            db.session.remove()
        at_once(app, [dealing(ids, made), inheriting(ids)])
        with app.app_context():
            person(ids, "olga")
            lost = "select count(*) from contacts c join memberships m on m.user_id = c.owner_id"
            lost += " where m.ended_at is not null"
            assert db.session.scalar(text(lost)) == 0
            db.session.remove()


def dealing(ids: Ids, made: list[int]) -> Callable[[threading.Barrier], str]:
    def act(start: threading.Barrier) -> str:
        by = person(ids, "adam")
        start.wait()
        distribute(db.session(), "contacts", made, [ids["max"]], by=by)
        db.session.commit()
        return "dealt"

    return act


def inheriting(ids: Ids) -> Callable[[threading.Barrier], str]:
    def act(start: threading.Barrier) -> str:
        by = person(ids, "olga")
        gone, heir = (db.session.get_one(Membership, (ids["organization"], ids[name])) for name in ("max", "lena"))
        start.wait()
        remove(db.session(), gone, by=by, heir=heir)
        db.session.commit()
        return "removed"

    return act


def test_an_invitation_accepted_by_two_clicks_at_once_makes_one_membership(crowded):
    app, ids = crowded
    for number in range(30):
        with app.app_context():
            by = person(ids, "olga")
            by.role, by.ended_at = "owner", None
            id = invite(db.session(), f"new{number}@example.com", "member", by=by).id
            db.session.commit()
            db.session.remove()
        ends = at_once(app, [accepting(ids, id, number)] * 2)
        assert ends.count("in") == 1 and [end.code for end in ends if end != "in"] == ["INVITATION_USED"]
        with app.app_context():
            person(ids, "olga")
            here = "select count(*) from memberships m join users u on u.id = m.user_id where u.email = :email"
            assert db.session.scalar(text(here), {"email": f"new{number}@example.com"}) == 1
            db.session.remove()


def accepting(ids: Ids, id: int, number: int) -> Callable[[threading.Barrier], str]:
    def act(start: threading.Barrier) -> str:
        scope(db.session(), organization_id=ids["organization"])
        invitation = db.session.get_one(Invitation, (ids["organization"], id))
        start.wait()
        hold_open(db.session(), invitation)
        email = f"new{number}@example.com"
        user = register_user(db.session(), email=email, name="New", password="long enough it is")
        accept(db.session(), invitation, user)
        db.session.commit()
        return "in"

    return act


def test_a_real_worker_sends_the_mail(crowded, monkeypatch):
    app, ids = crowded
    with sink() as (url, letters):
        settings = replace(app.config["SETTINGS"], smtp_url=url, mail_from="crm@example.com")
        monkeypatch.setitem(app.config, "SETTINGS", settings)
        monkeypatch.setattr(Application, "flask", app)
        with app.app_context():
            by = person(ids, "olga")
            by.role, by.ended_at = "owner", None
            made = invite(db.session(), "worker@example.com", "member", by=by)
            enqueue(
                db.session(),
                send_invitation,
                organization_id=made.organization_id,
                invitation_id=made.id,
                root="https://x/",
            )
            db.session.commit()
            db.session.remove()
        connector = PsycopgConnector(conninfo=libpq_url(app.config["SQLALCHEMY_DATABASE_URI"]))
        with jobs.replace_connector(connector) as connected, ThreadPoolExecutor(1) as apart:
            how = {"wait": False, "install_signal_handlers": False, "listen_notify": False}
            apart.submit(connected.run_worker, **how).result()  # no event loop in this thread, whose browser has one
    assert [letter["To"] for letter in letters] == ["worker@example.com"]


def wait_for_listener(app: Flask) -> None:
    listening = text("select count(*) from pg_stat_activity where query = :query")
    with app.app_context(), db.engine.connect() as connection:
        for _ in range(500):
            if connection.scalar(listening, {"query": f"listen {CHANNEL}"}):
                return
            connection.rollback()
            threading.Event().wait(0.01)
    raise AssertionError("nobody listens")
