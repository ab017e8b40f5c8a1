"""Every answer is drawn for the board that asked: its columns, its filter, its sums."""

from __future__ import annotations

import json
import re

import pytest

from crm.pipelines.queries import lost_reasons_of

BY_OWNER = "?group=owner"


@pytest.fixture
def max_(world, browser):
    return browser.as_(world.max)


def events(answer):
    return json.loads(answer.headers.get("HX-Trigger", "{}"))


def actions(markup):
    """Where the forms of a part lead, by script and without."""
    return re.findall(r'<form[^>]* (?:action|hx-post)="([^"]+)"', markup) + re.findall(r' hx-post="([^"]+)"', markup)


@pytest.mark.parametrize("kind", ["", "&kind=call"])
def test_the_sheet_of_a_card_s_menu_saves_for_its_board(world, max_, kind):
    path = f"/deals/{world.deal.id}/update{BY_OWNER}"
    assert set(actions(max_.part(path + kind).text)) == {path}
    refused = max_.send(path, {"kind": "email"})
    assert refused.status_code == 400 and set(actions(refused.text)) == {path}


def test_the_sheet_of_a_phone_comes_anew_with_each_filter(world, max_):
    board = f"/pipelines/{world.pipeline.id}/board"
    view = max_.part(board + BY_OWNER).text
    assert '<template id="update-sheet">' in view and f'action="/deals/0/update{BY_OWNER}"' in view
    assert max_.get(board).text.count('id="update-sheet"') == 1


def test_won_and_lost_from_a_card_s_menu_are_answered_for_its_board(world, max_):
    move, lost = f"/deals/{world.deal.id}/move", world.stage("lost")
    assert f'href="{move}/{lost.id}{BY_OWNER}"' in max_.part(move + BY_OWNER).text
    for dialog in (max_.part(f"{move}/{lost.id}{BY_OWNER}"), max_.send(move + BY_OWNER, {"stage_id": lost.id})):
        assert "<dialog" in dialog.text and set(actions(dialog.text)) == {move + BY_OWNER}


def test_a_quick_deal_is_answered_for_its_board(world, max_):
    path = f"/stages/{world.stage('lead').id}/deals?q=robots"
    assert f'hx-get="{path}"' in max_.get("/deals/?q=robots").text
    assert actions(max_.part(path).text)[0] == path
    added = max_.send(path, {"title": "Robots"}).text
    assert "filtered" in added and set(actions(added)) == {path}


@pytest.mark.parametrize("closed", [False, True])
def test_what_a_deal_s_panel_moves_is_asked_for_anew_by_the_board_below(world, max_, browser, closed):
    form = {"record": "1", "stage_id": world.stage("won" if closed else "proposal").id}
    answer = max_.send(f"/deals/{world.deal.id}/move", form)
    again = browser.as_(world.olga).send(f"/deals/{world.deal.id}/reopen", {"record": "1"}) if closed else answer
    assert ("Won: Scanners" in answer.text) is closed
    for one in (answer, again):
        assert events(one) == {"close-dialog": True, "deal-changed": {"deal": world.deal.id}}
        assert 'id="deal-head"' in one.text and 'id="timeline"' in one.text
        assert not re.search(r'id="(sums|head-|folded-|deal-\d)', one.text)


def test_a_panel_that_was_late_is_told_so_and_shows_the_deal_as_it_is(world, max_):
    seen = world.deal.version
    world.deal.move_to(world.stage("contract"), by=world.mona)
    world.session.commit()
    form = {"record": "1", "version": seen, "stage_id": world.stage("proposal").id}
    answer = max_.send(f"/deals/{world.deal.id}/move", form)
    assert answer.status_code == 409 and "Mona Tester moved “Scanners” to Contract" in answer.text
    assert 'id="deal-head"' in answer.text and not re.search(r'id="(sums|head-|deal-\d)', answer.text)
    assert events(answer) == {"deal-changed": {"deal": world.deal.id}}


@pytest.mark.parametrize("path", ["move", "update"])
@pytest.mark.parametrize("late", [False, True])
def test_a_card_without_a_place_on_its_board_is_told_to_go(world, max_, path, late):
    seen = world.deal.version
    world.deal.change({"title": "Robots"}, by=world.mona)
    world.session.commit()
    form = {"text": "Seen", "stage_id": world.stage("proposal").id, "version": seen if late else world.deal.version}
    answer = max_.send(f"/deals/{world.deal.id}/{path}?q=scanners", form)
    assert answer.status_code == (409 if late else 200)
    assert events(answer)["card-gone"] == {"deal": world.deal.id}
    here = max_.send(f"/deals/{world.deal.id}/{path}?q=robots", form | {"version": 1})
    assert here.status_code == 409 and "card-gone" not in events(here)


@pytest.mark.parametrize("query", ["", BY_OWNER])
def test_the_dock_counts_what_was_just_closed(world, max_, query):
    won, lost = world.stage("won"), world.stage("lost")
    reason = world.session.scalars(lost_reasons_of(world.olga)).first()
    world.another_deal().move_to(lost, by=world.max, filled={"lost_reason_id": reason.id})
    world.session.commit()
    page = max_.get(f"/deals/{query}").text
    assert f'id="dock-{won.id}">0 this month, €0<' in page and f'id="dock-{lost.id}">1 this month, €' in page
    answer = max_.send(f"/deals/{world.deal.id}/move{query}", {"stage_id": won.id})
    assert f'hx-swap-oob="innerHTML:#dock-{won.id}">1 this month, €' in answer.text


def test_a_lost_deal_s_reason_is_announced_beside_the_sum(world, max_):
    asks = re.compile(r"asks for a reason</small><small id=\"dock-")
    assert asks.search(max_.get("/deals/").text)
    world.acme.lost_reason_required = False
    world.session.commit()
    assert not asks.search(max_.get("/deals/").text)


@pytest.mark.parametrize("query", ["", BY_OWNER, "?group=month"])
def test_all_forms_that_move_a_deal_wait_for_the_network(world, max_, query):
    world.acme.lost_reason_required = True
    menu = max_.part(f"/deals/{world.deal.id}/move{query}").text
    dialog = max_.part(f"/deals/{world.deal.id}/move/{world.stage('lost').id}{query}").text
    forms = re.findall(r"<form[^>]*>", menu + dialog)
    assert len(forms) == (3 if query else 2)
    assert all('data-outbox="Move of Scanners"' in form for form in forms)


def test_the_menu_dials_and_writes_as_telephones_and_mailers_want_it(world, max_):
    world.contact.phone, world.contact.email = "+49 (30) 12-34", "a?b@brandt.example"
    world.session.commit()
    for part in ("move", "update/brief"):
        markup = max_.part(f"/deals/{world.deal.id}/{part}").text
        assert 'href="tel:+49301234"' in markup and 'href="mailto:a%3Fb@brandt.example"' in markup


def test_a_card_that_is_asked_for_or_was_moved_meanwhile_comes_with_all_heads(world, max_):
    """What others did has changed the sums of any column."""
    path, stages = f"/deals/{world.deal.id}", world.pipeline.open_stages
    asked = max_.part(f"{path}/card")
    late = max_.send(f"{path}/move", {"stage_id": stages[1].id, "version": 99})
    assert (asked.status_code, late.status_code) == (200, 409)
    for answer in (asked, late):
        assert f'id="deal-{world.deal.id}"' in answer.text
        assert all(f'id="head-{stage.id}"' in answer.text for stage in stages)
