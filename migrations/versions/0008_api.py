"""What programs sign in with: sessions of the API, personal tokens, refresh tokens, and the keys of repeated POSTs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ORGANIZATION = "nullif(current_setting('app.organization_id', true), '')::bigint"
LISTED = ("deals", "contacts", "companies")
MEMBER = ["memberships.organization_id", "memberships.user_id"]


def upgrade() -> None:
    sessions()
    refresh_tokens()
    idempotency_keys()
    for table in LISTED:
        op.create_index(f"ix_{table}_created", table, ["organization_id", "created_at", "id"])


def sessions() -> None:
    op.add_column("user_sessions", sa.Column("kind", sa.String(length=8), server_default="browser", nullable=False))
    op.add_column("user_sessions", sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False))
    op.add_column("user_sessions", sa.Column("name", sa.String(length=120), nullable=True))
    op.add_column("user_sessions", sa.Column("scopes", postgresql.ARRAY(sa.String(length=40)), nullable=True))
    op.create_check_constraint(op.f("ck_user_sessions_kind"), "user_sessions", "kind in ('browser', 'api', 'token')")
    op.create_index(op.f("uq_user_sessions_number"), "user_sessions", ["number"], unique=True)


def refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["user_sessions.id"], name=op.f("fk_refresh_tokens_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(op.f("ix_refresh_tokens_session_id"), "refresh_tokens", ["session_id"])


def idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("etag", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_idempotency_keys_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "user_id"],
            MEMBER,
            name=op.f("fk_idempotency_keys_organization_id_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "user_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["organization_id", "created_at"])
    op.execute("alter table idempotency_keys enable row level security")
    op.execute(f"create policy tenant on idempotency_keys using (organization_id = {ORGANIZATION})")


def downgrade() -> None:
    for table in LISTED:
        op.drop_index(f"ix_{table}_created", table)
    op.drop_table("idempotency_keys")
    op.drop_table("refresh_tokens")
    op.drop_constraint(op.f("ck_user_sessions_kind"), "user_sessions")
    for name in ("scopes", "name", "number", "kind"):
        op.drop_column("user_sessions", name)
