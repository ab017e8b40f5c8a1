"""A note's position does not claim the rest of its own transaction: who heard one note of several asks for the others.

PostgreSQL leaves the own transaction out of a snapshot's open ones. As soon as a later one has ended, the snapshot reads
as if the own had ended too.
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create or replace function live_position() returns text language sql volatile as $$
            with here as (
                select pg_current_snapshot() as seen, pg_current_xact_id() as own
            ), open as (
                select pg_snapshot_xip(seen) as number from here
                union select own from here where own < pg_snapshot_xmax(seen)
            ), told as (
                select pg_snapshot_xmin(seen)::text as oldest, pg_snapshot_xmax(seen)::text as next,
                    coalesce((select string_agg(number::text, ',' order by number) from open), '') as numbers
                from here
            )
            select case
                when length(oldest || next || numbers) < 998 then oldest || ':' || next || ':' || numbers
                else oldest || ':' || oldest || ':'
            end from told
        $$
    """)


def downgrade() -> None:
    op.execute("""
        create or replace function live_position() returns text language sql volatile as $$
            select case when length(seen) < 1000 then seen else oldest || ':' || oldest || ':' end
            from (select pg_current_snapshot()::text as seen, pg_snapshot_xmin(pg_current_snapshot())::text as oldest) s
        $$
    """)
