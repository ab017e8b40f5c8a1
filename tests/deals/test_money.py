"""Deals in other currencies: what they are worth, in sums, and how a change is told."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import literal, select

from crm.board.filters import Filter, in_stage
from crm.board.layout import columns_of
from crm.deals.models import Deal
from crm.deals.money import unconverted, weighted, worth
from crm.deals.queries import deals_of
from crm.errors import Invalid
from crm.organizations.currencies import add_currency
from crm.pipelines.models import Stage
from crm.rounding import rounded
from crm.timeline.models import Activity

EUR = literal("EUR")


def worth_of(world, deal):
    world.session.flush()
    return world.session.scalar(select(worth(EUR)).where(Deal.id == deal.id))


def foreign_deal(world, amount="100.00", currency="USD", **values):
    return world.another_deal(f"In {currency}", amount=Decimal(amount), currency=currency, **values)


def heads(world, shown=Filter()):  # noqa: B008
    columns = columns_of(world.session, world.olga, world.pipeline.stages, shown)
    return {column.stage.slug: column.head for column in columns}


def told(world):
    world.session.flush()
    mine = select(Activity.payload).where(Activity.deal_id == world.deal.id, Activity.type == "amount_changed")
    return world.session.scalars(mine).all()


def test_a_deal_is_in_the_organizations_currency_unless_it_says_another(world):
    assert world.another_deal().currency == world.another_deal(currency=None).currency == "EUR"
    assert foreign_deal(world).currency == "USD"


@pytest.mark.parametrize("currency", ["DEM", "usd", "", "XXX", "EURO"])
def test_an_unknown_currency_is_refused(world, currency):
    for act in (
        lambda: world.another_deal(currency=currency),
        lambda: world.deal.change({"currency": currency}, by=world.max),
    ):
        with pytest.raises(Invalid) as refusal:
            act()
        assert list(refusal.value.errors) == ["currency"]


def test_a_change_takes_no_currency_away(world):
    with pytest.raises(Invalid):
        world.deal.change({"currency": None}, by=world.max)


def test_an_own_currency_that_is_no_tender_any_more_stays_usable(world):
    world.acme.currency = "DEM"
    assert world.another_deal().currency == "DEM"
    world.deal.change({"currency": "DEM"}, by=world.max)


def test_a_change_of_currency_alone_is_told_with_the_amount(world):
    world.deal.change({"currency": "USD"}, by=world.max)
    assert told(world) == [{"old": "1000.00", "new": "1000.00", "currency": "USD", "old_currency": "EUR"}]


def test_a_change_of_both_is_one_activity(world):
    world.deal.change({"currency": "USD", "amount": Decimal("1100.00"), "title": "Other"}, by=world.max)
    assert told(world) == [{"old": "1000.00", "new": "1100.00", "currency": "USD", "old_currency": "EUR"}]


def test_the_same_currency_again_is_no_change(world):
    world.deal.change({"currency": "EUR"}, by=world.max)
    assert told(world) == []


def test_the_page_shows_the_deals_own_currency_and_what_it_was(world, browser):
    world.deal.change({"currency": "USD", "amount": Decimal("1100.00")}, by=world.max)
    world.session.commit()
    page = " ".join(browser.as_(world.max).get(f"/deals/{world.deal.id}").text.split())
    assert 'class="record__sum">$1,100<' in page and "$1,100.00" in page
    assert "changed the amount from <s>€1,000</s> to <b>$1,100</b>" in page


def test_worth_is_the_amount_itself_in_the_own_currency_and_nothing_without_a_rate(world):
    assert worth_of(world, world.deal) == Decimal("1000.00")
    assert worth_of(world, foreign_deal(world)) is None


@pytest.mark.parametrize(
    ("amount", "rate", "sum"),
    [
        ("100.00", "0.92", "92.00"),
        ("0.01", "0.5", "0.005"),
        ("0.01", "0.49999999", "0.0049999999"),
        ("999999999999.99", "999999999.99999999", "999999999999989990000.0000000001"),
    ],
)
def test_a_rate_converts_exactly(world, amount, rate, sum):
    deal = foreign_deal(world, amount)
    add_currency(world.session, "USD", Decimal(rate), by=world.olga)
    assert worth_of(world, deal) == Decimal(sum)


def test_a_sum_is_rounded_once_and_not_deal_by_deal(world, browser, api):
    for _ in range(3):
        foreign_deal(world, "0.01", stage="proposal")
    add_currency(world.session, "USD", Decimal("0.5"), by=world.olga)
    world.session.commit()
    for head in (heads(world)["proposal"], heads(world, Filter(text="USD"))["proposal"]):
        assert (head.total, head.weighted) == (Decimal("0.015"), Decimal("0.0075"))
    asked = f"/pipelines/{world.pipeline.id}/board"
    column = next(one for one in api.as_(world.olga).get(asked).json["stages"] if one["slug"] == "proposal")
    assert (column["total_amount"], column["weighted_amount"]) == (0.02, 0.01)  # deal by deal it would be 0.03


@pytest.mark.parametrize(
    ("amount", "places", "shown"),
    [
        ("0.005", 2, "0.01"),
        ("-0.005", 2, "-0.01"),
        ("0.0049999999", 2, "0.00"),
        ("0.015", 2, "0.02"),
        ("0.5", 0, "1"),
        ("2.5", 0, "3"),
        ("1" * 40 + ".555", 2, "1" * 40 + ".56"),
    ],
)
def test_rounding_is_half_away_from_zero(amount, places, shown):
    assert str(rounded(Decimal(amount), places)) == shown


def test_the_rate_of_another_organization_counts_for_nothing(world):
    deal = foreign_deal(world)
    world.session.flush()
    world.in_bolt()
    add_currency(world.session, "USD", Decimal(5), by=world.ruslan)
    world.session.flush()
    world.in_acme()
    assert worth_of(world, deal) is None


def test_a_rate_in_the_own_currencys_name_counts_for_nothing(world):
    world.session.flush()
    add_currency(world.session, "USD", Decimal(2), by=world.olga).code = "EUR"
    assert worth_of(world, world.deal) == Decimal("1000.00")


def test_the_weighted_worth_takes_the_deals_chance_before_the_stages(world):
    add_currency(world.session, "USD", Decimal("0.9"), by=world.olga)
    by_stage, own = foreign_deal(world), foreign_deal(world, probability=50)
    chances = select(Deal.id, weighted(EUR)).join(Stage, in_stage())
    found = dict(world.session.execute(chances).all())
    assert (found[by_stage.id], found[own.id], found[world.deal.id]) == (9, 45, 100)


def test_what_has_no_rate_is_told_by_currency(world):
    for currency, amount in (("USD", "10.10"), ("USD", "20.20"), ("GBP", "5.00"), ("CHF", "7.00")):
        foreign_deal(world, amount, currency)
    add_currency(world.session, "CHF", Decimal("1.05"), by=world.olga)
    rows = world.session.execute(unconverted(deals_of(world.olga), EUR)).mappings().all()
    assert rows == [
        {"currency": "GBP", "count": 1, "total_amount": Decimal("5.00")},
        {"currency": "USD", "count": 2, "total_amount": Decimal("30.30")},
    ]


def test_what_has_no_rate_is_counted_only_among_the_deals_asked_for(world):
    foreign_deal(world, by=world.mona)
    world.acme.visibility = "own"
    world.session.flush()
    asked = deals_of(world.max).order_by(Deal.rank)
    assert world.session.execute(unconverted(asked, EUR)).all() == []
    assert len(world.session.execute(unconverted(deals_of(world.mona).where(Deal.amount > 99), EUR)).all()) == 1


def test_the_boards_head_adds_what_has_a_rate_and_counts_the_rest(world):
    foreign_deal(world), foreign_deal(world, currency="GBP")
    add_currency(world.session, "USD", Decimal("0.92"), by=world.olga)
    head = heads(world)["lead"]
    assert (head.count, head.total, head.weighted, head.unconverted) == (3, Decimal(1092), Decimal("109.2"), 1)


def test_the_board_page_says_so_too(world, browser):
    foreign_deal(world), foreign_deal(world, currency="GBP")
    add_currency(world.session, "USD", Decimal("0.92"), by=world.olga)
    world.session.commit()
    page = browser.as_(world.max).get("/deals/").text
    assert "€1,092" in page and "1 in another currency" in page and "$100" in page and "£100" in page
