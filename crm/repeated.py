"""A POST that is sent twice happens once: its Idempotency-Key is stored in the change's own transaction.

A program gets the stored answer again. A page gets "done before" and asks for what is true now.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from urllib.parse import urlencode

from flask import current_app, g, request
from sqlalchemy import Index, Integer, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.database import Base, InOrganization, db, tenant_key
from crm.errors import Conflict, Invalid
from crm.organizations.models import Membership

LONGEST = 255
HIDDEN = ("csrf_token", "organization")  # of every form; a later page has another token
OLD = "created_at < now() - case when status is null then interval '8 days' else interval '1 day' end"


class IdempotencyKey(InOrganization, Base):
    """A POST that was sent with a key: `request` is its SHA-256; for programs, `answer` the body that it got.

    A program's key is kept for a day. A page's has no answer and is kept for eight: phones are offline for days.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        tenant_key("user_id", "memberships.user_id", ondelete="CASCADE"),
        Index("ix_idempotency_keys_created_at", "organization_id", "created_at"),
    )

    user_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(LONGEST), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[str | None]
    etag: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


# Whoever sends the same key at the same moment waits here until the first transaction has ended.
CLAIM = text(f"""
    with old as (
        select user_id, key from idempotency_keys
        where organization_id = :organization and {OLD}
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
        where idempotency_keys.{OLD.replace("status", "idempotency_keys.status")}
    returning key
""")  # noqa: S608 - a constant
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
    """Status, body and ETag that a program's key was answered with. Raises Conflict for another request's key."""
    return claimed(member, request.get_data())


def done_before(member: Membership) -> bool:
    """Whether a page has made this change already, under the same key. Raises Conflict for another request's key."""
    fields = sorted(one for one in request.form.items(multi=True) if one[0] not in HIDDEN)
    return claimed(member, urlencode(fields).encode()) is not None


def claimed(member: Membership, body: bytes) -> tuple[int, str, str | None] | None:
    """Takes the key for this request, or tells what is stored under it."""
    key = sent_key()
    if key is None:
        return None
    mine = {"organization": member.organization_id, "user": member.user_id, "key": key}
    asked = fingerprint(body)
    if db.session.scalar(CLAIM, mine | {"request": asked}) is not None:
        g.claimed = mine
        return None
    stored = db.session.execute(STORED, mine).one_or_none()
    if stored is None or stored.request != asked:
        words = "This Idempotency-Key was used for another request."
        raise Conflict(words, code="IDEMPOTENCY_KEY_REUSED")
    return stored.status, stored.answer, stored.etag


def fingerprint(body: bytes) -> str:
    """What was asked, where, with which body. Made with the server's key: a body may hold a password."""
    head = f"{request.method} {request.full_path}\n".encode()
    return hmac.new(current_app.config["SECRET_KEY"].encode(), head + body, "sha256").hexdigest()


def keep(status: int, answer: str, etag: str | None) -> None:
    """The answer is stored with the change, if the request has a key."""
    if claimed := g.pop("claimed", None):
        db.session.execute(KEEP_ANSWER, claimed | {"status": status, "answer": answer, "etag": etag})
