"""The audit log: who did what to whom, written in the change's own transaction. The application only adds to it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Identity, Index, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.cached import Telling
from crm.database import Base, InOrganization, tenant_key

if TYPE_CHECKING:
    from crm.organizations.models import Membership


class AuditEntry(InOrganization, Telling, Base):
    """One thing that happened. `subject` is the name of what it happened to, which may be gone since.

    `actor_id` is the user id of who did it, None when nobody was signed in; `address` the IP address.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        tenant_key("actor_id", "memberships.user_id"),
        Index("ix_audit_entries_actor", "organization_id", "actor_id", "id"),
        Index("ix_audit_entries_kind", "organization_id", "kind", "id"),
        Index("ix_audit_entries_txid", "organization_id", "txid"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-1, insert_sentinel=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    address: Mapped[str | None] = mapped_column(String(45))


# Inserts where the user is a member, whichever organization the session works in: the policy `mine` allows that.
WITNESSED = text("""
    insert into audit_entries (organization_id, actor_id, kind, subject, address)
    select organization_id, case when cast(:known as boolean) then user_id end, :kind, :subject, :address
    from memberships
    where user_id = :user and ended_at is null
        and organization_id = coalesce(cast(:organization as bigint), organization_id)
""")


def audit(session: Session, kind: str, *, by: Membership, subject: str = "", **payload: Any) -> None:
    """Adds an entry to the change's own transaction: what is refused or rolled back leaves none."""
    entry = AuditEntry(organization_id=by.organization_id, actor_id=by.user_id, kind=kind, subject=subject)
    entry.payload, entry.address = payload, address_of(session)
    session.add(entry)


def witness(
    session: Session,
    kind: str,
    *,
    user_id: int,
    organization_id: int | None = None,
    subject: str = "",
    known: bool = True,
) -> None:
    """An entry in every organization of that user's, or in one of them; not `known` when it may be somebody else.

    The session works for that user, as `scope` has said.
    """
    who = {"user": user_id, "organization": organization_id, "known": known}
    session.execute(WITNESSED, who | {"kind": kind, "subject": subject, "address": address_of(session)})


def address_of(session: Session) -> str | None:
    """The IP address of the request for which this session works, if it is one."""
    address = session.info.get("address")
    return str(address)[:45] if address else None
