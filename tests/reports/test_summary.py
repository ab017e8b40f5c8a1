"""The pipeline summary: every number with the deals that make it, and without those that don't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.errors import Invalid
from crm.pipelines.models import LostReason
from crm.pipelines.operations import add_pipeline
from crm.reports.queries import NewDeals, Sum, Unconverted, summary

NONE = Sum(0, Decimal("0.00"))


def told(world, member=None, **filters):
    return summary(world.session, member or world.olga, **filters)


def lose(world, deal):
    reason = world.session.scalars(select(LostReason).where(LostReason.organization_id == world.acme.id)).first()
    deal.lose(by=world.olga, filled={"lost_reason_id": reason.id})


def created(world, moment):
    deal = world.another_deal()
    deal.created_at = moment
    return deal


def test_each_status_has_its_count_and_its_total(world):
    world.another_deal(amount=Decimal("10.25"))
    world.another_deal(amount=Decimal("20.50")).move_to(world.stage("contract"), by=world.olga)
    world.another_deal(amount=Decimal("40.10")).win(by=world.olga)
    lose(world, world.another_deal(amount=Decimal("80.01")))
    found = told(world)
    assert {status: (one.count, str(one.total_amount)) for status, one in found.by_status.items()} == {
        "new": (2, "1010.25"),
        "in_progress": (1, "20.50"),
        "won": (1, "40.10"),
        "lost": (1, "80.01"),
    }
    assert (found.total.count, found.total.total_amount) == (5, Decimal("1150.86"))


def test_a_deal_counts_with_the_status_that_it_has_now(world):
    world.deal.win(by=world.olga)
    world.deal.reopen(by=world.olga)
    assert told(world).by_status == {"new": NONE, "in_progress": Sum(1, Decimal(1000)), "won": NONE, "lost": NONE}


def test_without_deals_every_number_is_there_and_zero(world):
    world.deal.delete(by=world.olga)
    found = told(world, days=7)
    assert found.by_status == dict.fromkeys(("new", "in_progress", "won", "lost"), NONE) and found.total == NONE
    assert (found.average_won_amount, found.new_deals_last_30_days, found.new_deals) == (0, 0, NewDeals(7, 0))


def test_the_average_is_of_won_deals_alone_and_not_rounded(world):
    for amount in ("10.00", "10.01"):
        world.another_deal(amount=Decimal(amount)).win(by=world.olga)
    assert told(world).average_won_amount == Decimal("10.005")


def test_money_without_a_rate_is_told_apart_and_never_added(world):
    for currency, amount in (("USD", 5), ("USD", 6), ("CHF", 7)):
        deal = world.another_deal(amount=Decimal(amount))
        deal.currency = currency
        deal.win(by=world.olga)
    world.deal.win(by=world.olga)
    apart = (Unconverted("CHF", 1, Decimal(7)), Unconverted("USD", 2, Decimal(11)))
    found = told(world)
    assert found.by_status["won"] == found.total == Sum(4, Decimal(1000), apart)
    assert found.average_won_amount == 1000 and found.by_status["new"].unconverted == ()


def test_all_in_other_currencies_makes_a_total_of_nothing(world):
    world.deal.currency = "USD"
    assert told(world).total == Sum(1, Decimal("0.00"), (Unconverted("USD", 1, Decimal(1000)),))


def test_filters_narrow_every_number(world):
    other = add_pipeline(world.session, "Renewals", by=world.olga)
    world.another_deal(by=world.mona).win(by=world.olga)
    assert told(world, pipeline_id=world.pipeline.id).total.count == 2
    assert told(world, pipeline_id=other.id).total == NONE
    assert told(world, owner_id=world.mona.user_id).by_status["won"].count == 1
    assert told(world, owner_id=world.mona.user_id).new_deals_last_30_days == 1
    assert told(world, owner_id=world.mona.user_id, pipeline_id=other.id).total == NONE


def test_a_foreign_or_unknown_filter_finds_nothing(world):
    for filters in ({"pipeline_id": world.foreign["pipeline"]}, {"owner_id": world.foreign["user"]}):
        assert told(world, **filters).total == NONE
    assert told(world, pipeline_id=0).total == told(world, owner_id=0).total == NONE


def test_another_organizations_deals_are_in_no_number(world):
    assert told(world).total.count == 1
    world.in_bolt()
    assert told(world, world.ruslan).total.count == 1
    assert told(world, world.olga).total == NONE, "what was kept for Acme is not told to a session of Bolt"


@pytest.mark.parametrize(
    ("setting", "who", "count"),
    [("everyone", "max", 3), ("team", "max", 2), ("own", "max", 1), ("own", "lena", 2), ("own", "mona", 3)],
)
def test_members_are_told_of_what_they_may_see(world, setting, who, count):
    world.another_deal(by=world.lena)
    world.another_deal(by=world.mona)
    world.acme.visibility, member = setting, getattr(world, who)
    member.mates = frozenset({world.max.user_id, world.lena.user_id}) if who in ("max", "lena") else frozenset()
    world.session.flush()
    found = told(world, member)
    assert found.total.count == found.by_status["new"].count == found.new_deals_last_30_days == count


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Santiago"])
def test_new_deals_are_those_of_the_members_own_days(world, zone):
    world.olga.user.timezone = zone
    from zoneinfo import ZoneInfo

    first = datetime.combine(world.olga.today() - timedelta(days=30), datetime.min.time(), ZoneInfo(zone))
    last = datetime.combine(world.olga.today() + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    second = timedelta(seconds=1)
    for moment in (first, last):
        created(world, moment.astimezone(UTC))
        created(world, moment.astimezone(UTC) - second)
    assert told(world).new_deals_last_30_days == 3, "the first second, the last one, and the deal made just now"


def test_days_are_counted_beside_the_last_thirty(world):
    for ago in (0, 6, 7, 8, 31, 3650):
        noon = datetime.combine(world.olga.today() - timedelta(days=ago), datetime.min.time(), UTC)
        created(world, noon + timedelta(hours=12))
    found = told(world, days=7)
    assert (found.new_deals, found.new_deals_last_30_days) == (NewDeals(7, 4), 5)
    assert told(world, days=3650).new_deals == NewDeals(3650, 7)
    assert told(world).new_deals is None


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_days_out_of_bounds_are_refused_at_the_field(world, days):
    with pytest.raises(Invalid) as refused:
        told(world, days=days)
    assert list(refused.value.errors) == ["days"]


@pytest.mark.parametrize("days", [1, 3650])
def test_days_within_bounds_are_not(world, days):
    assert told(world, days=days).new_deals == NewDeals(days, 1)
