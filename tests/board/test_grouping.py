"""Columns of people and of months, and what a drop on one of them does."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from crm.board.filters import Filter
from crm.board.grouping import FEW_PEOPLE, key_of_month, month_asked, months
from crm.board.layout import lay_out
from crm.deals.months import last_day, later, month_of
from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from tests.world import user


def columns(world, group, member=None, **shown):
    layout = lay_out(world.session, member or world.max, world.pipeline, Filter(group=group, **shown))
    return {column.key: column for column in layout.open}


def move(browser, deal, query="", **form):
    return browser.send(f"/deals/{deal.id}/move{query}", {"version": deal.version} | form)


def test_everybody_who_can_own_deals_has_a_column_with_numbers_of_their_own(world):
    world.another_deal(by=world.mona, stage="proposal", amount=Decimal(300))
    world.another_deal(by=world.mona, amount=Decimal(100))
    world.session.commit()
    found = columns(world, "owner")
    names = [column.of.name for column in found.values()]
    assert names == ["Adam Tester", "Lena Tester", "Max Tester", "Mona Tester", "Olga Tester"]  # and no viewer
    mona = found[str(world.mona.user_id)]
    assert (mona.head.count, mona.head.total, mona.head.weighted) == (2, 400, 160)
    assert round(mona.share) == 29 and {card.stage_name for card in mona.cards} == {"New lead", "Proposal"}


def test_in_a_large_house_only_who_has_deals_has_a_column(world):
    for number in range(FEW_PEOPLE):
        take_in(world.session, world.acme, user(world.session, f"Nr{number}"), Role.MEMBER)
    world.session.commit()
    assert [column.of.name for column in columns(world, "owner").values()] == ["Max Tester"]
    chosen = columns(world, "owner", owner_ids=(0, world.olga.user_id), member=world.max)
    assert [column.of.name for column in chosen.values()] == ["Max Tester", "Olga Tester"]


def test_the_deals_of_who_has_left_stay_in_sight(world):
    world.max.ended_at = world.deal.created_at
    world.session.commit()
    assert columns(world, "owner", member=world.olga)[str(world.max.user_id)].head.count == 1


def test_months_run_from_this_one_on_with_the_rest_at_both_ends():
    found = months(date(2026, 11, 28))
    assert [group.key for group in found] == [
        *("earlier", "2026-11", "2026-12", "2027-01", "2027-02", "2027-03", "2027-04", "later", "none")
    ]


@pytest.mark.parametrize("days", [None, -400, -31, 0, 10, 31, 92, 152, 215, 4000])
def test_a_deal_stands_in_the_month_of_its_expected_close(world, days):
    today = world.max.today()
    day = world.deal.expected_close_date = None if days is None else today + timedelta(days=days)
    world.session.commit()
    holding = [key for key, column in columns(world, "month").items() if column.cards]
    assert holding == [key_of_month(day, today)]


def test_months_begin_and_end_on_their_days(world):
    first = month_of(world.max.today())
    last = later(first, 5)
    for day, key in (
        (first - timedelta(days=1), "earlier"),
        (first, f"{first:%Y-%m}"),
        (last_day(last), f"{last:%Y-%m}"),
        (later(last, 1), "later"),
    ):
        world.deal.expected_close_date = day
        world.session.commit()
        assert [held for held, column in columns(world, "month").items() if column.cards] == [key]


def test_a_key_leads_back_to_its_month():
    today = date(2026, 11, 28)
    for group in months(today):
        month = month_asked(group.key, today)
        assert month is None or key_of_month(month, today) == group.key
    for nonsense in ("", "2026", "2026-13", "soon"):
        with pytest.raises(ValueError):
            month_asked(nonsense, today)


def test_no_column_of_people_has_an_id_that_a_stage_could_have(world, browser):
    page = browser.as_(world.max).get(f"/pipelines/{world.pipeline.id}/board?group=owner").text
    ids = re.findall(r'id="((?:stage|head|name|cards)-[^"]+)"', page)
    assert ids and not [one for one in ids if re.fullmatch(r"\w+-\d+", one)]
    assert set(re.findall(r'(?:href="#|aria-controls="|aria-labelledby="(?=name))([\w-]+)', page)) <= set(ids) | {
        "main"
    }


def test_a_board_of_people_says_too_that_the_way_back_is_closed(world, browser):
    for member, refused in ((world.max, True), (world.olga, False)):
        page = browser.as_(member).get(f"/pipelines/{world.pipeline.id}/board?group=owner")
        assert ('data-back="refused"' in page.text) == refused


@pytest.mark.parametrize("group", ["owner", "month"])
def test_a_won_deal_leaves_the_columns_for_the_dock(world, browser, group):
    world.deal.win(by=world.max)
    world.session.commit()
    page = browser.as_(world.max).get(f"/pipelines/{world.pipeline.id}/board?group={group}")
    assert f'id="deal-{world.deal.id}"' not in page.text and "1 this month, €1,000" in page.text
    answer = browser.part(f"/deals/{world.deal.id}/card?group={group}")
    assert f'id="deal-{world.deal.id}"' in answer.text and 'data-column=""' in answer.text


def test_a_drop_on_a_person_gives_the_deal_away(world, browser):
    answer = move(browser.as_(world.max), world.deal, "?group=owner", owner_id=world.mona.user_id)
    assert answer.status_code == 200 and f'data-column="{world.mona.user_id}"' in answer.text
    assert {str(world.max.user_id), str(world.mona.user_id)} <= set(re.findall(r'id="head-owner-(\d+)"', answer.text))
    world.session.refresh(world.deal)
    assert world.deal.owner_id == world.mona.user_id and world.deal.stage.slug == "lead"


def test_a_deal_that_is_given_out_of_sight_leaves_the_board(world, browser):
    world.acme.visibility = "own"
    world.session.commit()
    answer = move(browser.as_(world.max), world.deal, "?group=owner", owner_id=world.mona.user_id)
    assert answer.status_code == 200 and "It is no longer yours to see." in answer.text
    assert json.loads(answer.headers["HX-Trigger"])["card-gone"] == {"deal": world.deal.id}


def test_a_drop_that_the_filter_hides_says_so(world, browser):
    answer = move(browser.as_(world.max), world.deal, "?group=owner&owner=me", owner_id=world.mona.user_id)
    assert "“Scanners” is saved. The filter hides it here." in answer.text


@pytest.mark.parametrize("who", ["vera", "ruslan", "nobody"])
def test_a_deal_is_given_to_nobody_who_can_not_own_it(world, browser, who):
    ids = {"vera": world.vera.user_id, "ruslan": world.ruslan.user_id, "nobody": 999_999}
    answer = move(browser.as_(world.max), world.deal, "?group=owner", owner_id=ids[who])
    assert answer.status_code == 400 and "Choose one from the list." in answer.text and "<dialog" not in answer.text


def test_a_drop_on_a_month_sets_the_expected_close(world, browser):
    month = later(month_of(world.max.today()), 2)
    answer = move(browser.as_(world.max), world.deal, "?group=month", month=f"{month:%Y-%m}")
    assert answer.status_code == 200 and f'data-column="{month:%Y-%m}"' in answer.text
    world.session.refresh(world.deal)
    assert world.deal.expected_close_date == last_day(month)
    assert move(browser, world.deal, "?group=month", month="none").status_code == 200
    world.session.refresh(world.deal)
    assert world.deal.expected_close_date is None


def test_a_drop_on_later_is_one_on_the_first_month_beyond(world, browser):
    assert move(browser.as_(world.max), world.deal, "?group=month", month="later").status_code == 200
    world.session.refresh(world.deal)
    assert key_of_month(world.deal.expected_close_date, world.max.today()) == "later"


@pytest.mark.parametrize("month", ["earlier", "1999-01", "soon", "2026-13", "9999-99"])
def test_a_drop_on_the_past_or_on_nonsense_is_refused_in_words(world, browser, month):
    answer = move(browser.as_(world.max), world.deal, "?group=month", month=month)
    assert answer.status_code == 400 and answer.headers["HX-Reswap"] == "none" and "toast" in answer.text
    world.session.refresh(world.deal)
    assert world.deal.expected_close_date is None


@pytest.mark.parametrize("form", ["owner_id", "month"])
def test_who_may_not_change_the_deal_is_refused(world, browser, form):
    drop = {"owner_id": world.mona.user_id, "month": "later"}
    answer = move(browser.as_(world.lena), world.another_deal(by=world.mona), "?group=owner", **{form: drop[form]})
    assert answer.status_code == 403 and "Only the deal’s owner" in answer.text.replace("&#39;", "’")


@pytest.mark.parametrize(("form", "query"), [("owner_id", "?group=owner"), ("month", "?group=month")])
def test_a_stale_drop_says_who_was_first(world, browser, form, query):
    drop, seen = {"owner_id": world.olga.user_id, "month": "later"}, world.deal.version
    world.deal.assign(world.mona, by=world.olga)
    world.session.commit()
    answer = browser.as_(world.mona).send(f"/deals/{world.deal.id}/move{query}", {"version": seen, form: drop[form]})
    assert answer.status_code == 409 and "Olga Tester changed “Scanners”" in answer.text
    assert f'id="deal-{world.deal.id}"' in answer.text


def test_the_move_menu_offers_the_columns_of_the_board(world, browser):
    path = f"/deals/{world.deal.id}/move"
    people = browser.as_(world.max).part(f"{path}?group=owner").text
    assert f'name="owner_id" value="{world.mona.user_id}"' in people and world.vera.name not in people
    assert 'name="month" value="none"' in browser.part(f"{path}?group=month").text
    assert 'name="month"' not in browser.part(path).text and 'name="owner_id"' not in browser.part(path).text
    assert "targets" not in browser.as_(world.vera).part(f"{path}?group=month").text


@pytest.mark.parametrize("query", ["?group=owner", "?group=month", "?sort=amount&q=e", "?q=none+of+that"])
def test_every_board_takes_at_most_eight_statements_whatever_its_size(world, browser, statements, query):
    max_, counts = browser.as_(world.max), []
    for more in (10, 150):
        for number in range(more):
            world.another_deal(f"Deal {more}-{number}")
        world.session.commit()
        statements.clear()
        assert max_.get(f"/pipelines/{world.pipeline.id}/board{query}").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 8, counts
