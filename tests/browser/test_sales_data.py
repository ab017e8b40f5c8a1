"""The public sales data on a board: 2,089 open deals that are dragged without a hitch."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from crm.deals.models import Deal
from crm.pipelines.models import Stage
from tests.browser.hand import Mouse
from tests.browser.office import card, column, count
from tests.browser.windows import hearing


@pytest.fixture
def stages(maven):
    """Prospecting and Engaging."""
    return list(maven.session.scalars(select(Stage).where(Stage.slug.in_(("prospecting", "engaging"))).order_by("id")))


@pytest.fixture
def path(stages):
    return f"/pipelines/{stages[0].pipeline_id}/board"


def top(maven, stage, number=5):
    query = select(Deal).where(Deal.stage_id == stage.id).order_by(Deal.rank).limit(number)
    return list(maven.session.scalars(query.execution_options(populate_existing=True)))


def shown(page, stage):
    """The numbers of the deals that the column shows, from top to bottom."""
    cards = page.locator(f"#cards-{stage.id} > .card")
    return [int(number) for number in cards.evaluate_all("cards => cards.map(({ dataset }) => dataset.deal)")]


def test_the_board_opens_with_the_first_cards_and_the_sums_of_all(maven, stages, path):
    page = maven.window(maven.olga, path)
    for stage in stages:
        expect(count(page, stage)).to_have_text(f"{len(maven.order(stage)):,}")
        assert shown(page, stage) == maven.order(stage)[:20]
    expect(page.locator("#sums")).to_contain_text("2,089 open deals")


def test_a_column_pages_as_it_scrolls_in_order_and_no_card_twice(maven, stages, path):
    page, (prospecting, _) = maven.window(maven.olga, path), stages
    column(page, prospecting).first.hover()
    for pages in range(2, 8):
        page.mouse.wheel(0, 20_000)
        expect(column(page, prospecting)).to_have_count(20 * pages)
    assert shown(page, prospecting) == maven.order(prospecting)[:140]


def test_a_drag_within_a_column_is_saved(maven, stages, path):
    first, second, third, *_ = top(maven, stages[1])
    page = maven.window(maven.olga, path)
    Mouse(page).drag(first, below=third)
    expect(card(page, first)).not_to_have_attribute("data-version", str(first.version))
    assert maven.order(stages[1])[:3] == shown(page, stages[1])[:3] == [second.id, third.id, first.id]


def test_a_drag_between_columns_is_saved_and_both_heads_say_so(maven, stages, path):
    prospecting, engaging = stages
    (deal, *_), (_, below, *_) = top(maven, prospecting), top(maven, engaging)
    before = [len(maven.order(stage)) for stage in stages]
    page = maven.window(maven.olga, path)
    Mouse(page).drag(deal, below=below)
    expect(count(page, prospecting)).to_have_text(f"{before[0] - 1:,}")
    expect(count(page, engaging)).to_have_text(f"{before[1] + 1:,}")
    assert maven.order(engaging)[2] == deal.id


def test_a_refused_move_glides_back_and_says_why(maven, stages, path):
    deal = maven.deal("Way back", by=maven.max, stage=stages[1])
    page = maven.window(maven.max, path)
    Mouse(page).drag(deal, below=top(maven, stages[0])[1])
    expect(page.locator(".toast")).to_contain_text("Only owners and admins can move a deal back.")
    expect(card(page, deal)).to_contain_text("Put back")
    assert shown(page, stages[1])[0] == deal.id == maven.order(stages[1])[0]


def test_a_card_that_someone_else_moved_meanwhile_goes_where_they_put_it(maven, stages, path):
    prospecting, engaging = stages
    deal, _, other, *_ = top(maven, prospecting)
    page = maven.window(maven.olga, path)
    hand = Mouse(page)
    hand.lift(deal)
    hand.carry(deal, below=other)
    maven.stored(deal).move_to(engaging, after=maven.order(engaging)[2], by=maven.mona)
    maven.session.commit()
    hand.let_go()
    expect(page.locator(".toast")).to_contain_text(f"Mona Meyer moved “{deal.title}” to Engaging")
    expect(page.locator(f"#cards-{engaging.id} #deal-{deal.id}")).to_be_visible()
    assert shown(page, engaging)[:5] == maven.order(engaging)[:5] and deal.id not in shown(page, prospecting)


def test_a_second_window_shows_the_move_within_a_second_without_a_reload(maven, stages, path):
    prospecting, engaging = stages
    deal, below = top(maven, prospecting)[0], top(maven, engaging)[0]
    page, second = maven.window(maven.olga, path), hearing(maven.window(maven.mona, path))
    second.evaluate("window.untouched = true")
    Mouse(page).drag(deal, below=below)
    expect(second.locator(f"#cards-{engaging.id} #deal-{deal.id}")).to_be_visible(timeout=1000)
    expect(count(second, engaging)).to_have_text(count(page, engaging).inner_text())
    assert shown(second, engaging)[:3] == shown(page, engaging)[:3] and second.evaluate("window.untouched")
