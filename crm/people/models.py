"""Invitations: a place in the organization that waits for somebody."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.database import Base, TenantOwned, Versioned, related, tenant_key
from crm.errors import Conflict
from crm.organizations.models import ROLES, Membership, Organization, Team

LIFETIME = timedelta(days=7)


class Invitation(TenantOwned, Versioned, Base):
    """Open until it is accepted, revoked or expired. Its link is made of `nonce` and the server's key: single-use."""

    __tablename__ = "invitations"
    __table_args__ = (
        tenant_key("team_id", "teams.id", ondelete="SET NULL (team_id)"),
        tenant_key("invited_by", "memberships.user_id"),
        CheckConstraint(f"role in ({ROLES})", name="role"),
        Index("ix_invitations_team", "organization_id", "team_id"),
        Index("ix_invitations_invited_by", "organization_id", "invited_by"),
    )

    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(16))
    team_id: Mapped[int | None] = mapped_column(BigInteger)
    nonce: Mapped[str] = mapped_column(String(64))
    invited_by: Mapped[int]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    organization: Mapped[Organization] = relationship()
    team: Mapped[Team | None] = related("Invitation", "team_id", "Team")
    inviter: Mapped[Membership] = related("Invitation", "invited_by", "Membership", "user_id")

    def renew(self) -> None:
        """Seven days from now, by another link: the one before is worth nothing any more."""
        self.nonce, self.expires_at = secrets.token_urlsafe(24), datetime.now(UTC) + LIFETIME

    def refuse_over(self) -> None:
        """Raises Conflict unless it still stands open."""
        if self.accepted_at is not None:
            raise Conflict("This invitation has been used already. Sign in instead.", code="INVITATION_USED")
        if self.revoked_at is not None:
            raise Conflict("This invitation was withdrawn.", code="INVITATION_REVOKED")
        if self.is_expired:
            raise Conflict("This invitation has expired. Ask for a new one.", code="INVITATION_EXPIRED")

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= datetime.now(UTC)

    @property
    def days_left(self) -> int:
        """Whole days, counting the begun one."""
        return max(0, -((datetime.now(UTC) - self.expires_at) // timedelta(days=1)))


Index(
    "uq_invitations_email",
    Invitation.organization_id,
    func.lower(Invitation.email),
    unique=True,
    postgresql_where=text("accepted_at is null and revoked_at is null"),
)
