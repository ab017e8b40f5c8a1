"""When a deal is expected to close, in the words of a filter: days from the viewer's today on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from crm.deals.months import last_day, later, month_of

Days = tuple[date, date]


def this_week(today: date) -> Days:
    """From Monday to Sunday."""
    monday = today - timedelta(days=today.weekday())
    return monday, monday + timedelta(days=6)


def this_month(today: date) -> Days:
    return month_of(today), last_day(today)


def next_month(today: date) -> Days:
    month = later(month_of(today), 1)
    return month, last_day(month)


def overdue(today: date) -> Days:
    """Every day before today."""
    return date.min, today - timedelta(days=1)


PERIODS: dict[str, Callable[[date], Days]] = {
    "week": this_week,
    "month": this_month,
    "next_month": next_month,
    "overdue": overdue,
}
