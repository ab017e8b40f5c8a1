"""What happened, when and by whom: the event log that everything else reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast, get_args

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Table, event, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, SessionTransaction, UOWTransaction, mapped_column
from sqlalchemy.orm.attributes import flag_dirty

from crm.cached import Telling
from crm.database import Base, TenantOwned, related, session_of, tenant_key
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

    type: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    deal_id: Mapped[int | None] = mapped_column(BigInteger)
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    company_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)

    actor: Mapped[Membership | None] = related("Activity", "actor_id", "Membership", "user_id")


class Recorded:
    """A record with a timeline. `timeline_key` is the column of activities that points at it."""

    timeline_key: ClassVar[str]
    if TYPE_CHECKING:
        id: Mapped[int]
        organization_id: Mapped[int]

    def record(self, type: str, *, by: Membership | None, **payload: Any) -> None:
        """Tells of it in the change's own transaction: an activity is written with what changes, by the next flush."""
        session = session_of(self)
        session.info.setdefault(WAITING, []).append((self, self.entry(type, payload, by)))
        flag_dirty(self)  # so that there is a next flush, though nothing else of it may change

    def entry(self, type: str, payload: dict[str, Any], by: Membership | None) -> dict[str, Any]:
        """An activity's columns but for the record that it is about."""
        actor = by.user_id if by else None
        return {"organization_id": self.organization_id, "type": type, "payload": payload, "actor_id": actor}

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
        activity = Activity(**self.entry(kind, {"text": text}, by), **{self.timeline_key: self.id})
        session_of(self).add(activity)
        return activity


WAITING = "waiting activities"
SUBJECTS = ("deal_id", "contact_id", "company_id")
ACTIVITIES = cast(Table, Activity.__table__)
TELL = insert(ACTIVITIES).returning(ACTIVITIES.c.id, sort_by_parameter_order=True)


@event.listens_for(Session, "after_flush")
def tell(session: Session, _: UOWTransaction) -> None:
    """Writes what waits, in the order in which it happened. As objects of the flush it would take twice as long.

    A record that has just been deleted took its timeline along.
    """
    if not (waiting := session.info.pop(WAITING, None)):
        return
    there = [(record, entry) for record, entry in waiting if record not in session.deleted]
    rows = [dict.fromkeys(SUBJECTS) | entry | {record.timeline_key: record.id} for record, entry in there]
    if rows:
        session.connection().execute(TELL, rows if len(rows) > 1 else rows[0])


@event.listens_for(Session, "after_transaction_end")
def forget(session: Session, _: SessionTransaction) -> None:
    """What was not written when its transaction ended did not happen."""
    session.info.pop(WAITING, None)
