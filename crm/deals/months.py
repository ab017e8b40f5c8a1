"""Months in which deals are expected to close, and the day on which one that is put into a month is expected."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING

from crm.errors import Invalid

if TYPE_CHECKING:
    from crm.deals.models import Deal
    from crm.organizations.models import Membership

LAST_YEAR = 2999
NOT_IN_THE_PAST = "A deal can't be expected to close in the past. Choose this month or a later one."


def month_of(day: date) -> date:
    """Its first day, which stands for the month."""
    return day.replace(day=1)


def later(month: date, months: int) -> date:
    """The month so many months after that one."""
    years, index = divmod(month.month - 1 + months, 12)
    return date(month.year + years, index + 1, 1)


def last_day(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def like_day(month: date, day: date) -> date:
    """The same day of that month, or its last one."""
    return month.replace(day=min(day.day, last_day(month).day))


def month_after(day: date) -> date:
    """The same day of the next month, or its last one."""
    return like_day(later(month_of(day), 1), day)


def day_in(month: date, *, like: date | None, today: date) -> date:
    """The same day of that month, else its last one; in this month not before today. Raises Invalid for a past one."""
    if month < month_of(today):
        raise Invalid(NOT_IN_THE_PAST, field="month")
    return max(like_day(month, like) if like else last_day(month), today)


def close_in(deal: Deal, month: date | None, *, by: Membership, version: int | None = None) -> None:
    """The deal is expected to close in that month, or at no known time. A day that is in that month stays."""
    day = deal.expected_close_date
    if month is None or day is None or month_of(day) != month:
        day = month and day_in(month, like=day, today=by.today())
    deal.change({"expected_close_date": day}, by=by, version=version)
