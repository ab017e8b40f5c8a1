"""What of a board is shown, and what its conditions mean in SQL: said once, for cards, counts and sums alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, String, and_, bindparam, exists, func, select, true

from crm.contacts.queries import pattern
from crm.database import Rows
from crm.deals.models import Deal
from crm.deals.queries import mentions
from crm.pipelines.models import Stage
from crm.tasks.models import Task

TODAY = bindparam("today", type_=Date)


@dataclass(frozen=True)
class Filter:
    """What of a board is shown; it lives in the URL. `owner_id` is a user id."""

    text: str = ""
    owner_id: int | None = None
    idle: bool = False
    rotting: bool = False

    def __bool__(self) -> bool:
        return self != Filter()

    @property
    def shape(self) -> Filter:
        """Which conditions it has, without their values: what decides how a statement reads."""
        return replace(self, text="text" if self.text else "", owner_id=None if self.owner_id is None else 0)

    def values(self) -> dict[str, Any]:
        """What the conditions of a statement compare with."""
        return {"like": pattern(self.text), "filter_owner": self.owner_id}

    def apply(self, query: Rows) -> Rows:
        """Narrows a query over deals and their stages; `values` and "today" come with its execution."""
        if self.owner_id is not None:
            query = query.where(Deal.owner_id == bindparam("filter_owner", type_=BigInteger))
        if self.text:
            query = query.where(mentions(bindparam("like", type_=String)))
        if self.idle:
            query = query.where(~has_open_task())
        if self.rotting:
            query = query.where(rots(first_due(), TODAY))
        return query


def open_tasks() -> ColumnElement[bool]:
    return and_(Task.organization_id == Deal.organization_id, Task.deal_id == Deal.id, Task.done_at.is_(None))


def has_open_task() -> ColumnElement[bool]:
    return exists().where(open_tasks())


def first_due() -> Any:
    """The day of the next step."""
    return select(func.min(Task.due_on)).where(open_tasks()).correlate(Deal).scalar_subquery()


def rots(due_on: Any, today: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Quiet for longer than its stage allows: since it entered or was last active, and with no step ahead."""
    quiet_since = func.greatest(Deal.stage_entered_at, Deal.last_activity_at)
    limit = func.make_interval(0, 0, 0, Stage.rots_after)
    return and_(Stage.rots_after.is_not(None), quiet_since < func.now() - limit, func.coalesce(due_on < today, true()))


def in_stage() -> ColumnElement[bool]:
    return and_(Stage.organization_id == Deal.organization_id, Stage.id == Deal.stage_id)
