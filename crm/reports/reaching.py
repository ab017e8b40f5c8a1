"""The statement behind the funnel: how far each deal ever came, and how many came to each stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, String, and_, case, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from crm.database import Rows
from crm.deals.models import Deal
from crm.deals.queries import seen_by
from crm.organizations.models import Membership
from crm.reports.statements import STATUSES, narrowed
from crm.timeline.models import Activity


@dataclass(frozen=True)
class Steps:
    """The stages of a pipeline in order: `open` and `won` are steps of its funnel, `lost` is none.

    The funnel counts by this order and doesn't read the stages again: kept numbers then fit the order they are kept
    for, even when somebody changes it meanwhile.
    """

    ids: tuple[int, ...]
    slugs: tuple[str, ...]
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, stages: Sequence[Any]) -> Steps:
        """The lost stages come last, behind the funnel."""
        ordered = sorted(stages, key=lambda stage: stage.kind == "lost")
        return cls(*(tuple(getattr(stage, name) for stage in ordered) for name in ("id", "slug", "kind")))

    def slugs_of(self, *kinds: str) -> ColumnElement[Any]:
        """By place in the funnel; blank where the stage is of another kind."""
        known = [slug if kind in kinds else "" for slug, kind in zip(self.slugs, self.kinds, strict=True)]
        return literal(known, ARRAY(String))

    def ids_of(self, *kinds: str) -> ColumnElement[Any]:
        known = [id for id, kind in zip(self.ids, self.kinds, strict=True) if kind in kinds]
        return literal(known, ARRAY(BigInteger))


def furthest(member: Membership, steps: Steps, owner_id: int | None) -> Rows:
    """Of each deal of the pipeline its status, and the place of the furthest step that it is known to have been in.

    Known are its stage and those that its moves left and entered; of a lost deal the open ones count.
    """
    known = case((Deal.status == "lost", steps.slugs_of("open")), else_=steps.slugs_of("open", "won"))
    moved = and_(
        Activity.organization_id == Deal.organization_id,
        Activity.deal_id == Deal.id,
        Activity.type == "stage_changed",
    )
    been = [func.max(func.array_position(known, Activity.payload[name].astext)) for name in ("slug", "left")]
    stands = func.array_position(steps.ids_of("open", "won"), Deal.stage_id)
    deals = select(Deal.status, func.greatest(stands, *been).label("place")).outerjoin(Activity, moved)
    here = deals.where(seen_by(member), Deal.stage_id == func.any(steps.ids_of("open", "won", "lost")))
    return narrowed(here, None, owner_id).group_by(Deal.organization_id, Deal.id)


def reached(member: Membership, steps: Steps, owner_id: int | None) -> Rows:
    """For each step in order the deals that came so far, and their share in percent of those one step before."""
    each = arrived(steps, counted(furthest(member, steps, owner_id).cte("furthest"))).subquery("arrived")
    before = func.lag(each.c.count).over(order_by=each.c.place)
    share = func.coalesce(100 * each.c.count / func.nullif(before, 0), 0)
    rate = func.round(case((before.is_(None), 100), else_=share), 1)
    return select(each, rate.label("rate")).order_by(each.c.place)


def arrived(steps: Steps, came: CTE) -> Rows:
    """Whoever came further has been here too."""
    count = func.sum(came.c.count)
    parts = [func.coalesce(count.filter(came.c.status == status), 0).label(status) for status in STATUSES]
    ids = func.unnest(steps.ids_of("open", "won"))
    step = ids.table_valued(column("id", BigInteger), with_ordinality="place", name="step").render_derived()
    return (
        select(step.c.id, step.c.place, func.coalesce(count, 0).label("count"), *parts)
        .select_from(step.outerjoin(came, came.c.place >= step.c.place))
        .group_by(step.c.id, step.c.place)
    )


def counted(deals: CTE) -> CTE:
    """How many of each status came how far."""
    columns = (deals.c.status, deals.c.place)
    return select(*columns, func.count().label("count")).group_by(*columns).cte("came")
