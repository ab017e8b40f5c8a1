"""In which transaction the timeline and the audit log were written: by that, kept numbers know when they are old."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("activities", "audit_entries")


def upgrade() -> None:
    """The default is stable, not volatile: rows that are there get this migration's number, and nothing is rewritten."""
    now = sa.text("pg_current_xact_id()::text::bigint")
    for table in TABLES:
        op.add_column(table, sa.Column("txid", sa.BigInteger(), server_default=now, nullable=False))
        op.create_index(f"ix_{table}_txid", table, ["organization_id", "txid"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_txid", table)
        op.drop_column(table, "txid")
