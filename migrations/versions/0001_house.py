"""The house: users, organizations, pipelines, deals, tasks, timeline; tenancy fenced by keys and row-level security."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "lost_reasons",
    "pipelines",
    "tags",
    "teams",
    "companies",
    "stages",
    "team_members",
    "contacts",
    "deals",
    "activities",
    "deal_tags",
    "tasks",
)
ORGANIZATION = "nullif(current_setting('app.organization_id', true), '')::bigint"
USER = "nullif(current_setting('app.user_id', true), '')::bigint"


def upgrade() -> None:
    make_tables()
    op.execute("""
        create unlogged table rate_limits (
            key text primary key, hits bigint not null, expires_at timestamptz not null
        )
    """)
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())  # its text has bare % signs
    fence_tenants()
    tell_what_changes()
    admit_the_application()


def fence_tenants() -> None:
    """A row of another organization does not exist: the third fence, behind queries and composite keys."""
    for table in (*TENANT_TABLES, "memberships", "organizations"):
        op.execute(f"alter table {table} enable row level security")
    for table in TENANT_TABLES:
        op.execute(f"create policy tenant on {table} using (organization_id = {ORGANIZATION})")
    op.execute(f"create policy tenant on memberships using (organization_id = {ORGANIZATION})")
    op.execute(f"create policy mine on memberships for select using (user_id = {USER})")
    op.execute(f"create policy tenant on organizations using (id = {ORGANIZATION})")
    op.execute(f"""
        create policy mine on organizations for select using (
            id in (select m.organization_id from memberships m where m.user_id = {USER} and m.ended_at is null)
        )
    """)


def tell_what_changes() -> None:
    """The timeline tells the open streams; so do ended sessions and changed memberships. Only numbers travel."""
    op.execute("""
        create function tell_activities() returns trigger language plpgsql as $$
        declare touched record;
        begin
            -- One by one: a join would scan all deals for as long as a plan from when they were few is kept.
            for touched in
                select distinct organization_id, deal_id from fresh
                where deal_id is not null
                  and type in ('comment', 'call', 'email', 'meeting', 'task_created', 'task_done')
            loop
                update deals set last_activity_at = now()
                where organization_id = touched.organization_id and id = touched.deal_id;
            end loop;
            if (select count(*) from fresh) > 100 then
                perform pg_notify('crm_live', json_build_object('organization', organization_id, 'reload', true)::text)
                from (select distinct organization_id from fresh) many;
            else
                perform pg_notify('crm_live', json_build_object(
                    'organization', organization_id, 'deal', deal_id, 'activity', activity, 'by', actor,
                    'client', nullif(current_setting('app.client', true), ''))::text)
                from (
                    select organization_id, deal_id, max(id) as activity, (array_agg(actor_id order by id desc))[1] as actor
                    from fresh where deal_id is not null group by organization_id, deal_id
                ) few;
            end if;
            return null;
        end $$
    """)
    op.execute("""
        create trigger tell after insert on activities
        referencing new table as fresh for each statement execute function tell_activities()
    """)
    op.execute("""
        create function tell_deleted_deal() returns trigger language plpgsql as $$
        begin
            perform pg_notify('crm_live', json_build_object(
                'organization', old.organization_id, 'deal', old.id, 'activity', 0)::text);
            return null;
        end $$
    """)
    op.execute("create trigger tell after delete on deals for each row execute function tell_deleted_deal()")
    op.execute("""
        create function tell_ended_session() returns trigger language plpgsql as $$
        begin
            perform pg_notify('crm_live', json_build_object('session', old.id)::text);
            return null;
        end $$
    """)
    op.execute("create trigger tell after delete on user_sessions for each row execute function tell_ended_session()")
    op.execute("""
        create function tell_membership() returns trigger language plpgsql as $$
        begin
            perform pg_notify('crm_live', json_build_object(
                'organization', old.organization_id, 'member', old.user_id)::text);
            return null;
        end $$
    """)
    op.execute("""
        create trigger tell after update of role, ended_at on memberships
        for each row when (old.role <> new.role or old.ended_at is distinct from new.ended_at)
        execute function tell_membership()
    """)


def admit_the_application() -> None:
    """The role that every request steps down to: it owns nothing and bypasses nothing."""
    op.execute("""
        do $$ begin
            begin
                if not exists (select from pg_roles where rolname = 'crm_app') then
                    create role crm_app nologin nobypassrls;
                end if;
            exception when duplicate_object or unique_violation then
                null; -- another database of this server was migrated at the same moment
            end;
            execute format('grant crm_app to %I', current_user);
        end $$
    """)
    op.execute("grant usage on schema public to crm_app")
    op.execute("grant select, insert, update, delete on all tables in schema public to crm_app")
    op.execute("revoke insert, update, delete on alembic_version from crm_app")
    op.execute("grant usage on all sequences in schema public to crm_app")
    op.execute("alter default privileges in schema public grant select, insert, update, delete on tables to crm_app")
    op.execute("alter default privileges in schema public grant usage on sequences to crm_app")


def downgrade() -> None:
    raise NotImplementedError("The first migration can't be undone: drop the database instead.")


def make_tables() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), server_default="EUR", nullable=False),
        sa.Column("timezone", sa.String(length=64), server_default="UTC", nullable=False),
        sa.Column("language", sa.String(length=8), server_default="en", nullable=False),
        sa.Column("lost_reason_required", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(length=64), server_default="UTC", nullable=False),
        sa.Column("language", sa.String(length=8), server_default="en", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index("uq_users_email", "users", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "lost_reasons",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asks_note", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_lost_reasons_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_lost_reasons")),
    )
    op.create_index(
        "uq_lost_reasons_name", "lost_reasons", ["organization_id", sa.literal_column("lower(name)")], unique=True
    )
    op.create_table(
        "memberships",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "role in ('owner', 'admin', 'manager', 'member', 'viewer')", name=op.f("ck_memberships_role")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_memberships_organization_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "user_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.create_table(
        "pipelines",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_pipelines_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_pipelines")),
    )
    op.create_index(
        "uq_pipelines_name", "pipelines", ["organization_id", sa.literal_column("lower(name)")], unique=True
    )
    op.create_table(
        "tags",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("color", sa.String(length=12), server_default="slate", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_tags_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_tags")),
    )
    op.create_index("uq_tags_name", "tags", ["organization_id", sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "teams",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_teams_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_teams")),
    )
    op.create_index("uq_teams_name", "teams", ["organization_id", sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"], unique=False)
    op.create_table(
        "companies",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("domain", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("industry", sa.String(length=80), nullable=True),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "owner_id"],
            ["memberships.organization_id", "memberships.user_id"],
            name=op.f("fk_companies_organization_id_owner_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_companies_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_companies")),
    )
    op.create_index(
        "ix_companies_name", "companies", ["organization_id", sa.literal_column("lower(name)"), "id"], unique=False
    )
    op.create_index("ix_companies_owner", "companies", ["organization_id", "owner_id"], unique=False)
    op.create_table(
        "stages",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pipeline_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("color", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), server_default="open", nullable=False),
        sa.Column("probability", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rots_after", sa.Integer(), nullable=True),
        sa.Column("wip_limit", sa.Integer(), nullable=True),
        sa.Column("wip_strict", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("required", postgresql.ARRAY(sa.String(length=40)), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "color in ('slate', 'teal', 'sky', 'blue', 'plum', 'rose', 'red', 'orange', 'gold', 'green')",
            name=op.f("ck_stages_color"),
        ),
        sa.CheckConstraint("kind in ('open', 'won', 'lost')", name=op.f("ck_stages_kind")),
        sa.CheckConstraint("probability between 0 and 100", name=op.f("ck_stages_probability")),
        sa.CheckConstraint("rots_after > 0", name=op.f("ck_stages_rots_after")),
        sa.CheckConstraint("wip_limit > 0", name=op.f("ck_stages_wip_limit")),
        sa.ForeignKeyConstraint(
            ["organization_id", "pipeline_id"],
            ["pipelines.organization_id", "pipelines.id"],
            name=op.f("fk_stages_organization_id_pipeline_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_stages_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_stages")),
    )
    op.create_index("ix_stages_pipeline", "stages", ["organization_id", "pipeline_id", "position"], unique=False)
    op.create_index("uq_stages_slug", "stages", ["organization_id", "pipeline_id", "slug"], unique=True)
    op.create_table(
        "team_members",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("is_lead", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["teams.organization_id", "teams.id"],
            name=op.f("fk_team_members_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "user_id"],
            ["memberships.organization_id", "memberships.user_id"],
            name=op.f("fk_team_members_organization_id_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_team_members_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "team_id", "user_id", name=op.f("pk_team_members")),
    )
    op.create_index("ix_team_members_user", "team_members", ["organization_id", "user_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.String(length=120), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=16), server_default="new", nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status in ('new', 'in_work', 'stuck', 'closed', 'dead')", name=op.f("ck_contacts_status")),
        sa.ForeignKeyConstraint(
            ["organization_id", "company_id"],
            ["companies.organization_id", "companies.id"],
            name=op.f("fk_contacts_organization_id_company_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "owner_id"],
            ["memberships.organization_id", "memberships.user_id"],
            name=op.f("fk_contacts_organization_id_owner_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_contacts_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_contacts")),
    )
    op.create_index("ix_contacts_company", "contacts", ["organization_id", "company_id"], unique=False)
    op.create_index(
        "ix_contacts_name", "contacts", ["organization_id", sa.literal_column("lower(name)"), "id"], unique=False
    )
    op.create_index("ix_contacts_owner", "contacts", ["organization_id", "owner_id"], unique=False)
    op.create_table(
        "deals",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), server_default="0", nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), server_default="new", nullable=False),
        sa.Column("probability", sa.Integer(), nullable=True),
        sa.Column("expected_close_date", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("lost_reason_id", sa.BigInteger(), nullable=True),
        sa.Column("lost_note", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("stage_entered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(status in ('won', 'lost')) = (closed_on is not null)", name=op.f("ck_deals_closed_on")),
        sa.CheckConstraint("status <> 'won' or amount > 0", name=op.f("ck_deals_won_amount")),
        sa.CheckConstraint("status in ('new', 'in_progress', 'won', 'lost')", name=op.f("ck_deals_status")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_deals_amount")),
        sa.CheckConstraint("probability between 0 and 100", name=op.f("ck_deals_probability")),
        sa.ForeignKeyConstraint(
            ["organization_id", "company_id"],
            ["companies.organization_id", "companies.id"],
            name=op.f("fk_deals_organization_id_company_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "contact_id"],
            ["contacts.organization_id", "contacts.id"],
            name=op.f("fk_deals_organization_id_contact_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "lost_reason_id"],
            ["lost_reasons.organization_id", "lost_reasons.id"],
            name=op.f("fk_deals_organization_id_lost_reason_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "owner_id"],
            ["memberships.organization_id", "memberships.user_id"],
            name=op.f("fk_deals_organization_id_owner_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "stage_id"],
            ["stages.organization_id", "stages.id"],
            name=op.f("fk_deals_organization_id_stage_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_deals_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_deals")),
        sa.UniqueConstraint("organization_id", "external_id", name=op.f("uq_deals_organization_id_external_id")),
        sa.UniqueConstraint(
            "organization_id",
            "stage_id",
            "rank",
            deferrable=True,
            initially="IMMEDIATE",
            name=op.f("uq_deals_organization_id_stage_id_rank"),
        ),
    )
    op.create_index(
        "ix_deals_closed",
        "deals",
        ["organization_id", "stage_id", "closed_on"],
        unique=False,
        postgresql_where=sa.text("closed_on is not null"),
    )
    op.create_index("ix_deals_company", "deals", ["organization_id", "company_id"], unique=False)
    op.create_index("ix_deals_contact", "deals", ["organization_id", "contact_id"], unique=False)
    op.create_index("ix_deals_owner", "deals", ["organization_id", "owner_id"], unique=False)
    op.create_table(
        "activities",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "type in ('comment', 'call', 'email', 'meeting', 'deal_created', 'status_changed', 'stage_changed', 'amount_changed', 'owner_changed', 'close_date_changed', 'task_created', 'task_done', 'task_reopened', 'merged', 'imported', 'system')",
            name=op.f("ck_activities_type"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "actor_id"],
            ["memberships.organization_id", "memberships.user_id"],
            name=op.f("fk_activities_organization_id_actor_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "company_id"],
            ["companies.organization_id", "companies.id"],
            name=op.f("fk_activities_organization_id_company_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "contact_id"],
            ["contacts.organization_id", "contacts.id"],
            name=op.f("fk_activities_organization_id_contact_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "deal_id"],
            ["deals.organization_id", "deals.id"],
            name=op.f("fk_activities_organization_id_deal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_activities_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_activities")),
    )
    op.create_index("ix_activities_actor", "activities", ["organization_id", "actor_id"], unique=False)
    op.create_index("ix_activities_company", "activities", ["organization_id", "company_id", "id"], unique=False)
    op.create_index("ix_activities_contact", "activities", ["organization_id", "contact_id", "id"], unique=False)
    op.create_index("ix_activities_deal", "activities", ["organization_id", "deal_id", "id"], unique=False)
    op.create_table(
        "deal_tags",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "deal_id"],
            ["deals.organization_id", "deals.id"],
            name=op.f("fk_deal_tags_organization_id_deal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "tag_id"],
            ["tags.organization_id", "tags.id"],
            name=op.f("fk_deal_tags_organization_id_tag_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_deal_tags_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "deal_id", "tag_id", name=op.f("pk_deal_tags")),
    )
    op.create_index("ix_deal_tags_tag", "deal_tags", ["organization_id", "tag_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("assignee_id", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "assignee_id"],
            ["memberships.organization_id", "memberships.user_id"],
            name=op.f("fk_tasks_organization_id_assignee_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "deal_id"],
            ["deals.organization_id", "deals.id"],
            name=op.f("fk_tasks_organization_id_deal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "done_by"],
            ["memberships.organization_id", "memberships.user_id"],
            name=op.f("fk_tasks_organization_id_done_by"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_tasks_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_assignee", "tasks", ["organization_id", "assignee_id", "due_on"], unique=False)
    op.create_index("ix_tasks_deal", "tasks", ["organization_id", "deal_id"], unique=False)
    op.create_index(
        "ix_tasks_next",
        "tasks",
        ["organization_id", "deal_id", "due_on", "id"],
        unique=False,
        postgresql_where=sa.text("done_at is null"),
    )
