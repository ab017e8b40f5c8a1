"""Deals that are left in peace until a day, and who wants a won deal celebrated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

CALM = "greatest(next_on, '-infinity'::date)"
CALM_OR_SNOOZED = "greatest(next_on, snoozed_until - 1, '-infinity'::date)"


def upgrade() -> None:
    op.add_column("deals", sa.Column("snoozed_until", sa.Date(), nullable=True))
    op.add_column("users", sa.Column("celebrates", sa.Boolean(), server_default="true", nullable=False))
    index_quiet_deals(CALM_OR_SNOOZED)


def index_quiet_deals(calm: str) -> None:
    """Rotting deals are counted along it, a snoozed one is none of them."""
    op.drop_index("ix_deals_quiet", "deals")
    expressions = [sa.text("greatest(stage_entered_at, last_activity_at)"), sa.text(calm)]
    columns = ["organization_id", "stage_id", *expressions, "owner_id"]
    op.create_index("ix_deals_quiet", "deals", columns, postgresql_where=sa.text("closed_on is null"))


def downgrade() -> None:
    index_quiet_deals(CALM)
    op.drop_column("users", "celebrates")
    op.drop_column("deals", "snoozed_until")
