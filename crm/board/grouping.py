"""Columns that are no stages: a person's deals, or those that are expected to close in some month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, String, and_, bindparam, case, cast, func

from crm.board.choices import Choice, Choices
from crm.board.filters import ME, Filter
from crm.deals.models import Deal
from crm.deals.months import later, month_of
from crm.organizations.models import Membership, color_of
from crm.pipelines.models import Stage

N_ = str  # shows a word to what collects them for translators; the page translates it
MONTHS = 6
FEW_PEOPLE = 24
EARLIER, LATER, NONE = "earlier", "later", "none"
MONTH, HORIZON = bindparam("month", type_=Date), bindparam("horizon", type_=Date)


@dataclass(frozen=True)
class Group:
    """What a column stands for. `name` is a person's; of months a word of ours, or the month in English."""

    key: str
    name: str
    color: str
    user_id: int | None = None
    month: date | None = None
    is_open = True

    @property
    def anchor(self) -> str:
        """Its part of an id in the page, where a person may have the number of a stage."""
        return f"{'owner' if self.user_id else 'month'}-{self.key}"


def column_of(shape: Filter) -> ColumnElement[str]:
    """The key of the column in which a deal stands; a closed one is in no group. Needs the stage joined."""
    if shape.group == "stage":
        return cast(Deal.stage_id, String)
    inside = cast(Deal.owner_id, String) if shape.group == "owner" else month_key()
    return case((Stage.kind == "open", inside), else_="")


def month_key() -> ColumnElement[str]:
    day = Deal.__table__.c.expected_close_date
    spans = ((day.is_(None), NONE), (day < MONTH, EARLIER), (day >= HORIZON, LATER))
    return case(*spans, else_=func.to_char(day, "YYYY-MM"))


def open_here() -> ColumnElement[bool]:
    """Open deals of `pipeline`. Needs the stage joined."""
    return and_(Stage.pipeline_id == bindparam("pipeline", type_=BigInteger), Stage.kind == "open")


def months(today: date) -> list[Group]:
    """Months before this one together, this one and the next few, all further ones together, and no month at all."""
    first = month_of(today)
    near = [later(first, ahead) for ahead in range(MONTHS)]
    named = [Group(f"{month:%Y-%m}", f"{month:%B %Y}", "sky", month=month) for month in near[1:]]
    now = Group(f"{first:%Y-%m}", f"{first:%B %Y}", "blue", month=first)
    return [
        Group(EARLIER, N_("Earlier"), "orange"),
        now,
        *named,
        Group(LATER, N_("Later"), "slate"),
        Group(NONE, N_("No close date"), "gold"),
    ]


def people(choices: Choices, shown: Filter, member: Membership, owning: Iterable[str]) -> list[Group]:
    """Who has deals here, or could: everybody who works here while they are few, but only whom the filter lets in."""
    asked = {member.user_id if one == ME else one for one in shown.owner_ids}
    few = sum(one.works for one in choices.people) <= FEW_PEOPLE and not shown.team_ids
    owners = {int(key) for key in owning if key}

    def stands(one: Any) -> bool:
        return one.id in owners or (one.works and (one.id in asked if asked else few))

    return [person(one) for one in choices.everybody if stands(one)]


def person(one: Choice) -> Group:
    return Group(str(one.id), one.name, color_of(one.id), user_id=one.id)


def key_of_month(day: date | None, today: date) -> str:
    """The key of the column for that day: `month_key` outside the database."""
    first = month_of(today)
    if day is None:
        return NONE
    if day < first:
        return EARLIER
    return LATER if day >= later(first, MONTHS) else f"{day:%Y-%m}"


def month_asked(key: str, today: date) -> date | None:
    """The month for which a column stands: of the later ones the first. None is no month; ValueError no column."""
    if key == NONE:
        return None
    if key in (EARLIER, LATER):
        return later(month_of(today), MONTHS if key == LATER else -1)
    return date.fromisoformat(f"{key}-01")
