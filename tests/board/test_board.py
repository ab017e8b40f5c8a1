"""The board page: columns, sums, filters, pages of cards."""

from decimal import Decimal

import pytest


def board(world, query=""):
    return f"/pipelines/{world.pipeline.id}/board{query}"


def test_a_member_sees_columns_and_cards(world, browser):
    page = browser.as_(world.max).get("/deals/")
    assert page.status_code == 200
    assert "Scanners" in page.text and "Qualification" in page.text and "Call Jonas" in page.text


def test_heads_count_and_sum_the_whole_column(world, browser):
    for number in range(25):
        world.another_deal(f"Deal {number}", amount=Decimal("10.10"))
    world.session.commit()
    page = browser.as_(world.max).get(board(world))
    assert page.text.count('class="card"') == 20
    assert "€1,253" in page.text  # 1000 + 25 × 10.10 = 1252.50, half away from zero
    assert "€125" in page.text


def test_further_cards_come_in_order_and_none_twice(world, browser):
    import re

    for number in range(45):
        world.another_deal(f"Deal {number}")
    world.session.commit()
    max_ = browser.as_(world.max)
    seen, answer = [], max_.get(board(world))
    while answer:
        seen += [int(rank, 16) for rank in re.findall(r'data-rank="([0-9a-f]+)"', answer.text)]
        more = re.search(r'hx-get="(/stages/\d+/cards[^"]+)"', answer.text)
        answer = max_.part(more.group(1).replace("&amp;", "&")) if more else None
    assert len(seen) == 46 and seen == sorted(seen) and len(set(seen)) == 46


def test_the_board_takes_at_most_eight_statements_whatever_its_size(world, browser, statements):
    max_ = browser.as_(world.max)
    counts = []
    for more in (10, 150):
        for number in range(more):
            world.another_deal(f"{more}-{number}")
        world.session.commit()
        statements.clear()
        assert max_.get(board(world)).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 8, counts


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?q=scan", {"Scanners"}),
        ("?q=tester+corp", {"Scanners"}),
        ("?q=jonas", {"Scanners"}),
        ("?q=%25", set()),
        ("?next=none", {"Idle"}),
        ("?owner={mona}", {"Idle"}),
        ("?owner=999999", set()),
        ("?owner=rubbish", {"Scanners", "Idle"}),
    ],
)
def test_filters_narrow_cards_and_sums_alike(world, browser, query, shown):
    world.another_deal("Idle", by=world.mona)
    world.session.commit()
    page = browser.as_(world.max).get(board(world, query.format(mona=world.mona.user_id)))
    assert {title for title in ("Scanners", "Idle") if f">{title}</a>" in page.text} == shown
    assert f"<b>{len(shown)}</b>" in page.text


def test_a_deal_in_another_currency_is_told_apart(world, browser):
    world.another_deal("Dollars", amount=Decimal(777)).currency = "USD"
    world.session.commit()
    page = browser.as_(world.max).get(board(world))
    assert "1 in another currency" in page.text and "€1,777" not in page.text


def test_quick_add_makes_a_deal_and_stays_open(world, browser):
    path = f"/stages/{world.stage('lead').id}/deals"
    answer = browser.as_(world.max).send(path, {"title": "Gate sensors", "who": "New Corp", "amount": "24,500"})
    assert answer.status_code == 200
    assert "Gate sensors" in answer.text and "€24,500" in answer.text and 'class="quick-add"' in answer.text


def test_quick_add_without_a_title_keeps_the_rest(world, browser):
    path = f"/stages/{world.stage('lead').id}/deals"
    answer = browser.as_(world.max).send(path, {"title": " ", "who": "New Corp", "amount": "1"})
    assert answer.status_code == 400 and "Give the deal a title." in answer.text and 'value="New Corp"' in answer.text


def test_a_viewer_sees_no_way_to_add_or_move(world, browser):
    page = browser.as_(world.vera).get(board(world))
    assert " data-move" not in page.text and "/stages/" not in page.text
    assert browser.send(f"/stages/{world.stage('lead').id}/deals", {"title": "x"}).status_code == 403


def test_one_card_can_be_asked_for(world, browser):
    answer = browser.as_(world.max).part(f"/deals/{world.deal.id}/card")
    assert answer.status_code == 200 and f'id="deal-{world.deal.id}"' in answer.text
    assert browser.part(f"/deals/{world.foreign['deal']}/card").status_code == 404
