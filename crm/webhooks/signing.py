"""Secrets and signatures after the Standard Webhooks: HMAC-SHA256 over id, time and body, once for each secret."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable

from crm.webhooks.models import WebhookSecret

PREFIX = "whsec_"


def secret_of(key: str, row: WebhookSecret) -> str:
    """What the receiver is shown, once: whsec_ and 32 bytes in base64. `key` is the server's SECRET_KEY."""
    return PREFIX + base64.b64encode(signing_key(key, row.organization_id, row.endpoint_id, row.nonce)).decode()


def signing_key(key: str, organization_id: int, endpoint_id: int, nonce: str) -> bytes:
    """32 bytes that neither the row nor the server's key gives away alone."""
    place = f"webhook secret|{organization_id}|{endpoint_id}|{nonce}"
    return hmac.digest(key.encode(), place.encode(), "sha256")


def signature(secrets: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The webhook-signature header: parted by spaces, so that the old secret still fits while it is replaced."""
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    digests = (hmac.digest(secret, signed, "sha256") for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def headers(secrets: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secrets, message_id, timestamp, body),
    }
