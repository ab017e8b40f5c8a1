"""Currencies with their rates; tags on contacts and companies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ORGANIZATION = "nullif(current_setting('app.organization_id', true), '')::bigint"
TAGGED = {"contact": "contacts", "company": "companies"}


def upgrade() -> None:
    op.create_table(
        "currencies",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("rate", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("rate > 0", name=op.f("ck_currencies_rate")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_currencies_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_currencies")),
        sa.UniqueConstraint("organization_id", "code", name=op.f("uq_currencies_organization_id_code")),
    )
    for record, table in TAGGED.items():
        link_tags(record, table)
    for table in ("currencies", *(f"{record}_tags" for record in TAGGED)):
        fence(table)


def link_tags(record: str, table: str) -> None:
    """Which tags a record has; a link goes with either end."""
    links, column = f"{record}_tags", f"{record}_id"
    op.create_table(
        links,
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column(column, sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", column],
            [f"{table}.organization_id", f"{table}.id"],
            name=op.f(f"fk_{links}_organization_id_{column}"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "tag_id"],
            ["tags.organization_id", "tags.id"],
            name=op.f(f"fk_{links}_organization_id_tag_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f(f"fk_{links}_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", column, "tag_id", name=op.f(f"pk_{links}")),
    )
    op.create_index(f"ix_{links}_tag", links, ["organization_id", "tag_id"])


def fence(table: str) -> None:
    """A row of another organization does not exist."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"create policy tenant on {table} using (organization_id = {ORGANIZATION})")


def downgrade() -> None:
    for table in (*(f"{record}_tags" for record in TAGGED), "currencies"):
        op.drop_table(table)
