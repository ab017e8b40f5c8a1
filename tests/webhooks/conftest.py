"""Acme's endpoint, a receiver behind it, and the work of a worker done at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from crm.jobs import Application
from crm.webhooks import jobs
from crm.webhooks.models import WebhookDelivery
from crm.webhooks.operations import add_endpoint
from crm.webhooks.queries import secrets_of
from crm.webhooks.signing import secret_of
from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def hooked(app, world, receiver, monkeypatch) -> SimpleNamespace:
    """Everything of Acme goes to the receiver; loopback is allowed."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], webhooks_allow_private=True))
    monkeypatch.setattr(Application, "flask", app)
    endpoint = add_endpoint(world.session, {"url": receiver.url}, by=world.olga, private=True)
    world.session.commit()
    forget_jobs(world)
    return SimpleNamespace(endpoint=endpoint, secret=lambda: secrets(app, world, endpoint)[0])


def secrets(app, world, endpoint) -> list[str]:
    """As its receiver knows them, the newest first."""
    return [secret_of(app.config["SECRET_KEY"], row) for row in world.session.scalars(secrets_of(world.olga, endpoint))]


@pytest.fixture
def work(world) -> Callable[[], None]:
    """What a worker does for Acme when a job calls it."""

    def work() -> None:
        world.session.commit()
        jobs.drain(world.acme.id)
        world.in_acme()
        world.session.expire_all()
        world.session.execute(text("select set_config('app.webhooks_queued', '', true)"))  # another transaction

    return work


def deliveries(world) -> list[WebhookDelivery]:
    world.session.flush()
    return list(world.session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def queued(world) -> list[dict]:
    """The arguments of the waiting jobs that send."""
    world.session.flush()
    rows = "select args, scheduled_at from procrastinate_jobs where task_name = 'webhooks.drain' and status = 'todo'"
    return [dict(row) for row in world.session.execute(text(rows)).mappings()]


def forget_jobs(world) -> None:
    """As at the start of another transaction; the test's own never ends."""
    world.session.execute(text("delete from procrastinate_jobs where task_name = 'webhooks.drain'"))
    world.session.execute(text("select set_config('app.webhooks_queued', '', true)"))


def make_due(world) -> None:
    """The pause is over."""
    world.session.execute(
        text("update webhook_deliveries set next_attempt_at = now() - interval '1 s' where next_attempt_at is not null")
    )
