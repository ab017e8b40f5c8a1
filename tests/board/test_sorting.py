"""The order of the cards in a column, page by page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from crm.board.filters import GROUPS, SORTS, Filter
from crm.board.layout import lay_out
from crm.board.queries import PAGE
from crm.deals.operations import open_deal
from crm.organizations.currencies import add_currency
from crm.tasks.models import add_task


def titles(world, **shown):
    layout = lay_out(world.session, world.max, world.pipeline, Filter(**shown))
    return [[card.title for card in column.cards] for column in layout.open if column.cards]


@pytest.fixture
def three(world):
    """On top the last one made: Cheap, then Dear, then Scanners, which has a step tomorrow."""
    dear = world.another_deal("Dear", amount=Decimal(9000))
    cheap = world.another_deal("Cheap", amount=Decimal(3000), currency="USD")
    add_task(dear, "Call", world.max.today(), by=world.max)
    dear.stage_entered_at = datetime.now(UTC) - timedelta(days=3)
    cheap.stage_entered_at = datetime.now(UTC) - timedelta(days=9)
    world.session.commit()
    return dear, cheap


def test_cards_stand_as_people_put_them_unless_another_order_is_asked_for(world, three):
    assert titles(world) == [["Cheap", "Dear", "Scanners"]]


def test_the_next_step_that_is_due_first_is_on_top_and_none_comes_last(world, three):
    assert titles(world, sort="next_step") == [["Dear", "Scanners", "Cheap"]]


def test_the_largest_amount_is_on_top_at_the_organizations_rates(world, three):
    assert titles(world, sort="amount") == [["Dear", "Scanners", "Cheap"]]  # without a rate last
    add_currency(world.session, "USD", Decimal("0.9"), by=world.olga)
    world.session.commit()
    assert titles(world, sort="amount") == [["Dear", "Cheap", "Scanners"]]


def test_what_is_in_its_stage_for_longest_is_on_top(world, three):
    assert titles(world, sort="age") == [["Cheap", "Dear", "Scanners"]]


def test_where_stages_are_mixed_they_follow_each_other(world, three):
    dear, _ = three
    dear.move_to(world.stage("proposal"), by=world.max)
    world.session.commit()
    assert titles(world, group="owner") == [["Cheap", "Scanners", "Dear"]]


@pytest.fixture
def many(world):
    """Two pages and a bit in one column, whatever it stands for; many are alike."""
    for number in range(2 * PAGE + 5):
        values = {"title": f"Deal {number}", "amount": Decimal(number % 3)}
        open_deal(world.session, world.stage("lead"), values, by=world.max)
    world.session.commit()


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("sort", SORTS)
def test_further_cards_come_in_order_and_none_twice(world, browser, many, sort, group):
    max_ = browser.as_(world.max)
    answer = max_.get(f"/pipelines/{world.pipeline.id}/board?sort={sort}&group={group}&q=e")
    seen, pages = [], 0
    while answer:
        pages += 1
        seen += [
            (int(rank, 16), int(id))
            for id, rank in re.findall(r'data-deal="(\d+)".* data-rank="([0-9a-f]+)"', answer.text)
        ]
        more = re.search(r'hx-get="(/(?:stages|pipelines)/\d+/cards[^"]+)"', answer.text)
        answer = max_.part(more.group(1).replace("&amp;", "&")) if more else None
    assert pages == 3 and len(seen) == 2 * PAGE + 6 and seen == sorted(set(seen))


@pytest.mark.parametrize("after", ["x", "", "1", "1~", "~1", "--5~1", "9" * 20 + "~1", "1~" + "9" * 20, "1~-1", "²~1"])
def test_a_place_that_can_not_be_is_a_404(world, browser, after):
    path = f"/stages/{world.stage('lead').id}/cards"
    assert browser.as_(world.max).part(f"{path}?after={after}").status_code == 404
    assert "Scanners" in browser.part(path).text


@pytest.mark.parametrize(
    "query", ["", "?column=1", "?group=owner", "?group=owner&column=%00", "?group=month&column=a b"]
)
def test_a_column_that_can_not_be_is_a_400(world, browser, query):
    path = f"/pipelines/{world.pipeline.id}/cards"
    assert browser.as_(world.max).part(path + query).status_code == 400
    assert "Scanners" in browser.part(f"{path}?group=owner&column={world.max.user_id}").text
    assert "Scanners" not in browser.part(f"{path}?group=owner&column={world.foreign['user']}").text


def test_only_the_own_order_offers_places(world, browser):
    path = f"/pipelines/{world.pipeline.id}/board"
    assert " data-placed" in browser.as_(world.max).get(path).text
    for query in ("?sort=amount", "?group=owner", "?group=month"):
        assert " data-placed" not in browser.get(path + query).text
