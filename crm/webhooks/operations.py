"""Adding and deleting endpoints, another secret, sending again, and a message to try it out."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.errors import Conflict
from crm.organizations.models import Membership, Organization
from crm.trail import audit
from crm.webhooks.models import EVENT_TYPES, NOT_ALLOWED, WebhookDelivery, WebhookEndpoint, WebhookSecret
from crm.webhooks.queries import endpoints_of, secrets_of
from crm.webhooks.rules import check_endpoint

MOST_ENDPOINTS, MOST_SECRETS = 20, 5
OVERLAP = timedelta(hours=24)
FIELDS = ("url", "description", "event_types", "enabled")


def add_endpoint(session: Session, values: dict[str, Any], *, by: Membership, private: bool = False) -> WebhookEndpoint:
    """A new endpoint with its first secret. Raises Invalid at the field, Conflict when there are twenty.

    `private` allows addresses inside the machine, for development.
    """
    by.must("webhooks.edit", words=NOT_ALLOWED)
    check_endpoint({"url": None} | values, EVENT_TYPES, private=private)
    session.execute(
        select(Organization.id).where(Organization.id == by.organization_id).with_for_update(key_share=True)
    )
    if len(session.scalars(endpoints_of(by)).all()) >= MOST_ENDPOINTS:
        raise Conflict("An organization has at most %(most)s webhooks.", code="TOO_MANY_WEBHOOKS", most=MOST_ENDPOINTS)
    given = {name: values[name] for name in FIELDS if name in values}
    endpoint = WebhookEndpoint(organization_id=by.organization_id, **given)
    session.add(endpoint)
    session.flush()
    session.add(WebhookSecret(organization_id=by.organization_id, endpoint_id=endpoint.id))
    audit(session, "webhook_added", by=by, subject=endpoint.url)
    session.flush()
    return endpoint


def delete_endpoint(session: Session, endpoint: WebhookEndpoint, *, by: Membership) -> None:
    """With its secrets and deliveries; what waits is not sent any more."""
    by.must("webhooks.edit", words=NOT_ALLOWED)
    audit(session, "webhook_deleted", by=by, subject=endpoint.url)
    session.delete(endpoint)
    session.flush()


def rotate_secret(
    session: Session, endpoint: WebhookEndpoint, *, by: Membership, at_once: bool = False
) -> WebhookSecret:
    """A new secret. The one before signs for 24 hours more beside it; `at_once`: none of the old ones from now on."""
    by.must("webhooks.edit", words=NOT_ALLOWED)
    lock(session, endpoint)
    old = session.scalars(secrets_of(by, endpoint)).all()
    if len(old) >= MOST_SECRETS and not at_once:
        words = "The secret was changed too often today. Wait, or end the old ones at once."
        raise Conflict(words, code="TOO_MANY_SECRETS")
    for one in old:
        one.expires_at = func.now() if at_once else one.expires_at or datetime.now(UTC) + OVERLAP
    session.flush()
    fresh = WebhookSecret(organization_id=endpoint.organization_id, endpoint_id=endpoint.id)
    session.add(fresh)
    audit(session, "webhook_secret_rotated", by=by, subject=endpoint.url)
    session.flush()
    return fresh


def send_again(session: Session, delivery: WebhookDelivery, *, by: Membership) -> None:
    """Sends it at once under the same id, delivered or not, with all its retries anew.

    Raises Conflict while the endpoint is switched off.
    """
    by.must("webhooks.edit", words=NOT_ALLOWED)
    delivery.endpoint.refuse_disabled()
    delivery.attempts, delivery.next_attempt_at = 0, func.now()
    delivery.delivered_at = delivery.failed_at = None
    audit(session, "webhook_sent_again", by=by, subject=delivery.endpoint.url, message_id=delivery.message_id)
    queue(session, delivery.organization_id)


def send_test(session: Session, endpoint: WebhookEndpoint, *, by: Membership) -> WebhookDelivery:
    """A message of the type "test", to this endpoint only. Raises Conflict while it is switched off."""
    by.must("webhooks.edit", words=NOT_ALLOWED)
    endpoint.refuse_disabled()
    delivery = WebhookDelivery(organization_id=endpoint.organization_id, endpoint_id=endpoint.id, type="test")
    delivery.message_id, delivery.next_attempt_at = f"test_{secrets.token_hex(16)}", func.now()
    told = {"organization_id": endpoint.organization_id, "endpoint_id": endpoint.id, "actor_id": by.user_id}
    timestamp = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    delivery.payload = {"type": "test", "timestamp": timestamp, "data": told}
    session.add(delivery)
    queue(session, endpoint.organization_id)
    return delivery


def queue(session: Session, organization_id: int) -> None:
    """The job that sends, in this transaction: it comes with the change or not at all."""
    session.flush()
    session.execute(select(func.queue_webhooks_once(organization_id)))


def lock(session: Session, endpoint: WebhookEndpoint) -> None:
    """Holds the endpoint's row: two new secrets at once come one after the other."""
    session.refresh(endpoint, ["url", "version"], with_for_update=True)
