"""What the columns of a board come to, kept by triggers while deals change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Identity, Index, Numeric, String, func, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from crm.database import Base, InOrganization, tenant_key
from crm.deals.models import Deal

ALWAYS: ColumnElement[date] = literal_column("'-infinity'::date")


class StageSum(InOrganization, Base):
    """What one statement changed of a stage's sums, or several of them summed up: only the sum over all rows counts.

    `closed_month` is the first day of the month in which the deals were closed, and infinity while they are open.
    `amount` is in `currency`; `own_weighted` is that of the deals with a chance of their own, times its percent;
    `plain` is that of those with the stage's; `idle` counts the deals without a next step. Each may be negative.
    """

    __tablename__ = "stage_sums"
    __table_args__ = (tenant_key("stage_id", "stages.id", ondelete="CASCADE"),)

    stage_id: Mapped[int] = mapped_column(primary_key=True)
    closed_month: Mapped[date] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    owner_id: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    deals: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Numeric)
    own_weighted: Mapped[Decimal] = mapped_column(Numeric)
    plain: Mapped[Decimal] = mapped_column(Numeric)
    idle: Mapped[int]


quiet_since = func.greatest(Deal.stage_entered_at, Deal.last_activity_at)
"""When it entered its stage or was last active."""

calm_through = func.greatest(Deal.next_on, Deal.snoozed_until - 1, ALWAYS)
"""The last day on which nobody minds that it is quiet: that of its next step, or the one before its snooze ends.

Written with `coalesce`, no index would serve comparisons with it: row-level security doesn't trust that."""

Index("ix_deals_next", Deal.organization_id, Deal.stage_id, Deal.next_on, Deal.rank)
Index(
    "ix_deals_quiet",
    Deal.organization_id,
    Deal.stage_id,
    quiet_since,
    calm_through,
    Deal.owner_id,
    postgresql_where=Deal.closed_on.is_(None),
)
