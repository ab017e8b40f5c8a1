"""Who gives a record to a person who is just being removed comes first, or is refused: on two real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from crm.contacts.models import Company, Contact
from crm.contacts.operations import add_contact
from crm.database import db, scope
from crm.deals.models import Deal
from crm.deals.operations import open_deal
from crm.errors import Invalid, Refused
from crm.organizations.models import Membership
from crm.people.operations import leave, remove
from crm.pipelines.models import Stage
from crm.tasks.models import Task, add_task
from tests.crowd import crowd

Ids = dict[str, int]
WAITING = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
LEFT = text("""
    select count(*) from memberships m where ended_at is not null and (
        exists (select from deals where owner_id = m.user_id)
        or exists (select from contacts where owner_id = m.user_id)
        or exists (select from companies where owner_id = m.user_id)
        or exists (select from tasks where assignee_id = m.user_id and done_at is null))
""")


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, Ids]]:
    with crowd(request, "given") as made:
        yield made


def member(ids: Ids, who: str) -> Membership:
    scope(db.session(), organization_id=ids["organization"], user_id=ids[who])
    return db.session.get_one(Membership, (ids["organization"], ids[who]))


def first(kind: Any) -> Any:
    return db.session.query(kind).order_by(kind.id).first()


def changed(kind: Any) -> Callable[[Membership, int], Any]:
    return lambda by, to: first(kind).change({"owner_id": to}, by=by)


def opened(by: Membership, to: int) -> Any:
    return open_deal(db.session(), first(Stage), {"title": "New", "amount": 1, "owner_id": to}, by=by)


def tasked(by: Membership, to: int) -> Any:
    return add_task(first(Deal), "Call", by.today(), by=by, assignee_id=to)


GIVING: dict[str, Callable[[Membership, int], Any]] = {
    "deal": changed(Deal),
    "contact": changed(Contact),
    "company": changed(Company),
    "new contact": lambda by, to: add_contact(db.session(), {"name": "New", "owner_id": to}, by=by),
    "new deal": opened,
    "new task": tasked,
    "task": lambda by, to: first(Task).change({"assignee_id": to}, by=by),
}
GOING = {
    "removed": lambda ids: remove(db.session(), member(ids, "mona"), by=member(ids, "olga"), heir=member(ids, "max")),
    "left": lambda ids: leave(db.session(), member(ids, "mona"), member(ids, "max")),
}


def aside(app: Flask, act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Does it and commits on a connection of its own; the list gets how it ended."""
    ends: list[Any] = []

    def run() -> None:
        with app.app_context():
            try:
                act()
                db.session.commit()
                ends.append("done")
            except Refused as refusal:
                ends.append(refusal)
            finally:
                db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, ends


def at_the_lock(thread: threading.Thread) -> None:
    """Until the other one waits for this connection, or has ended without waiting."""
    for _ in range(1000):
        with db.engine.connect() as other:
            if not thread.is_alive() or other.scalar(WAITING):
                return
        thread.join(0.005)
    raise AssertionError("it neither waits nor ends")


def as_before(app: Flask, ids: Ids) -> None:
    """Mona is a member again and owns nothing."""
    with app.app_context():
        member(ids, "olga")
        db.session.execute(text("update memberships set ended_at = null where user_id = :id"), {"id": ids["mona"]})
        for table, column in (("deals", "owner_id"), ("contacts", "owner_id"), ("companies", "owner_id")):
            db.session.execute(text(f"update {table} set {column} = :id"), {"id": ids["max"]})
        db.session.execute(text("update tasks set assignee_id = :id"), {"id": ids["max"]})
        db.session.commit()
        db.session.remove()


@pytest.mark.parametrize("going", GOING)
@pytest.mark.parametrize("kind", GIVING)
def test_what_was_given_first_goes_on_to_the_heir(crowded, kind, going):
    app, ids = crowded
    as_before(app, ids)
    with app.app_context():
        GIVING[kind](member(ids, "adam"), ids["mona"])
        db.session.flush()
        thread, ends = aside(app, lambda: GOING[going](ids))
        at_the_lock(thread)
        db.session.commit()
        thread.join()
        assert ends == ["done"] and db.session.scalar(LEFT) == 0
        db.session.remove()


@pytest.mark.parametrize("going", GOING)
@pytest.mark.parametrize("kind", GIVING)
def test_what_comes_after_the_removal_is_refused(crowded, kind, going):
    app, ids = crowded
    as_before(app, ids)
    with app.app_context():
        GOING[going](ids)
        thread, ends = aside(app, lambda: GIVING[kind](member(ids, "adam"), ids["mona"]))
        at_the_lock(thread)
        db.session.commit()
        thread.join()
        assert isinstance(ends[0], Invalid) and db.session.scalar(LEFT) == 0
        db.session.remove()
