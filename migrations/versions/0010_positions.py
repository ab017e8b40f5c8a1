"""Notes to the open streams tell a position: the snapshot in which they were written. Who comes back asks from there.

Every transaction that the snapshot saw had ended before, so its notes were told earlier; the others are asked for.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    position()
    tell_activities()
    tell_deleted_deal()
    tell_columns()
    op.execute("drop trigger tell_sight on organizations")
    op.execute("""
        create trigger tell_sight after update of visibility, currency on organizations
        for each row when (old.visibility <> new.visibility or old.currency <> new.currency)
        execute function tell_sight()
    """)


def position() -> None:
    """A note holds 8,000 bytes: a snapshot of too many open transactions is told as an older one, which misses nothing."""
    op.execute("""
        create function live_position() returns text language sql volatile as $$
            select case when length(seen) < 1000 then seen else oldest || ':' || oldest || ':' end
            from (select pg_current_snapshot()::text as seen, pg_snapshot_xmin(pg_current_snapshot())::text as oldest) s
        $$
    """)


def tell_activities() -> None:
    op.execute("""
        create or replace function tell_activities() returns trigger language plpgsql as $$
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
                perform pg_notify('crm_live', json_build_object(
                    'organization', organization_id, 'reload', true, 'position', live_position())::text)
                from (select distinct organization_id from fresh) many;
                return null;
            end if;
            for touched in
                select organization_id, deal_id, max(id) as activity, (array_agg(actor_id order by id desc))[1] as actor,
                  coalesce(array_agg((payload->>'old')::bigint) filter (where type = 'owner_changed'), '{}') ||
                  coalesce(array_agg((payload->>'new')::bigint) filter (where type = 'owner_changed'), '{}')
                    as owners  -- both: the deal's own row may be written after its timeline
                from fresh where deal_id is not null group by organization_id, deal_id
            loop
                perform pg_notify('crm_live', json_build_object(
                    'organization', touched.organization_id, 'deal', touched.deal_id, 'activity', touched.activity,
                    'by', touched.actor, 'owners', array_append(touched.owners, owner_id),
                    'client', nullif(current_setting('app.client', true), ''), 'position', live_position())::text)
                from deals where organization_id = touched.organization_id and id = touched.deal_id;
            end loop;
            return null;
        end $$
    """)


def tell_deleted_deal() -> None:
    op.execute("""
        create or replace function tell_deleted_deal() returns trigger language plpgsql as $$
        begin
            if exists (select from organizations where id = old.organization_id) then  -- else all of it goes
                perform pg_notify('crm_live', json_build_object('organization', old.organization_id,
                    'deal', old.id, 'activity', 0, 'owners', json_build_array(old.owner_id),
                    'client', nullif(current_setting('app.client', true), ''), 'position', live_position())::text);
            end if;
            return null;
        end $$
    """)


def tell_columns() -> None:
    """Stages are the board's columns: when they change, the board is loaded anew."""
    op.execute("""
        create function tell_columns() returns trigger language plpgsql as $$
        begin
            perform pg_notify('crm_live', json_build_object(
                'organization', organization_id, 'reload', true, 'position', live_position())::text)
            from (select distinct organization_id from fresh) changed;
            return null;
        end $$
    """)
    for event, table in (("insert", "new"), ("update", "new"), ("delete", "old")):
        op.execute(f"""
            create trigger tell_{event} after {event} on stages
            referencing {table} table as fresh for each statement execute function tell_columns()
        """)


def downgrade() -> None:
    raise NotImplementedError("The older notes tell no position: restore a backup instead.")
