"""What happened, when and by whom: the event log that everything else reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from sqlalchemy import BigInteger, CheckConstraint, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, object_session

from crm.cached import Telling
from crm.database import Base, TenantOwned, related, tenant_key
from crm.errors import Invalid
from crm.organizations.models import Membership

Posted = Literal["comment", "call", "email", "meeting"]
Automatic = Literal[
    "deal_created",
    "status_changed",
    "stage_changed",
    "amount_changed",
    "owner_changed",
    "close_date_changed",
    "task_created",
    "task_done",
    "task_reopened",
    "merged",
    "imported",
    "system",
]
POSTED: tuple[str, ...] = get_args(Posted)
AUTOMATIC: tuple[str, ...] = get_args(Automatic)
LONGEST_TEXT = 10_000


class Activity(TenantOwned, Telling, Base):
    """One thing that happened to a deal, contact or company. `payload` says from what to what."""

    __tablename__ = "activities"
    __table_args__ = (
        tenant_key("deal_id", "deals.id", ondelete="CASCADE"),
        tenant_key("contact_id", "contacts.id", ondelete="CASCADE"),
        tenant_key("company_id", "companies.id", ondelete="CASCADE"),
        tenant_key("actor_id", "memberships.user_id"),
        CheckConstraint("type in ({})".format(", ".join(f"'{kind}'" for kind in POSTED + AUTOMATIC)), name="type"),
        Index("ix_activities_deal", "organization_id", "deal_id", "id"),
        Index("ix_activities_contact", "organization_id", "contact_id", "id"),
        Index("ix_activities_company", "organization_id", "company_id", "id"),
        Index("ix_activities_actor", "organization_id", "actor_id"),
        Index("ix_activities_txid", "organization_id", "txid"),
    )

    __mapper_args__ = {"eager_defaults": False}  # when and in which transaction it was written is asked for rarely

    type: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    deal_id: Mapped[int | None] = mapped_column(BigInteger)
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    company_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)

    actor: Mapped[Membership | None] = related("Activity", "actor_id", "Membership", "user_id")
    deal: Mapped[Any] = related("Activity", "deal_id", "Deal", viewonly=False)
    """For one that is written together with the activity; `deal_id` is all that others need."""


class Recorded:
    """A record with a timeline. `timeline_key` is the column of activities that points at it.

    Only a deal may be told of before it has its number.
    """

    timeline_key: ClassVar[str]
    if TYPE_CHECKING:
        id: Mapped[int]
        organization_id: Mapped[int]

    def record(self, type: str, *, by: Membership | None, **payload: Any) -> Activity:
        """Adds an activity to the change's own transaction."""
        subject = {"deal": self} if self.id is None else {self.timeline_key: self.id}
        activity = Activity(
            organization_id=self.organization_id,
            type=type,
            payload=payload,
            actor_id=by.user_id if by else None,
            **subject,
        )
        session = object_session(self)
        assert session is not None, "a record has a timeline once it is in a session"
        session.add(activity)
        return activity

    def log(self, kind: str, text: str, *, by: Membership) -> Activity:
        """What a person reports: a comment, call, email or meeting. Raises Invalid on an empty text."""
        by.must("activities.create", self, words="Viewers can read, not write.")
        text = text.replace("\x00", "").strip()
        if kind not in POSTED:
            raise Invalid("Choose note, call, e-mail or meeting.", field="kind")
        if not text:
            raise Invalid("Write what happened.", field="text")
        if len(text) > LONGEST_TEXT:
            raise Invalid("Use at most %(longest)s characters.", field="text", longest=LONGEST_TEXT)
        return self.record(kind, by=by, text=text)
