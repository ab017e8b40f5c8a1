"""What the API itself keeps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String, func
from sqlalchemy.orm import Mapped, mapped_column

from crm.database import Base, InOrganization, tenant_key


class IdempotencyKey(InOrganization, Base):
    """A POST that was sent with a key: `request` is its SHA-256, `answer` the body that it got. Kept for a day."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        tenant_key("user_id", "memberships.user_id", ondelete="CASCADE"),
        Index("ix_idempotency_keys_created_at", "organization_id", "created_at"),
    )

    user_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[str | None]
    etag: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
