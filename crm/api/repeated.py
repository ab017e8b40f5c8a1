"""A POST that is sent twice happens once: its key is stored in the change's own transaction, with the answer."""

from __future__ import annotations

import hmac

from flask import current_app, g, request
from sqlalchemy import text

from crm.api.models import IdempotencyKey
from crm.database import db
from crm.errors import Conflict, Invalid
from crm.organizations.models import Membership

LONGEST = IdempotencyKey.key.type.length

# Whoever sends the same key at the same moment waits here until the first transaction has ended. Keys live for a day.
CLAIM = text("""
    with old as (
        select user_id, key from idempotency_keys
        where organization_id = :organization and created_at < now() - interval '1 day'
        limit 100 for update skip locked
    ), forgotten as (
        delete from idempotency_keys using old
        where organization_id = :organization and idempotency_keys.user_id = old.user_id
            and idempotency_keys.key = old.key and old.key <> :key
    )
    insert into idempotency_keys (organization_id, user_id, key, request)
    values (:organization, :user, :key, :request)
    on conflict (organization_id, user_id, key) do update
        set request = excluded.request, status = null, answer = null, etag = null, created_at = now()
        where idempotency_keys.created_at < now() - interval '1 day'
    returning key
""")
STORED = text("""
    select request, status, answer, etag from idempotency_keys
    where organization_id = :organization and user_id = :user and key = :key
""")
KEEP_ANSWER = text("""
    update idempotency_keys set status = :status, answer = :answer, etag = :etag
    where organization_id = :organization and user_id = :user and key = :key
""")


def sent_key() -> str | None:
    """The request's Idempotency-Key. Raises Invalid for one that nobody can keep."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        words = "Use 1 to 255 plain characters."
        raise Invalid(words, errors={"Idempotency-Key": [words]})
    return key


def answered_before(member: Membership) -> tuple[int, str, str | None] | None:
    """Status, body and ETag of the answer that this key got before. Raises Conflict if it was another request's key."""
    key = sent_key()
    if key is None:
        return None
    mine = {"organization": member.organization_id, "user": member.user_id, "key": key}
    asked = fingerprint()
    if db.session.scalar(CLAIM, mine | {"request": asked}) is not None:
        g.claimed = mine
        return None
    stored = db.session.execute(STORED, mine).one_or_none()
    if stored is None or stored.request != asked:
        words = "This Idempotency-Key was used for another request."
        raise Conflict(words, code="IDEMPOTENCY_KEY_REUSED")
    return stored.status, stored.answer, stored.etag


def fingerprint() -> str:
    """What was asked, where, with which body. Made with the server's key: a body may hold a password."""
    head = f"{request.method} {request.full_path}\n".encode()
    return hmac.new(current_app.config["SECRET_KEY"].encode(), head + request.get_data(), "sha256").hexdigest()


def keep(status: int, answer: str, etag: str | None) -> None:
    """The answer is stored with the change, if the request has a key."""
    if claimed := g.pop("claimed", None):
        db.session.execute(KEEP_ANSWER, claimed | {"status": status, "answer": answer, "etag": etag})
