"""Whose records members and viewers see; live events tell whose deal it is, and when sight changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "organizations",
        sa.Column("visibility", sa.String(length=16), server_default="everyone", nullable=False),
    )
    op.create_check_constraint("visibility", "organizations", "visibility in ('everyone', 'team', 'own')")
    tell_whose_deal_it_is()
    tell_changed_sight()
    tell_deleted_membership()


def tell_whose_deal_it_is() -> None:
    """A note names the deal's owners, now and before: only streams that may see one of them pass it on."""
    op.execute("""
        create or replace function tell_activities() returns trigger language plpgsql as $$
        begin
            update deals set last_activity_at = now()
            from (
                select distinct organization_id, deal_id from fresh
                where deal_id is not null
                  and type in ('comment', 'call', 'email', 'meeting', 'task_created', 'task_done')
            ) touched
            where deals.organization_id = touched.organization_id and deals.id = touched.deal_id;
            if (select count(*) from fresh) > 100 then
                perform pg_notify('crm_live', json_build_object('organization', organization_id, 'reload', true)::text)
                from (select distinct organization_id from fresh) many;
            else
                perform pg_notify('crm_live', json_build_object(
                    'organization', few.organization_id, 'deal', few.deal_id, 'activity', few.activity,
                    'by', few.actor, 'owners', array_append(few.owners, d.owner_id),
                    'client', nullif(current_setting('app.client', true), ''))::text)
                from (
                    select organization_id, deal_id, max(id) as activity,
                      (array_agg(actor_id order by id desc))[1] as actor,
                      coalesce(array_agg((payload->>'old')::bigint) filter (where type = 'owner_changed'), '{}') ||
                      coalesce(array_agg((payload->>'new')::bigint) filter (where type = 'owner_changed'), '{}')
                        as owners  -- both: the deal's own row may be written after its timeline
                    from fresh where deal_id is not null group by organization_id, deal_id
                ) few join deals d on d.organization_id = few.organization_id and d.id = few.deal_id;
            end if;
            return null;
        end $$
    """)
    op.execute("""
        create or replace function tell_deleted_deal() returns trigger language plpgsql as $$
        begin
            if exists (select from organizations where id = old.organization_id) then  -- else all of it goes
                perform pg_notify('crm_live', json_build_object('organization', old.organization_id,
                    'deal', old.id, 'activity', 0, 'owners', json_build_array(old.owner_id))::text);
            end if;
            return null;
        end $$
    """)


def tell_deleted_membership() -> None:
    """The streams of a deleted organization end too."""
    op.execute("create trigger tell_gone after delete on memberships for each row execute function tell_membership()")


def tell_changed_sight() -> None:
    """Another setting, or another team: the open streams end and begin anew with what their viewers see now."""
    op.execute("""
        create function tell_sight() returns trigger language plpgsql as $$
        begin
            perform pg_notify('crm_live', json_build_object('organization',
                (case when tg_op = 'DELETE' then to_jsonb(old) else to_jsonb(new) end
                 ->> (case tg_table_name when 'organizations' then 'id' else 'organization_id' end))::bigint,
                'sight', true)::text);
            return null;
        end $$
    """)
    op.execute("""
        create trigger tell_sight after update of visibility on organizations
        for each row when (old.visibility <> new.visibility) execute function tell_sight()
    """)
    op.execute("""
        create trigger tell_sight after insert or update or delete on team_members
        for each row execute function tell_sight()
    """)


def downgrade() -> None:
    raise NotImplementedError("The older notes don't tell whose deal it is: restore a backup instead.")
