"""The month in which a deal is expected to close, and the day in it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.deals.months import close_in, day_in, last_day, later, month_of
from crm.errors import Conflict, Forbidden, Invalid
from crm.timeline.models import Activity

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("month", "like", "day"),
    [
        ("2026-12-01", "2026-11-15", "2026-12-15"),
        ("2027-02-01", "2026-12-31", "2027-02-28"),
        ("2028-02-01", "2026-12-31", "2028-02-29"),
        ("2027-04-01", "2026-12-31", "2027-04-30"),
        ("2027-01-01", None, "2027-01-31"),
        ("2028-02-01", None, "2028-02-29"),
        ("2026-11-01", "2027-01-05", "2026-11-28"),
        ("2026-11-01", "2027-01-30", "2026-11-30"),
        ("2026-11-01", "2027-01-31", "2026-11-30"),
        ("2026-11-01", None, "2026-11-30"),
    ],
)
def test_a_deal_keeps_its_day_as_far_as_the_month_has_it(month, like, day):
    chosen = day_in(date.fromisoformat(month), like=like and date.fromisoformat(like), today=TODAY)
    assert chosen == date.fromisoformat(day)


@pytest.mark.parametrize("month", [date(2026, 10, 1), date(2025, 12, 1)])
def test_no_deal_is_put_into_a_month_that_is_over(month):
    with pytest.raises(Invalid, match="in the past"):
        day_in(month, like=TODAY, today=TODAY)


def test_months_follow_each_other_over_the_years():
    assert [later(date(2026, 11, 1), ahead) for ahead in (-11, 0, 1, 2, 14)] == [
        date(2025, 12, 1),
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2028, 1, 1),
    ]


def test_a_deal_that_is_in_the_month_already_stays_as_it_is(world):
    yesterday = world.max.today() - timedelta(days=1)
    world.deal.expected_close_date = yesterday
    close_in(world.deal, month_of(yesterday), by=world.max)
    assert world.deal.expected_close_date == yesterday


def test_another_month_is_told_in_the_timeline(world):
    month = later(month_of(world.max.today()), 2)
    close_in(world.deal, month, by=world.max)
    world.session.flush()
    told = world.session.query(Activity).filter_by(deal_id=world.deal.id, type="close_date_changed").one()
    assert told.payload == {"old": None, "new": str(last_day(month))}
    close_in(world.deal, None, by=world.max)
    assert world.deal.expected_close_date is None


def test_only_who_may_change_the_deal_and_knows_its_version_may_move_it_to_a_month(world):
    month = later(month_of(world.max.today()), 1)
    with pytest.raises(Forbidden):
        close_in(world.deal, month, by=world.vera)
    with pytest.raises(Conflict):
        close_in(world.deal, month, by=world.max, version=world.deal.version + 1)
