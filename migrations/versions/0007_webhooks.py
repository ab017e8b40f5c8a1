"""Webhooks: endpoints, their secrets, their deliveries; the timeline writes to them and queues the sending."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ORGANIZATION = "nullif(current_setting('app.organization_id', true), '')::bigint"
TABLES = ("webhook_endpoints", "webhook_secrets", "webhook_deliveries")


def upgrade() -> None:
    make_endpoints()
    make_secrets()
    make_deliveries()
    for table in TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"create policy tenant on {table} using (organization_id = {ORGANIZATION})")
    queue_the_sending()
    publish_activities()
    look_across_organizations()


def owned(table: str) -> list[sa.schema.SchemaItem]:
    """What every table of an organization has."""
    return [
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f(f"fk_{table}_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f(f"pk_{table}")),
    ]


def of_endpoint(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "endpoint_id"],
            ["webhook_endpoints.organization_id", "webhook_endpoints.id"],
            name=op.f(f"fk_{table}_organization_id_endpoint_id"),
            ondelete="CASCADE",
        ),
    ]


def make_endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        *owned("webhook_endpoints"),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("description", sa.String(length=200), server_default="", nullable=False),
        sa.Column("event_types", postgresql.ARRAY(sa.String(length=32)), server_default="{}", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    )


def make_secrets() -> None:
    op.create_table(
        "webhook_secrets",
        *owned("webhook_secrets"),
        *of_endpoint("webhook_secrets"),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_webhook_secrets_endpoint", "webhook_secrets", ["organization_id", "endpoint_id"])
    op.create_index(
        "uq_webhook_secrets_current",
        "webhook_secrets",
        ["organization_id", "endpoint_id"],
        unique=True,
        postgresql_where=sa.text("expires_at is null"),
    )


def make_deliveries() -> None:
    table, waiting = "webhook_deliveries", sa.text("next_attempt_at is not null")
    op.create_table(
        table,
        *owned(table),
        *of_endpoint(table),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.String(length=200), server_default="", nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
    )
    message, due = ["organization_id", "endpoint_id", "message_id"], ["next_attempt_at", "organization_id"]
    op.create_index("uq_webhook_deliveries_message", table, message, unique=True)
    op.create_index("ix_webhook_deliveries_endpoint", table, ["organization_id", "endpoint_id", "id"])
    op.create_index(
        "ix_webhook_deliveries_waiting",
        table,
        ["organization_id", "endpoint_id", "next_attempt_at"],
        postgresql_where=waiting,
    )
    op.create_index("ix_webhook_deliveries_due", table, due, postgresql_where=waiting)
    op.create_index("ix_webhook_deliveries_age", table, ["created_at"], postgresql_using="brin")


def queue_the_sending() -> None:
    """A job in the caller's transaction, one for each transaction and organization.

    It has no queueing lock: that is a unique key, on which every other change of the organization would wait until
    this one ends, or for ever, each holding a record that the other wants. Who works off the queue drops the surplus.
    """
    op.execute("""
        create function queue_webhooks(organization bigint, due timestamptz default null) returns void
        language plpgsql as $$
        begin
            perform procrastinate_defer_jobs_v1(array[row(
                'webhooks', 'webhooks.drain', 0, null, null, jsonb_build_object('organization_id', organization), due
            )::procrastinate_job_to_defer_v1]);
        end $$
    """)
    op.execute("""
        create function queue_webhooks_once(organization bigint) returns void language plpgsql as $$
        begin
            -- Unset again by ROLLBACK TO SAVEPOINT, as the job is.
            if current_setting('app.webhooks_queued', true) is distinct from organization::text then
                perform set_config('app.webhooks_queued', organization::text, true);
                perform queue_webhooks(organization);
            end if;
        end $$
    """)


def publish_activities() -> None:
    """Every activity becomes a message to each endpoint that wants its type, with its body as it is now."""
    op.execute("""
        create function publish_activities() returns trigger language plpgsql as $$
        declare organization bigint;
        begin
            for organization in select distinct organization_id from fresh loop
                continue when not exists (
                    select from webhook_endpoints where organization_id = organization and enabled
                );
                insert into webhook_deliveries
                    (organization_id, endpoint_id, message_id, type, payload, next_attempt_at)
                select f.organization_id, e.id, 'activity_' || f.id, f.type,
                    jsonb_build_object(
                        'type', f.type,
                        'timestamp', to_char(f.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                        'data', jsonb_build_object(
                            'id', f.id, 'type', f.type, 'organization_id', f.organization_id, 'deal_id', f.deal_id,
                            'contact_id', f.contact_id, 'company_id', f.company_id, 'actor_id', f.actor_id,
                            'created_at', to_char(f.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                            'payload', f.payload)),
                    now()
                from fresh f
                join webhook_endpoints e on e.organization_id = organization and e.enabled
                    and (e.event_types = '{}' or f.type = any (e.event_types))
                where f.organization_id = organization
                  and not (f.type = 'system' and f.payload ->> 'event' is not distinct from 'reordered')
                order by f.id, e.id;
                if found then
                    perform queue_webhooks_once(organization);
                end if;
            end loop;
            return null;
        end $$
    """)
    op.execute("""
        create trigger webhooks after insert on activities
        referencing new table as fresh for each statement execute function publish_activities()
    """)


def look_across_organizations() -> None:
    """What the worker asks of all tenants: numbers of organizations, and nothing that stands in their rows."""
    op.execute("""
        create function organizations_with_webhooks_due() returns setof bigint
        language sql stable security definer set search_path = public, pg_temp as $$
            select distinct d.organization_id from webhook_deliveries d
            join webhook_endpoints e on e.organization_id = d.organization_id and e.id = d.endpoint_id and e.enabled
            where d.next_attempt_at <= now() + interval '1 minute'
        $$
    """)
    op.execute("""
        create function forget_old_webhooks() returns void
        language sql security definer set search_path = public, pg_temp as $$
            delete from webhook_deliveries where created_at < now() - interval '30 days';
            delete from webhook_secrets where expires_at < now() - interval '1 day';
        $$
    """)
    for function in ("organizations_with_webhooks_due()", "forget_old_webhooks()"):
        op.execute(f"revoke all on function {function} from public")
        op.execute(f"grant execute on function {function} to crm_app")


def downgrade() -> None:
    op.execute("drop trigger webhooks on activities")
    arguments = {"queue_webhooks": "bigint, timestamptz", "queue_webhooks_once": "bigint"}
    for name in ("publish_activities", "queue_webhooks_once", "queue_webhooks"):
        op.execute(f"drop function {name}({arguments.get(name, '')})")
    op.execute("drop function organizations_with_webhooks_due()")
    op.execute("drop function forget_old_webhooks()")
    for table in reversed(TABLES):
        op.drop_table(table)
