"""What a board leaves out: each filter lets one deal in and keeps another out, in cards, counts and sums alike."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.urls import iri_to_uri

from crm.board.address import query_of, read_filter
from crm.board.filters import CLOSES, GROUPS, SORTS, Filter
from crm.board.layout import lay_out
from crm.board.periods import PERIODS
from crm.deals.changes import HIGHEST
from crm.deals.months import later, month_of
from crm.organizations.currencies import add_currency
from crm.organizations.operations import join_team, make_team

NUMBERS = st.lists(st.integers(1, 10**16), max_size=4, unique=True).map(lambda found: tuple(sorted(found)))
PEOPLE = st.lists(st.integers(0, 10**16), max_size=4, unique=True).map(lambda found: tuple(sorted(found)))
AMOUNTS = st.none() | st.decimals(0, HIGHEST, places=2)
DAYS = st.none() | st.dates()
TEXTS = st.text(max_size=120).map(lambda text: " ".join(text.replace("\x00", "").split())[:100].strip())
FILTERS = st.builds(
    Filter,
    text=TEXTS,
    owner_ids=PEOPLE,
    team_ids=NUMBERS,
    tag_ids=NUMBERS,
    least=AMOUNTS,
    most=AMOUNTS,
    closes=st.sampled_from(["", *CLOSES]),
    closes_from=DAYS,
    closes_to=DAYS,
    idle=st.booleans(),
    rotting=st.booleans(),
    sort=st.sampled_from(SORTS),
    group=st.sampled_from(GROUPS),
)


def read(address: str) -> Filter:
    from urllib.parse import parse_qsl

    return read_filter(MultiDict(parse_qsl(address.removeprefix("?"), keep_blank_values=True)))


@given(FILTERS)
@settings(max_examples=300, deadline=None)
def test_an_address_says_all_of_a_filter(shown):
    address = query_of(shown)
    assert read(address) == read(iri_to_uri(address)) == shown
    assert bool(shown) == bool(query_of(shown.but(sort="order", group="stage")))


@pytest.mark.parametrize(
    "address",
    [
        "?owner=x&owner=0&owner=-1&owner=9999999999999999999&owner=%C2%B2",
        "?team=north&tag=1.5",
        "?min=much&max=-1&min=1e5",
        "?max=99999999999999",
        "?closes=someday&from=2026-02-30&to=tomorrow",
        "?next=1&rotting=yes&sort=luck&group=colour&q=%00",
        "?owner=&team=&tag=&min=&max=&closes=&from=&to=&q=&sort=order&group=stage",
    ],
)
def test_what_an_address_can_not_mean_is_left_out(address):
    assert read(address) == Filter()


def test_a_number_is_read_as_people_write_it():
    assert read("?min=1%2C250.5&max=20%20000").least == Decimal("1250.50")
    assert read("?owner=7&owner=me&owner=7&owner=3").owner_ids == (0, 3, 7)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("week", "2026-11-23", "2026-11-29"),
        ("month", "2026-11-01", "2026-11-30"),
        ("next_month", "2026-12-01", "2026-12-31"),
        ("overdue", "0001-01-01", "2026-11-27"),
    ],
)
def test_periods_are_counted_from_today(period, first, last):
    days = PERIODS[period](date(2026, 11, 28))
    assert [str(day) for day in days] == [first, last]


@pytest.fixture
def two(world):
    """Scanners is Max's, tagged, rotting and due this month; Robots is Mona's, dear, without any of it."""
    scanners, today = world.deal, world.max.today()
    scanners.tags = [world.tag]
    scanners.expected_close_date = month_of(today)
    scanners.stage_entered_at = scanners.last_activity_at = datetime.now(UTC) - timedelta(days=30)
    world.task.due_on = today - timedelta(days=1)
    robots = world.another_deal("Robots", by=world.mona, amount=Decimal(5000))
    robots.expected_close_date = later(month_of(today), 3)
    world.session.commit()
    return scanners, robots


def shown_to(world, shown, member=None):
    """The titles on the board, after counting them in every way that a board counts."""
    member = member or world.max
    layout = lay_out(world.session, member, world.pipeline, shown)
    cards = [card for column in layout.open for card in column.cards]
    assert len(cards) == sum(column.head.count for column in layout.open) == layout.sums.count
    euros = sum(card.amount for card in cards if card.currency == "EUR")
    assert euros == sum(column.head.total for column in layout.open) == layout.sums.total
    assert layout.sums.weighted == sum(column.head.weighted for column in layout.open)
    assert layout.rotting == sum(card.rotting for card in cards)
    assert layout.sums.idle == sum(card.next_on is None for card in cards)
    return {card.title for card in cards}


def ids(world):
    return {
        "max": world.max.user_id,
        "mona": world.mona.user_id,
        "team": world.team.id,
        "tag": world.tag.id,
        "soon": later(month_of(world.max.today()), 3),
        "today": world.max.today(),
    }


ONLY_SCANNERS = (
    "owner={max}",
    "owner=me",
    "team={team}",
    "tag={tag}",
    "max=1000",
    "closes=month",
    "to={today}",
    "q=scan",
    "rotting=1",
)
ONLY_ROBOTS = ("owner={mona}", "min=1000.01", "from={soon}", "to={soon}&from={today}", "q=ROBOT", "next=none")
BOTH = ("owner={max}&owner={mona}", "min=1000&max=5000", "group=owner", "sort=age", "from=2000-01-01")
NEITHER = ("owner={max}&q=robots", "tag={tag}&min=2000", "closes=none", "closes=next_month", "min=9&max=8", "q=%25")
CASES = [
    *((address, "Scanners") for address in ONLY_SCANNERS),
    *((address, "Robots") for address in ONLY_ROBOTS),
    *((address, "Scanners Robots") for address in BOTH),
    *((address, "") for address in NEITHER),
]


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(("address", "titles"), CASES)
def test_a_filter_lets_in_what_it_names(world, two, address, titles, group):
    shown = read("?" + address.format(**ids(world))).but(group=group)
    assert shown_to(world, shown) == set(titles.split())


def test_mine_is_everybodys_own(world, two):
    assert shown_to(world, Filter(owner_ids=(0,)), world.mona) == {"Robots"}


def test_several_teams_or_tags_are_any_of_them(world, two):
    south = make_team(world.session, world.acme, "South", lead=world.mona)
    join_team(world.session, south, world.adam)
    world.session.commit()
    assert shown_to(world, Filter(team_ids=(south.id,))) == {"Robots"}
    assert shown_to(world, Filter(team_ids=(south.id, world.team.id))) == {"Scanners", "Robots"}


def test_overdue_and_undated_deals_can_be_found(world, two):
    scanners, robots = two
    scanners.expected_close_date, robots.expected_close_date = world.max.today() - timedelta(days=1), None
    world.session.commit()
    assert shown_to(world, Filter(closes="overdue")) == {"Scanners"}
    assert shown_to(world, Filter(closes="none")) == {"Robots"}
    assert shown_to(world, Filter(closes="none", closes_from=date(2000, 1, 1))) == set()


def test_amounts_are_compared_at_the_organizations_rates(world, two):
    dollars = world.another_deal("Dollars", amount=Decimal(3000), currency="USD")
    world.session.commit()
    assert "Dollars" not in shown_to(world, Filter(least=Decimal(1)))  # no rate, no worth
    add_currency(world.session, "USD", Decimal("0.5"), by=world.olga)
    world.session.commit()
    layout = lay_out(world.session, world.max, world.pipeline, Filter(least=Decimal(1500), most=Decimal(1500)))
    assert [card.id for column in layout.open for card in column.cards] == [dollars.id]


def test_ids_of_another_organization_find_nothing(world, two):
    for shown in (
        Filter(owner_ids=(world.foreign["user"],)),
        Filter(tag_ids=(world.foreign["tag"],)),
        Filter(team_ids=(10**15,)),
    ):
        for group in GROUPS:
            assert shown_to(world, shown.but(group=group)) == set()


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_hidden_is_in_no_group(world, two, group):
    world.acme.visibility = "own"
    world.session.commit()
    assert shown_to(world, Filter(group=group)) == {"Scanners"}
    assert shown_to(world, Filter(group=group), world.vera) == set()


def test_the_page_names_the_filters_and_says_how_many_there_are_without(world, browser, two):
    page = browser.as_(world.max).get(f"/pipelines/{world.pipeline.id}/board?owner=me&tag={world.tag.id}&min=10000")
    assert "Remove filter: Owner" in page.text and "from €10,000" in page.text and ">Hot</a>" not in page.text
    assert "No deal fits these filters. 2 deals are there without them." in page.text
    assert "open deals, filtered" in page.text
    page = browser.get(f"/pipelines/{world.pipeline.id}/board?sort=age")
    assert "without them" not in page.text and "filtered" not in page.text and "Clear all" not in page.text


def test_other_pipelines_are_shown_by_the_same_filter(world, browser, two):
    page = browser.as_(world.max).get("/deals/?q=scan&group=month")
    assert f'href="/pipelines/{world.pipeline.id}/board?q=scan&amp;group=month"' in page.text


def test_a_form_is_answered_with_the_short_address(world, browser, two):
    path = f"/pipelines/{world.pipeline.id}/board"
    answer = browser.as_(world.max).part(f"{path}?q=&min=&owner=me&group=stage&sort=amount")
    assert answer.headers["HX-Push-Url"] == f"{path}?owner=me&sort=amount"


def test_a_card_that_the_filter_leaves_out_is_taken_from_the_board(world, browser, two):
    _, robots = two
    path = f"/deals/{robots.id}/card"
    gone = browser.as_(world.max).part(f"{path}?q=scan")
    assert json.loads(gone.headers["HX-Trigger"]) == {"card-gone": {"deal": robots.id}} and "deal-" not in gone.text
    assert "HX-Trigger" not in browser.part(f"{path}?q=robot").headers
    assert browser.part(f"{path}?pipeline=1{world.pipeline.id}").status_code == 204


def test_the_board_opens_with_the_pipeline_that_was_shown_last(world, browser):
    from crm.pipelines.operations import add_pipeline

    other = add_pipeline(world.session, "Renewals", by=world.olga)
    world.session.commit()
    max_ = browser.as_(world.max)
    assert f'data-pipeline="{world.pipeline.id}"' in max_.get("/deals/").text
    max_.get(f"/pipelines/{other.id}/board")
    assert f'data-pipeline="{other.id}"' in max_.get("/deals/").text
