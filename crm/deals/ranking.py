"""The order of the cards in a stage: whole numbers with gaps, computed in the database under a lock of the stage.

Midpoints of floats end after some fifty inserts at one place, and two clients can compute the same one. Here the
stage's row is locked first, and when a gap has closed the stage is spaced anew.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from crm.pipelines.models import Stage, lock

GAP = 2**32

# A statement of its own after the lock: one that locks and reads at once would read its older snapshot.
NEIGHBOURS = text("""
    select mark.rank as mark,
      (select max(rank) from deals d where d.organization_id = here.organization_id and d.stage_id = here.id
         and d.id <> :deal and d.rank < mark.rank) as above,
      (select min(rank) from deals d where d.organization_id = here.organization_id and d.stage_id = here.id
         and d.id <> :deal and d.rank > mark.rank) as below,
      (select min(rank) from deals d where d.organization_id = here.organization_id and d.stage_id = here.id
         and d.id <> :deal) as first
    from stages here
    left join deals mark on mark.organization_id = here.organization_id and mark.stage_id = here.id
      and mark.id = :mark and mark.id <> :deal
    where here.organization_id = :organization and here.id = :stage
""")

SPACE = text("""
    update deals set rank = spaced.rank from (
        select id, row_number() over (order by rank, id) * cast(:gap as bigint) as rank
        from deals where organization_id = :organization and stage_id = :stage
    ) spaced
    where deals.organization_id = :organization and deals.id = spaced.id
""")


def rank_in(session: Session, stage: Stage, *, deal: int, after: int | None = None, before: int | None = None) -> int:
    """A free rank below the deal `after` or above the deal `before`; without either, or if it left, on top.

    Holds a lock of the stage until the transaction ends.
    """
    lock(session, stage)
    rank = _free(session, stage, deal, after, before)
    if rank is None:
        space(session, stage)
        rank = _free(session, stage, deal, after, before)
    assert rank is not None, "a freshly spaced stage has gaps"
    return rank


def space(session: Session, stage: Stage) -> None:
    """Gives all deals of the stage ranks with gaps between them, in their present order; boards load it anew."""
    stage.version += 1
    session.execute(SPACE, {"organization": stage.organization_id, "stage": stage.id, "gap": GAP})


def _free(session: Session, stage: Stage, deal: int, after: int | None, before: int | None) -> int | None:
    row = session.execute(
        NEIGHBOURS,
        {"organization": stage.organization_id, "stage": stage.id, "deal": deal, "mark": after or before},
    ).one()
    if row.mark is None:
        return GAP if row.first is None else row.first - GAP
    if after:
        return between(row.mark, row.below)
    return between(row.above, row.mark)


def between(above: int | None, below: int | None) -> int | None:
    """The middle of two ranks, a step beyond the only one, or None when the gap has closed."""
    if above is None or below is None:
        return (below or 0) - GAP if above is None else above + GAP
    return (above + below) // 2 if below - above > 1 else None
