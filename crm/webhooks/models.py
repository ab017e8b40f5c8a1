"""Endpoints that hear what happens, the secrets they know us by, and every message to them."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String, Text, Update, func, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm.database import Base, TenantOwned, Versioned, collected, related, session_of, tenant_key
from crm.errors import Conflict
from crm.organizations.models import Membership
from crm.timeline.models import AUTOMATIC, POSTED
from crm.trail import audit
from crm.webhooks.rules import LONGEST_DESCRIPTION, LONGEST_URL, check_endpoint

EVENT_TYPES = POSTED + AUTOMATIC
NOT_ALLOWED = "Only owners and admins can change webhooks."


class WebhookEndpoint(TenantOwned, Versioned, Base):
    """A URL that hears of the organization's activities: of these types, or of all when there are none.

    `failing_since` is when the first delivery failed after the last that succeeded; `disabled_at` when it was switched
    off, by a person or by us.
    """

    __tablename__ = "webhook_endpoints"
    changed_meanwhile = "Someone changed this webhook in the meantime."

    url: Mapped[str] = mapped_column(String(LONGEST_URL))
    description: Mapped[str] = mapped_column(String(LONGEST_DESCRIPTION), default="", server_default="")
    event_types: Mapped[list[str]] = mapped_column(ARRAY(String(32)), default=list, server_default="{}")
    enabled: Mapped[bool] = mapped_column(default=True, server_default="true")
    failing_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    secrets: Mapped[list[WebhookSecret]] = collected(
        "WebhookEndpoint", "WebhookSecret", "endpoint_id", order_by="WebhookSecret.id.desc()"
    )

    def change(
        self, values: dict[str, Any], *, by: Membership, version: int | None = None, private: bool = False
    ) -> None:
        """Sets url, description, event_types, enabled. Raises Invalid at the field, Conflict for a stale version.

        `private` allows addresses inside the machine, for development.
        """
        by.must("webhooks.edit", words=NOT_ALLOWED)
        self.expect(version)
        check_endpoint(values, EVENT_TYPES, private=private)
        changed = {name: [getattr(self, name), new] for name, new in values.items() if new != getattr(self, name)}
        for name, (_, new) in changed.items():
            setattr(self, name, new)
        if "enabled" in changed:
            self.switch(on=self.enabled)
        if changed:
            audit(session_of(self), "webhook_changed", by=by, subject=self.url, changed=changed)

    def switch(self, *, on: bool) -> None:
        """On: with a clean slate. Off: what waits is given up, and can be sent again one by one."""
        self.disabled_at, self.failing_since = None if on else datetime.now(UTC), None
        if not on:
            session_of(self).execute(given_up(self.organization_id, self.id))

    def refuse_disabled(self) -> None:
        """Raises Conflict while it is switched off: nothing is sent then."""
        if not self.enabled:
            raise Conflict("This webhook is switched off. Switch it on first.", code="WEBHOOK_DISABLED")


class WebhookSecret(TenantOwned, Base):
    """One of the secrets that an endpoint's messages are signed with, until it expires.

    The row has a nonce only: the secret is made of it and the server's key, so a copy of the database can't sign.
    """

    __tablename__ = "webhook_secrets"
    __table_args__ = (tenant_key("endpoint_id", "webhook_endpoints.id", ondelete="CASCADE"),)

    endpoint_id: Mapped[int]
    nonce: Mapped[str] = mapped_column(String(64), default=lambda: secrets.token_urlsafe(32))
    expires_at: Mapped[datetime | None]


Index("ix_webhook_secrets_endpoint", WebhookSecret.organization_id, WebhookSecret.endpoint_id)
Index(
    "uq_webhook_secrets_current",
    WebhookSecret.organization_id,
    WebhookSecret.endpoint_id,
    unique=True,
    postgresql_where=text("expires_at is null"),
)


class WebhookDelivery(TenantOwned, Base):
    """One message to one endpoint. `message_id` stays the same however often it is sent; `payload` is its body.

    It waits while `next_attempt_at` is set, else it was delivered or has failed for good. `answer` is the beginning
    of what the receiver said, `error` why there was no answer, `duration_ms` how long the last attempt took.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (tenant_key("endpoint_id", "webhook_endpoints.id", ondelete="CASCADE"),)

    endpoint_id: Mapped[int]
    message_id: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    next_attempt_at: Mapped[datetime | None]
    last_attempt_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    status_code: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")
    error: Mapped[str] = mapped_column(String(200), default="", server_default="")
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)

    endpoint: Mapped[WebhookEndpoint] = related("WebhookDelivery", "endpoint_id", "WebhookEndpoint")

    @property
    def state(self) -> str:
        """delivered, failed or waiting."""
        return "delivered" if self.delivered_at else "failed" if self.failed_at else "waiting"


Index(
    "uq_webhook_deliveries_message",
    WebhookDelivery.organization_id,
    WebhookDelivery.endpoint_id,
    WebhookDelivery.message_id,
    unique=True,
)
Index(
    "ix_webhook_deliveries_endpoint", WebhookDelivery.organization_id, WebhookDelivery.endpoint_id, WebhookDelivery.id
)
Index(
    "ix_webhook_deliveries_waiting",
    WebhookDelivery.organization_id,
    WebhookDelivery.endpoint_id,
    WebhookDelivery.next_attempt_at,
    postgresql_where=text("next_attempt_at is not null"),
)
Index(
    "ix_webhook_deliveries_due",
    WebhookDelivery.next_attempt_at,
    WebhookDelivery.organization_id,
    postgresql_where=text("next_attempt_at is not null"),
)
Index("ix_webhook_deliveries_age", WebhookDelivery.created_at, postgresql_using="brin")


def given_up(organization_id: int, endpoint_id: int) -> Update:
    """Ends the waiting of all that is meant for an endpoint."""
    mine = (WebhookDelivery.organization_id == organization_id, WebhookDelivery.endpoint_id == endpoint_id)
    ended = update(WebhookDelivery).where(*mine, WebhookDelivery.next_attempt_at.is_not(None))
    return ended.values(next_attempt_at=None, failed_at=func.now(), error="switched off")
