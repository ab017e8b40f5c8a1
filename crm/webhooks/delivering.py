"""Taking the messages that are due, and writing down how it went. One of which nobody reports is due again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Update, func, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from crm.trail import AuditEntry
from crm.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookSecret, given_up
from crm.webhooks.queries import living
from crm.webhooks.schedule import GONE, TOO_LONG, pause
from crm.webhooks.sending import Outcome
from crm.webhooks.signing import signing_key

LEASE = 60.0
"""Seconds after which a message whose worker died is sent by another; longer than look-up and sending take."""

AT_ONCE, AT_ONCE_WHEN_FAILING = 8, 1
FORGIVEN = timedelta(minutes=1)

# The row is held by nobody while it is sent: its time is put off, and comes again if nothing is heard of it.
CLAIM = text("""
    with room as (
        select * from unnest(cast(:endpoints as bigint[]), cast(:room as int[])) as free (endpoint_id, slots)
    ), picked as (
        select due.id from room cross join lateral (
            select d.id from webhook_deliveries d
            where d.organization_id = :organization and d.endpoint_id = room.endpoint_id and d.next_attempt_at <= now()
            order by d.next_attempt_at limit room.slots for update skip locked
        ) due
    )
    update webhook_deliveries d
    set attempts = attempts + 1, last_attempt_at = now(), next_attempt_at = now() + make_interval(secs => :lease)
    from picked where d.organization_id = :organization and d.id = picked.id
    returning d.id, d.endpoint_id, d.message_id, d.payload, d.attempts
""")


@dataclass(frozen=True)
class Parcel:
    """A message on its way, with all that sending needs: no row, no session."""

    organization_id: int
    id: int
    endpoint_id: int
    message_id: str
    attempts: int
    url: str
    body: bytes
    secrets: tuple[bytes, ...]


def claim(session: Session, organization_id: int, flying: dict[int, int], key: str) -> list[Parcel]:
    """Takes what is due, for each endpoint as much as fits beside what is `flying` to it already.

    One that has been failing for a while gets a single message at a time, so that its timeouts hold nobody up.
    `key` is the server's SECRET_KEY.
    """
    endpoints = {row.id: row for row in session.execute(open_endpoints(organization_id))}
    room = {id: slots(row) - flying.get(id, 0) for id, row in endpoints.items()}
    room = {id: free for id, free in room.items() if free > 0}
    if not room:
        return []
    where = {"endpoints": list(room), "room": list(room.values()), "organization": organization_id, "lease": LEASE}
    taken = session.execute(CLAIM, where).all()
    return [parcel(organization_id, row, endpoints[row.endpoint_id], key) for row in taken]


def open_endpoints(organization_id: int) -> Any:
    """Endpoints that are switched on, with the nonces of their secrets, the newest first."""
    nonces = func.array_agg(aggregate_order_by(WebhookSecret.nonce, WebhookSecret.id.desc())).label("nonces")
    same = (WebhookSecret.organization_id == WebhookEndpoint.organization_id) & (
        WebhookSecret.endpoint_id == WebhookEndpoint.id
    )
    rows = select(WebhookEndpoint.id, WebhookEndpoint.url, WebhookEndpoint.failing_since, nonces).join(
        WebhookSecret, same & living()
    )
    here = (WebhookEndpoint.organization_id == organization_id, WebhookEndpoint.enabled)
    return rows.where(*here).group_by(WebhookEndpoint.organization_id, WebhookEndpoint.id)


def slots(endpoint: Row[Any]) -> int:
    since = endpoint.failing_since
    return AT_ONCE_WHEN_FAILING if since and since < datetime.now(UTC) - FORGIVEN else AT_ONCE


def parcel(organization_id: int, row: Row[Any], endpoint: Row[Any], key: str) -> Parcel:
    body = json.dumps(row.payload, separators=(",", ":"), ensure_ascii=False).encode()
    secrets = tuple(signing_key(key, organization_id, endpoint.id, nonce) for nonce in endpoint.nonces)
    return Parcel(organization_id, row.id, endpoint.id, row.message_id, row.attempts, endpoint.url, body, secrets)


def settle(session: Session, sent: Parcel, outcome: Outcome) -> bool:
    """Writes down how it went. True when the endpoint was switched off for it."""
    told = {
        "status_code": outcome.status,
        "answer": outcome.answer,
        "error": outcome.error[:200],
        "duration_ms": outcome.duration_ms,
    }
    if outcome.delivered:
        done = {"delivered_at": func.now(), "next_attempt_at": None, "failed_at": None}
        session.execute(this_delivery(sent).values(**told, **done))
        session.execute(
            this_endpoint(sent).where(WebhookEndpoint.failing_since.is_not(None)).values(failing_since=None)
        )
        return False
    session.execute(still_ours(sent).values(**told, **postponed(sent, outcome)))
    return fail(session, sent, outcome)


def postponed(sent: Parcel, outcome: Outcome) -> dict[str, Any]:
    """The next attempt's time, or the end."""
    wait = pause(sent.attempts, outcome)
    if wait is None:
        return {"next_attempt_at": None, "failed_at": func.now()}
    return {"next_attempt_at": func.now() + timedelta(seconds=wait)}


def this_delivery(sent: Parcel) -> Update:
    here = (WebhookDelivery.organization_id == sent.organization_id, WebhookDelivery.id == sent.id)
    return update(WebhookDelivery).where(*here).execution_options(synchronize_session=False)


def still_ours(sent: Parcel) -> Update:
    """Nobody took it since, and it was not given up: else their word counts, not our failure."""
    waiting = WebhookDelivery.next_attempt_at.is_not(None)
    return this_delivery(sent).where(WebhookDelivery.attempts == sent.attempts, waiting)


def this_endpoint(sent: Parcel) -> Update:
    here = (WebhookEndpoint.organization_id == sent.organization_id, WebhookEndpoint.id == sent.endpoint_id)
    return update(WebhookEndpoint).where(*here).execution_options(synchronize_session=False)


def fail(session: Session, sent: Parcel, outcome: Outcome) -> bool:
    """Notes since when the endpoint fails; after days, or when it says that it is gone, it is switched off."""
    since = func.coalesce(WebhookEndpoint.failing_since, func.now())
    failing = this_endpoint(sent).where(WebhookEndpoint.enabled).values(failing_since=since)
    found = session.scalar(failing.returning(WebhookEndpoint.failing_since))
    if found is None or not (outcome.status == GONE or found <= datetime.now(UTC) - TOO_LONG):
        return False
    switch_off(session, sent)
    return True


def switch_off(session: Session, sent: Parcel) -> None:
    """The caller holds the endpoint's row, so this happens once."""
    off = {"enabled": False, "disabled_at": func.now(), "version": WebhookEndpoint.version + 1}
    session.execute(this_endpoint(sent).values(**off))
    session.execute(given_up(sent.organization_id, sent.endpoint_id))
    session.add(AuditEntry(organization_id=sent.organization_id, kind="webhook_disabled", subject=sent.url))


def earliest(session: Session, organization_id: int) -> datetime | None:
    """When the organization's next message is due."""
    same = WebhookEndpoint.id == WebhookDelivery.endpoint_id
    open_ones = (WebhookEndpoint.organization_id == organization_id, WebhookEndpoint.enabled)
    waiting = select(func.min(WebhookDelivery.next_attempt_at)).join(WebhookEndpoint, same)
    return session.scalar(waiting.where(WebhookDelivery.organization_id == organization_id, *open_ones))
