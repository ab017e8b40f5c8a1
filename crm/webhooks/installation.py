"""What webhooks need to know of this installation: its key, and whether they may lead inside its network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from crm.config import Settings
from crm.database import db
from crm.organizations.models import Membership
from crm.webhooks.models import WebhookEndpoint
from crm.webhooks.queries import secrets_of
from crm.webhooks.signing import secret_of


@dataclass(frozen=True)
class Secret:
    """What the receiver verifies with. `previous_until` is when the secrets before it sign no more."""

    secret: str | None
    previous_until: datetime | None


def private_allowed() -> bool:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.webhooks_allow_private


def server_key() -> str:
    """Without it no secret can be made from what is stored."""
    return str(current_app.config["SECRET_KEY"])


def current_secret(endpoint: WebhookEndpoint, *, by: Membership) -> Secret:
    """The newest one in plain text. Raises Forbidden unless the member may change webhooks."""
    by.must("webhooks.edit")
    newest, *before = db.session.scalars(secrets_of(by, endpoint)).all()
    ends = [one.expires_at for one in before if one.expires_at is not None]
    return Secret(secret_of(server_key(), newest), max(ends, default=None))
