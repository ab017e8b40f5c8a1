"""Invitations: a place that waits for somebody, fenced like every table of an organization."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ORGANIZATION = "nullif(current_setting('app.organization_id', true), '')::bigint"
MEMBER = ["memberships.organization_id", "memberships.user_id"]


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("invited_by", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "role in ('owner', 'admin', 'manager', 'member', 'viewer')", name=op.f("ck_invitations_role")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "invited_by"], MEMBER, name=op.f("fk_invitations_organization_id_invited_by")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["teams.organization_id", "teams.id"],
            name=op.f("fk_invitations_organization_id_team_id"),
            ondelete="SET NULL (team_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_invitations_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_team", "invitations", ["organization_id", "team_id"])
    op.create_index("ix_invitations_invited_by", "invitations", ["organization_id", "invited_by"])
    op.create_index(
        "uq_invitations_email",
        "invitations",
        ["organization_id", sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where=sa.text("accepted_at is null and revoked_at is null"),
    )
    op.execute("alter table invitations enable row level security")
    op.execute(f"create policy tenant on invitations using (organization_id = {ORGANIZATION})")


def downgrade() -> None:
    op.drop_table("invitations")
