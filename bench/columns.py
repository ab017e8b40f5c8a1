"""The sums of a board as they are kept and as they are computed from the deals: both must be one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from crm.board.apart import apart_of
from crm.board.filters import Filter
from crm.board.layout import Head, by_kind, columns_of
from crm.board.queries import facts, heads_of
from crm.board.sums import kept_apart
from crm.organizations.models import Membership
from crm.organizations.queries import asking_like
from crm.pipelines.models import Stage


def stages_of(session: Session, member: Membership) -> list[Stage]:
    return list(session.scalars(select(Stage).where(Stage.organization_id == member.organization_id)))


def kept(session: Session, member: Membership) -> dict[int, Any]:
    """What the board shows above each stage, and what it sets apart."""
    stages, asking = stages_of(session, member), asking_like(member)
    rows = session.execute(kept_apart(asking), facts(member, **by_kind(stages)))
    apart = sorted((row.column, row.currency, row.count, row.total_amount) for row in rows)
    return {column.stage.id: column.head for column in columns_of(session, member, stages, Filter())} | {0: apart}


def computed(session: Session, member: Membership) -> dict[int, Any]:
    """The same from the deals themselves."""
    stages, shape, asking = stages_of(session, member), Filter().shape, asking_like(member)
    asked = facts(member, Filter(), **by_kind(stages))
    heads = {row.stage_id: Head.of(row) for row in session.execute(heads_of(shape, asking), asked)}
    rows = session.execute(apart_of(shape, asking), asked)
    apart = sorted((row.column, row.currency, row.count, row.total_amount) for row in rows)
    return {stage.id: heads.get(stage.id, Head()) for stage in stages} | {0: apart}


def wrong_steps(session: Session) -> int:
    """Deals whose next step is not the first of their open tasks."""
    steps = "select organization_id, deal_id, min(due_on) as due from tasks where done_at is null group by 1, 2"
    joined = f"deals d left join ({steps}) t on (t.organization_id, t.deal_id) = (d.organization_id, d.id)"
    return session.scalar(text(f"select count(*) from {joined} where d.next_on is distinct from t.due")) or 0


def rows_of(session: Session, stage_id: int) -> int:
    return session.scalar(text("select count(*) from stage_sums where stage_id = :stage"), {"stage": stage_id}) or 0
