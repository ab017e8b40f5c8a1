"""Sending what is due, organization by organization; looking for what was left; mail when an endpoint is given up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import gettext as _
from procrastinate import RetryStrategy
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from crm import mail
from crm.database import db, scope
from crm.jobs import enqueue, in_application, jobs
from crm.webhooks.crew import Crew
from crm.webhooks.delivering import Parcel, claim, earliest, settle
from crm.webhooks.installation import private_allowed, server_key
from crm.webhooks.models import WebhookEndpoint
from crm.webhooks.queries import keepers_of
from crm.webhooks.sending import Outcome, Post

SHIFT = 8.0
"""Seconds after which a worker turns to other organizations; what flies then still lands."""

TICK = 0.5
TRIES = RetryStrategy(max_attempts=5, exponential_wait=5)

# Only jobs that are committed are seen, so what they were queued for is seen by whoever claims after this.
DROP_SURPLUS = text("""
    delete from procrastinate_jobs where id in (
        select id from procrastinate_jobs
        where queue_name = 'webhooks' and task_name = 'webhooks.drain' and status = 'todo'
          and args = jsonb_build_object('organization_id', cast(:organization as bigint))
        for update skip locked
    )
""")
LOCK = "hashtextextended('webhooks ' || cast(:organization as bigint), 0)"
SWEEP = text("select queue_webhooks(id) from organizations_with_webhooks_due() as id")


@jobs.task(name="webhooks.drain", queue="webhooks")
@in_application
def drain(organization_id: int) -> None:
    """Sends what is due. One worker at a time for each organization; whoever comes second leaves at once."""
    scope(db.session(), organization_id=organization_id)
    with alone(organization_id) as first:
        if first:
            work(db.session(), organization_id)
    if first:
        come_back(db.session(), organization_id)


@contextmanager
def alone(organization_id: int) -> Iterator[bool]:
    """Whether nobody else is at it. The lock belongs to a connection: it goes with its worker, however that ends."""
    place = {"organization": organization_id}
    with db.engine.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        first = bool(connection.scalar(text(f"select pg_try_advisory_lock({LOCK})"), place))
        try:
            yield first
        finally:
            if first:
                connection.execute(text(f"select pg_advisory_unlock({LOCK})"), place)


def work(session: Session, organization_id: int) -> None:
    """Claims, sends and writes down until nothing is due or the shift is over."""
    key, ends = server_key(), time.monotonic() + SHIFT
    with Crew(post()) as crew:
        while True:
            if time.monotonic() < ends:
                session.execute(DROP_SURPLUS, {"organization": organization_id})
                parcels = claim(session, organization_id, crew.flying, key)
                session.commit()
                crew.take(parcels)
            if not crew.under_way:
                return
            for sent, outcome in crew.back(within=TICK):
                note(session, sent, outcome)
            session.commit()


def post() -> Post:
    return Post(private=private_allowed())


def note(session: Session, sent: Parcel, outcome: Outcome) -> None:
    """Writes down how it went; if that ends the endpoint, its keepers get a mail."""
    if not settle(session, sent, outcome):
        return
    for keeper in session.scalars(keepers_of(sent.organization_id)):
        ids = {"organization_id": sent.organization_id, "endpoint_id": sent.endpoint_id, "user_id": keeper.user_id}
        enqueue(session, tell_disabled, **ids)


def come_back(session: Session, organization_id: int) -> None:
    """A job for when the next message is due. Asked after the lock is gone: who found us at it has left by then."""
    due = earliest(session, organization_id)
    if due is not None:
        session.execute(select(func.queue_webhooks(organization_id, due)))
    session.commit()


@jobs.periodic(cron="* * * * *")
@jobs.task(name="webhooks.sweep", queueing_lock="webhooks.sweep")
@in_application
def sweep(timestamp: int = 0) -> None:
    """Finds what a dead worker left behind. Runs every minute, and when a worker starts."""
    db.session.execute(SWEEP)
    db.session.commit()


@jobs.periodic(cron="23 3 * * *")
@jobs.task(name="webhooks.forget", queueing_lock="webhooks.forget")
@in_application
def forget(timestamp: int = 0) -> None:
    """Deletes deliveries after 30 days, and secrets that are over. Runs every night."""
    db.session.execute(select(func.forget_old_webhooks()))
    db.session.commit()


@jobs.task(name="webhooks.tell_disabled", retry=TRIES)
@in_application
def tell_disabled(organization_id: int, endpoint_id: int, user_id: int) -> None:
    """A mail to one of those who look after it, while it is switched off."""
    session = db.session()
    scope(session, organization_id=organization_id)
    endpoint = session.get(WebhookEndpoint, (organization_id, endpoint_id))
    keeper = session.scalar(keepers_of(organization_id).where(text("memberships.user_id = :id").bindparams(id=user_id)))
    if endpoint is None or endpoint.enabled or keeper is None or not mail.is_sent():
        return
    words = {"url": endpoint.url, "organization": keeper.organization.name}
    subject = _("A webhook of %(organization)s is switched off", **words)
    what = _("The webhook to %(url)s answered with errors for days, or said that it is gone.", **words)
    rest = _(
        "Look at its deliveries under Settings, mend the receiver, switch the webhook on again and send what it missed."
    )
    mail.send(keeper.user.email, subject, f"{what}\n\n{rest}\n")
