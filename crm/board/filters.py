"""What of a board is shown, and what its conditions mean in SQL: said once, for cards, counts and sums alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Numeric, String, and_, bindparam, func

from crm.board.periods import PERIODS
from crm.contacts.queries import pattern
from crm.database import Rows
from crm.deals.ledger import calm_through, quiet_since
from crm.deals.models import Deal
from crm.deals.money import worth
from crm.deals.queries import mentions, owned_in_teams, tagged_with
from crm.organizations.models import Membership
from crm.organizations.visibility import USER_IDS
from crm.pipelines.models import Stage
from crm.tasks.models import Task

TODAY = bindparam("today", type_=Date)
OWN = bindparam("currency", type_=String)
ME = 0
"""Stands among `owner_ids` for whoever looks, so that a link to one's own deals is one to everybody's own."""
CLOSES = (*PERIODS, "none")
SORTS = ("order", "next_step", "amount", "age")
GROUPS = ("stage", "owner", "month")


@dataclass(frozen=True)
class Filter:
    """What of a board is shown, and in which manner; it lives in the URL. Owners are user ids, or ME.

    `least` and `most` are in the organization's currency; what has no rate is in no such range. `closes` is one of
    CLOSES or empty; all dates include their ends.
    """

    text: str = ""
    owner_ids: tuple[int, ...] = ()
    team_ids: tuple[int, ...] = ()
    tag_ids: tuple[int, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    closes: str = ""
    closes_from: date | None = None
    closes_to: date | None = None
    idle: bool = False
    rotting: bool = False
    sort: str = "order"
    group: str = "stage"

    def __bool__(self) -> bool:
        """Whether it leaves anything out; order and grouping don't."""
        return self.but(sort="order", group="stage") != Filter()

    def but(self, **changes: Any) -> Filter:
        """The same with other values."""
        return replace(self, **changes)

    @property
    def manner(self) -> Filter:
        """The same order and grouping, with nothing left out."""
        return Filter(sort=self.sort, group=self.group)

    @property
    def shape(self) -> Filter:
        """Which conditions it has, without their values: what decides how a statement reads."""
        stands: dict[str, Any] = {"text": "text", "least": Decimal(0), "most": Decimal(0)}
        stands |= dict.fromkeys(("owner_ids", "team_ids", "tag_ids"), (0,))
        told = {name: stand for name, stand in stands.items() if getattr(self, name) not in (None, "", ())}
        between: dict[str, Any] = {"closes_from": date.min if self.is_between_days else None, "closes_to": None}
        return replace(self, **told | between, closes="none" if self.is_undated else "")

    @property
    def is_between_days(self) -> bool:
        return self.closes in PERIODS or self.closes_from is not None or self.closes_to is not None

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last day on which it may be expected to close."""
        first, last = PERIODS[self.closes](today) if self.closes in PERIODS else (date.min, date.max)
        return max(first, self.closes_from or first), min(last, self.closes_to or last)

    def values(self, member: Membership) -> dict[str, Any]:
        """What the conditions of a statement compare with."""
        first, last = self.days(member.today())
        return {
            "like": pattern(self.text),
            "filter_owners": [member.user_id if one == ME else one for one in self.owner_ids],
            "filter_teams": list(self.team_ids),
            "filter_tags": list(self.tag_ids),
            "least": self.least,
            "most": self.most,
            "closes_from": first,
            "closes_to": last,
        }

    def apply(self, query: Rows) -> Rows:
        """Narrows a query over deals and their stages; `values`, "today" and "currency" come with its execution."""
        return query.where(*(condition() for name, condition in CONDITIONS.items() if getattr(self, name)))

    @property
    def has_least(self) -> bool:
        return self.least is not None

    @property
    def has_most(self) -> bool:
        return self.most is not None

    @property
    def is_undated(self) -> bool:
        return self.closes == "none"


def ids(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=USER_IDS)


def day(name: str) -> ColumnElement[date]:
    return bindparam(name, type_=Date)


# What each part of a filter asks of a deal.
CONDITIONS: dict[str, Any] = {
    "owner_ids": lambda: Deal.owner_id == func.any(ids("filter_owners")),
    "team_ids": lambda: owned_in_teams(ids("filter_teams")),
    "tag_ids": lambda: tagged_with(ids("filter_tags")),
    "text": lambda: mentions(bindparam("like", type_=String)),
    "has_least": lambda: worth(OWN) >= bindparam("least", type_=Numeric),
    "has_most": lambda: worth(OWN) <= bindparam("most", type_=Numeric),
    "is_between_days": lambda: Deal.expected_close_date.between(day("closes_from"), day("closes_to")),
    "is_undated": lambda: Deal.expected_close_date.is_(None),
    "idle": lambda: ~has_open_task(),
    "rotting": lambda: rots(TODAY),
}


def open_tasks() -> ColumnElement[bool]:
    return and_(Task.organization_id == Deal.organization_id, Task.deal_id == Deal.id, Task.done_at.is_(None))


def has_open_task() -> ColumnElement[bool]:
    return Deal.next_on.is_not(None)


def rots(today: date | ColumnElement[date], before: Any = None) -> ColumnElement[bool]:
    """Quiet for longer than its stage allows: since it entered or was last active, with no step ahead, and not snoozed.

    `before` is the stage's `quiet_before`, where that has been worked out.
    """
    limit = quiet_before() if before is None else before
    return and_(limit.is_not(None), quiet_since < limit, calm_through < today)


def quiet_before() -> ColumnElement[Any]:
    """Who is quiet since before this moment is so for longer than the stage allows; NULL where it has no limit."""
    return func.now() - func.make_interval(0, 0, 0, Stage.rots_after)


def in_stage() -> ColumnElement[bool]:
    return and_(Stage.organization_id == Deal.organization_id, Stage.id == Deal.stage_id)
