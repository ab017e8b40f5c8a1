"""The audit log: the application may read and add, never change or remove."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ORGANIZATION = "nullif(current_setting('app.organization_id', true), '')::bigint"
USER = "nullif(current_setting('app.user_id', true), '')::bigint"
MEMBER = ["memberships.organization_id", "memberships.user_id"]


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "actor_id"], MEMBER, name=op.f("fk_audit_entries_organization_id_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_audit_entries_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_actor", "audit_entries", ["organization_id", "actor_id", "id"])
    op.create_index("ix_audit_entries_kind", "audit_entries", ["organization_id", "kind", "id"])
    fence()


def fence() -> None:
    """Signing in happens before an organization is chosen: who is a member may leave an entry there."""
    op.execute("alter table audit_entries enable row level security")
    op.execute(f"create policy tenant on audit_entries using (organization_id = {ORGANIZATION})")
    op.execute(f"""
        create policy mine on audit_entries for insert with check (
            organization_id in (select m.organization_id from memberships m where m.user_id = {USER} and m.ended_at is null)
        )
    """)
    op.execute("revoke update, delete, truncate on audit_entries from crm_app")


def downgrade() -> None:
    op.drop_table("audit_entries")
