"""Columns are summed in a ledger of additive rows, and each deal knows the day of its next step: both by triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ORGANIZATION = "nullif(current_setting('app.organization_id', true), '')::bigint"
KEYS = "organization_id, stage_id, closed_month, owner_id, currency"
NUMBERS = ("deals", "amount", "own_weighted", "plain", "idle")
ADDED = ", ".join(f"sum({name})" for name in NUMBERS)
ANY = " or ".join(f"sum({name}) <> 0" for name in NUMBERS)


def upgrade() -> None:
    op.add_column("deals", sa.Column("next_on", sa.Date(), nullable=True))
    op.execute("""
        update deals set next_on = steps.due_on from (
            select organization_id, deal_id, min(due_on) as due_on from tasks
            where done_at is null group by organization_id, deal_id
        ) steps
        where deals.organization_id = steps.organization_id and deals.id = steps.deal_id
    """)
    op.create_index("ix_deals_next", "deals", ["organization_id", "stage_id", "next_on", "rank"])
    quiet = [sa.text("greatest(stage_entered_at, last_activity_at)"), sa.text("greatest(next_on, '-infinity'::date)")]
    still_open = sa.text("closed_on is null")
    op.create_index(
        "ix_deals_quiet", "deals", ["organization_id", "stage_id", *quiet, "owner_id"], postgresql_where=still_open
    )
    op.drop_index("ix_deals_owner", "deals")
    op.create_index("ix_deals_owner", "deals", ["organization_id", "owner_id", "stage_id", "rank"])
    keep_next_steps()
    make_ledger()
    keep_ledger()


def keep_next_steps() -> None:
    """The deal is locked first and its tasks are read by the next statement: that one sees what others have committed."""
    op.execute("""
        create function set_next_step(organization bigint, deal bigint) returns void language plpgsql as $$
        declare due date;
        begin
            perform from deals where organization_id = organization and id = deal for no key update;
            select min(due_on) into due from tasks
            where organization_id = organization and deal_id = deal and done_at is null;
            update deals set next_on = due
            where organization_id = organization and id = deal and next_on is distinct from due;
        end $$
    """)
    for event, tables, touched in (
        ("insert", "new table as fresh", "select organization_id, deal_id from fresh where done_at is null"),
        ("delete", "old table as gone", "select organization_id, deal_id from gone where done_at is null"),
        (
            "update",
            "old table as gone new table as fresh",
            """(select organization_id, id, deal_id, due_on from fresh where done_at is null
                except select organization_id, id, deal_id, due_on from gone where done_at is null)
               union (select organization_id, id, deal_id, due_on from gone where done_at is null
                except select organization_id, id, deal_id, due_on from fresh where done_at is null)""",
        ),
    ):
        op.execute(f"""
            create function next_steps_after_{event}() returns trigger language plpgsql as $$
            declare touched record;
            begin
                for touched in select distinct organization_id, deal_id from ({touched}) changed order by 1, 2 loop
                    perform set_next_step(touched.organization_id, touched.deal_id);
                end loop;
                return null;
            end $$
        """)
        op.execute(f"""
            create trigger next_steps_{event} after {event} on tasks
            referencing {tables} for each statement execute function next_steps_after_{event}()
        """)


def make_ledger() -> None:
    """Only the trigger writes it."""
    op.create_table(
        "stage_sums",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_month", sa.Date(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("deals", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("own_weighted", sa.Numeric(), nullable=False),
        sa.Column("plain", sa.Numeric(), nullable=False),
        sa.Column("idle", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "stage_id"],
            ["stages.organization_id", "stages.id"],
            name=op.f("fk_stage_sums_organization_id_stage_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_stage_sums_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "stage_id", "closed_month", "id", name=op.f("pk_stage_sums")),
    )
    op.execute("alter table stage_sums enable row level security")
    op.execute(f"create policy tenant on stage_sums using (organization_id = {ORGANIZATION})")
    op.execute("revoke insert, update, delete on stage_sums from crm_app")


def written(source: str, sign: str) -> str:
    """Every deal of that table as the ledger counts it."""
    return f"""
        select organization_id, stage_id, owner_id, currency,
            coalesce(date_trunc('month', closed_on::timestamp)::date, 'infinity') as closed_month,
            {sign}1 as deals, {sign}amount as amount, {sign}coalesce(amount * probability, 0) as own_weighted,
            {sign}case when probability is null then amount else 0 end as plain,
            {sign}(next_on is null)::int as idle
        from {source}
    """


def keep_ledger() -> None:
    """Every statement on deals adds what it changed; no row is ever updated, so nobody waits for anybody.

    One written row in 64 (by a hash: ids may come in step with stages) sums up its part of the ledger: the rows that nobody else is summing up give way to their
    sums in one statement, so that every reader sees either those or these.
    """
    op.execute(
        f"insert into stage_sums ({KEYS}, {', '.join(NUMBERS)}) select {KEYS}, {ADDED} from ({written('deals', '+')}) all_deals group by {KEYS}"
    )
    op.execute(f"""
        create function sum_up(organization bigint, stage bigint, month date) returns void
        language sql security definer set search_path = public, pg_temp as $$
            with held as materialized (
                select organization_id, stage_id, closed_month, id from stage_sums
                where organization_id = organization and stage_id = stage and closed_month = month
                for update skip locked
            ), gone as (
                delete from stage_sums s using held
                where (s.organization_id, s.stage_id, s.closed_month, s.id)
                    = (held.organization_id, held.stage_id, held.closed_month, held.id)
                returning s.*
            )
            insert into stage_sums ({KEYS}, {", ".join(NUMBERS)})
            select {KEYS}, {ADDED} from gone group by {KEYS} having {ANY}
        $$
    """)
    op.execute("revoke all on function sum_up(bigint, bigint, date) from public")
    for event, tables, changed in (
        ("insert", "new table as fresh", written("fresh", "+")),
        ("delete", "old table as gone", written("gone", "-")),
        ("update", "old table as gone new table as fresh", f"{written('gone', '-')} union all {written('fresh', '+')}"),
    ):
        op.execute(f"""
            create function stage_sums_after_{event}() returns trigger
            language plpgsql security definer set search_path = public, pg_temp as $$
            declare full_part record;
            begin
                for full_part in
                    with added as (
                        insert into stage_sums ({KEYS}, {", ".join(NUMBERS)})
                        select {KEYS}, {ADDED} from ({changed}) changed
                        -- When the organization goes, its deals go with it, and no sum is left to be kept.
                        where exists (select from organizations o where o.id = changed.organization_id)
                        group by {KEYS} having {ANY}
                        returning organization_id, stage_id, closed_month, id
                    )
                    select distinct organization_id, stage_id, closed_month from added where hashint8(id) % 64 = 0
                loop
                    perform sum_up(full_part.organization_id, full_part.stage_id, full_part.closed_month);
                end loop;
                return null;
            end $$
        """)
        op.execute(f"revoke all on function stage_sums_after_{event}() from public")
        op.execute(f"""
            create trigger stage_sums_{event} after {event} on deals
            referencing {tables} for each statement execute function stage_sums_after_{event}()
        """)


def downgrade() -> None:
    for event in ("insert", "update", "delete"):
        op.execute(f"drop trigger stage_sums_{event} on deals")
        op.execute(f"drop function stage_sums_after_{event}()")
        op.execute(f"drop trigger next_steps_{event} on tasks")
        op.execute(f"drop function next_steps_after_{event}()")
    op.execute("drop function sum_up(bigint, bigint, date)")
    op.execute("drop function set_next_step(bigint, bigint)")
    op.drop_table("stage_sums")
    for name in ("next", "quiet", "owner"):
        op.drop_index(f"ix_deals_{name}", "deals")
    op.create_index("ix_deals_owner", "deals", ["organization_id", "owner_id"])
    op.drop_column("deals", "next_on")
