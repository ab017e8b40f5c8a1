"""Deals: money that we hope to win, in one stage of one pipeline."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, Numeric, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, Session, mapped_column, query_expression

from crm.contacts.assigning import Assignable
from crm.contacts.models import Company, Contact
from crm.contacts.tags import Tag, Tagged, link, tags_through
from crm.database import Base, InOrganization, TenantOwned, Versioned, collected, related, session_of, tenant_key
from crm.deals.changes import check_currency, check_values, record_changes
from crm.deals.moving import enter, fill, refuse_full, refuse_wrong_way, stage_before_closing
from crm.deals.ranking import rank_in
from crm.deals.snoozing import Snoozable
from crm.errors import Conflict
from crm.organizations.models import Membership
from crm.organizations.receiving import refuse_unfit_owner
from crm.pipelines.models import LostReason, Stage
from crm.timeline.models import Activity
from crm.trail import audit

if TYPE_CHECKING:
    from crm.tasks.models import Task

NOT_YOURS_TO_MOVE = "Only the deal's owner or a manager can move it."
NOT_YOURS = "Only the deal's owner or a manager can change it."
NOT_YOURS_TO_DELETE = "Only the deal's owner or a manager can delete it."
EDITABLE = ("title", "amount", "currency", "contact_id", "company_id", "owner_id", "expected_close_date", "probability")


class DealTag(InOrganization, Base):
    """A tag on a deal."""

    __tablename__ = "deal_tags"
    __table_args__ = link("deal_tags", "deal_id", "deals.id")

    deal_id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(primary_key=True)


class Deal(TenantOwned, Versioned, Tagged, Assignable, Snoozable, Base):
    """`amount` is exact decimal in `currency` (ISO 4217). Dates are dates: no time zone moves them."""

    __tablename__ = "deals"
    __table_args__ = (
        tenant_key("stage_id", "stages.id"),
        tenant_key("contact_id", "contacts.id"),
        tenant_key("company_id", "companies.id"),
        tenant_key("owner_id", "memberships.user_id"),
        tenant_key("lost_reason_id", "lost_reasons.id"),
        UniqueConstraint("organization_id", "stage_id", "rank", deferrable=True, initially="IMMEDIATE"),
        UniqueConstraint("organization_id", "external_id"),
        CheckConstraint("status in ('new', 'in_progress', 'won', 'lost')", name="status"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("status <> 'won' or amount > 0", name="won_amount"),
        CheckConstraint("probability between 0 and 100", name="probability"),
        CheckConstraint("(status in ('won', 'lost')) = (closed_on is not null)", name="closed_on"),
        Index("ix_deals_owner", "organization_id", "owner_id", "stage_id", "rank"),
        Index("ix_deals_created", "organization_id", "created_at", "id"),
        Index("ix_deals_contact", "organization_id", "contact_id"),
        Index("ix_deals_company", "organization_id", "company_id"),
        Index(
            "ix_deals_closed",
            "organization_id",
            "stage_id",
            "closed_on",
            postgresql_where=text("closed_on is not null"),
        ),
    )
    timeline_key = "deal_id"
    changed_meanwhile = "Someone changed this deal in the meantime."

    title: Mapped[str] = mapped_column(String(200))
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2), default=Decimal(0), server_default="0")
    currency: Mapped[str] = mapped_column(String(3))
    stage_id: Mapped[int]
    rank: Mapped[int]
    status: Mapped[str] = mapped_column(String(16), default="new", server_default="new")
    probability: Mapped[int | None] = mapped_column(Integer)
    expected_close_date: Mapped[date | None]
    closed_on: Mapped[date | None]
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    company_id: Mapped[int | None] = mapped_column(BigInteger)
    owner_id: Mapped[int]
    lost_reason_id: Mapped[int | None] = mapped_column(BigInteger)
    lost_note: Mapped[str | None]
    external_id: Mapped[str | None] = mapped_column(String(80))
    stage_entered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_activity_at: Mapped[datetime | None]
    next_on: Mapped[date | None]  # kept by the database: the first day of its open tasks
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    stage: Mapped[Stage] = related("Deal", "stage_id", "Stage")
    contact: Mapped[Contact | None] = related("Deal", "contact_id", "Contact")
    company: Mapped[Company | None] = related("Deal", "company_id", "Company")
    owner: Mapped[Membership] = related("Deal", "owner_id", "Membership", "user_id")
    lost_reason: Mapped[LostReason | None] = related("Deal", "lost_reason_id", "LostReason")
    listed_tag_ids: Mapped[list[int] | None] = query_expression()
    activities: Mapped[list[Activity]] = collected("Deal", "Activity", "deal_id")
    tasks: Mapped[list[Task]] = collected("Deal", "Task", "deal_id", order_by="Task.due_on, Task.id")
    tags: Mapped[list[Tag]] = tags_through("Deal", "DealTag", "deal_id", "deal_tags")

    def move_to(
        self,
        stage: Stage,
        *,
        by: Membership,
        after: int | None = None,
        before: int | None = None,
        version: int | None = None,
        filled: dict[str, Any] | None = None,
    ) -> None:
        """Moves below the deal `after` or above the deal `before`; without either on top.

        `filled` brings the fields that the stage asks for; Incomplete is raised for those still missing.
        """
        by.must("records.edit", self, words=NOT_YOURS_TO_MOVE)
        self.expect(version)
        if stage.id == self.stage_id:
            self.place(stage, after=after, before=before)
            self.record("system", by=by, event="reordered")
            return
        refuse_wrong_way(self, stage, by)
        fill(self, stage, filled or {}, by)
        self.place(stage, after=after, before=before)
        refuse_full(self, stage)
        enter(self, stage, by)

    def win(self, *, by: Membership, **how: Any) -> None:
        """Enters the pipeline's won stage. Raises Incomplete without an amount (rule 1)."""
        self.move_to(self.stage.pipeline.stage_of_kind("won"), by=by, **how)

    def lose(self, *, by: Membership, **how: Any) -> None:
        """Enters the pipeline's lost stage. Raises Incomplete without a reason, if the organization wants one."""
        self.move_to(self.stage.pipeline.stage_of_kind("lost"), by=by, **how)

    def reopen(self, *, by: Membership, **how: Any) -> None:
        """Back to the stage from which it was closed; counts as moving back."""
        by.must("records.edit", self, words=NOT_YOURS_TO_MOVE)
        if not self.is_closed:
            raise Conflict("This deal is open already.", code="OPEN_ALREADY")
        self.move_to(stage_before_closing(self), by=by, **how)

    def start(self, *, by: Membership) -> None:
        """Work on it has begun where it stands: `new` becomes `in_progress`."""
        by.must("records.edit", self, words=NOT_YOURS_TO_MOVE)
        if self.status == "new":
            self.status = "in_progress"
            self.record("status_changed", by=by, old_status="new", new_status="in_progress")

    def change(self, values: dict[str, Any], *, by: Membership, version: int | None = None) -> None:
        """Sets the named fields, each with its activity. Raises Conflict when `version` is stale."""
        by.must("records.edit", self, words=NOT_YOURS)
        self.expect(version)
        changed = {
            name: (getattr(self, name), values[name])
            for name in EDITABLE
            if name in values and values[name] != getattr(self, name)
        }
        self.check(values)
        check_currency(values, by)
        if "owner_id" in changed:
            refuse_unfit_owner(self.session, values["owner_id"], by=by)
        for name, (_, new) in changed.items():
            setattr(self, name, new)
        record_changes(self, changed, by)

    def check(self, values: dict[str, Any]) -> None:
        """Raises Invalid at the field for values that no deal can have."""
        check_values(self, values)

    def delete(self, *, by: Membership) -> None:
        """The deal, its tasks and its timeline are gone."""
        by.must("records.delete", self, words=NOT_YOURS_TO_DELETE)
        audit(self.session, "deal_deleted", by=by, subject=self.title, deal=self.id, owner=self.owner_id)
        self.session.delete(self)

    def place(self, stage: Stage, *, after: int | None = None, before: int | None = None) -> None:
        """Gives it a rank in that stage; the stage stays locked until the transaction ends."""
        self.rank = rank_in(self.session, stage, deal=self.id or 0, after=after, before=before)

    @property
    def session(self) -> Session:
        return session_of(self)

    @property
    def chance(self) -> int:
        """Percent: the deal's own, else the stage's."""
        return self.stage.probability if self.probability is None else self.probability

    @property
    def is_closed(self) -> bool:
        return self.status in ("won", "lost")
