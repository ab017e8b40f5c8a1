"""Moves as a browser sends them, and what it gets back."""

from __future__ import annotations

import re


def move(browser, deal, **form):
    return browser.send(f"/deals/{deal.id}/move", {"version": deal.version} | form)


def test_a_move_answers_with_the_card_and_both_heads(world, browser):
    lead, proposal = world.stage("lead"), world.stage("proposal")
    answer = move(browser.as_(world.max), world.deal, stage_id=proposal.id)
    assert answer.status_code == 200
    assert f'data-stage="{proposal.id}"' in answer.text
    assert set(re.findall(r'id="head-(\d+)"', answer.text)) == {str(lead.id), str(proposal.id)}
    assert "<html" not in answer.text and len(answer.data) < 6000


def test_a_plain_form_goes_back_to_the_board(world, browser):
    path = f"/deals/{world.deal.id}/move"
    answer = browser.as_(world.max).post(path, {"stage_id": world.stage("proposal").id})
    assert (answer.status_code, answer.location) == (303, f"/pipelines/{world.pipeline.id}/board")


def test_a_stale_move_says_who_was_first_and_brings_the_card(world, browser):
    mona = browser.as_(world.mona)
    seen = world.deal.version
    world.deal.move_to(world.stage("contract"), by=world.max)
    world.session.commit()
    answer = mona.send(f"/deals/{world.deal.id}/move", {"version": seen, "stage_id": world.stage("proposal").id})
    assert answer.status_code == 409 and answer.headers["HX-Reswap"] == "none"
    assert "Max Tester moved “Scanners” to Contract" in answer.text
    assert f'data-stage="{world.stage("contract").id}"' in answer.text


def test_moving_back_is_refused_in_words(world, browser):
    world.deal.move_to(world.stage("contract"), by=world.max)
    world.session.commit()
    answer = move(browser.as_(world.max), world.deal, stage_id=world.stage("lead").id)
    assert answer.status_code == 403
    assert "Only owners and admins can move a deal back." in answer.text


def test_losing_asks_for_the_reason_in_a_dialog(world, browser):
    lost = world.stage("lost")
    answer = move(browser.as_(world.max), world.deal, stage_id=lost.id)
    assert answer.status_code == 400 and "<dialog" in answer.text and "Chose a competitor" in answer.text
    chosen = re.search(r'value="(\d+)">Price', answer.text).group(1)
    answer = move(browser, world.deal, stage_id=lost.id, lost_reason_id=chosen)
    assert answer.status_code == 200 and 'id="folded-' in answer.text
    world.session.refresh(world.deal)
    assert world.deal.status == "lost"


def test_a_bad_amount_in_the_dialog_keeps_what_was_typed(world, browser):
    free = world.another_deal("Free", amount=0)
    world.session.commit()
    answer = move(browser.as_(world.max), free, stage_id=world.stage("won").id, amount="much")
    assert answer.status_code == 400 and 'value="much"' in answer.text
    assert "Type an amount such as 1,250.00." in answer.text
    world.session.refresh(free)
    assert free.status == "new"


def test_a_win_without_an_amount_asks_for_it(world, browser):
    free = world.another_deal("Free", amount=0)
    world.session.commit()
    won = world.stage("won")
    answer = move(browser.as_(world.max), free, stage_id=won.id)
    assert answer.status_code == 400 and 'name="amount"' in answer.text
    assert move(browser, free, stage_id=won.id, amount="1,500.50").status_code == 200


def test_a_stage_of_another_organization_is_not_on_this_board(world, browser):
    answer = move(browser.as_(world.max), world.deal, stage_id=world.foreign["stage"])
    assert answer.status_code == 400
    world.session.refresh(world.deal)
    assert world.deal.stage.slug == "lead"


def test_nonsense_in_a_move_is_a_400(world, browser):
    max_ = browser.as_(world.max)
    for form in ({"stage_id": "x"}, {"stage_id": "9" * 30}, {}, {"stage_id": "-1"}):
        assert max_.send(f"/deals/{world.deal.id}/move", form).status_code == 400, form


def test_a_move_takes_at_most_eight_statements(world, browser, statements):
    max_ = browser.as_(world.max)
    other = world.another_deal(stage="proposal")
    world.session.commit()
    statements.clear()
    answer = move(max_, world.deal, stage_id=world.stage("proposal").id, after_id=other.id)
    assert answer.status_code == 200
    assert len(statements) <= 8, statements


def test_the_move_menu_says_what_is_not_allowed(world, browser):
    world.deal.move_to(world.stage("proposal"), by=world.max)
    world.session.commit()
    menu = browser.as_(world.max).part(f"/deals/{world.deal.id}/move")
    assert "Only owners and admins can move a deal back." in menu.text
    assert "Only owners and admins" not in browser.as_(world.olga).part(f"/deals/{world.deal.id}/move").text


def test_a_win_is_celebrated_on_the_board_and_on_the_deal_s_own_page(world, browser):
    max_, won = browser.as_(world.max), world.stage("won")
    assert "cheer" in move(max_, world.deal, stage_id=won.id).text
    other = world.another_deal()
    world.session.commit()
    assert "cheer" in move(max_, other, stage_id=won.id, record=1).text
    world.max.user.celebrates = False
    third = world.another_deal()
    world.session.commit()
    calm = move(max_, third, stage_id=won.id).text
    assert "Won: Another" in calm and "cheer" not in calm
