"""The stream that a tab opens: where it begins, who gets one, and what is drawn for whom."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from crm import live
from crm.board.news import ShownBoard
from crm.database import db
from crm.events import Desk
from crm.hub import Note
from crm.organizations.models import Membership
from crm.positions import position

# A position that does not see this test, which is one transaction, and is not ahead of others that are on their way.
BEFORE = """select least(pg_current_xact_id()::text::bigint,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"""


@pytest.fixture(autouse=True)
def deaf(monkeypatch):
    """No listener: the tests' own transaction is never committed."""
    monkeypatch.setattr(live.hub, "join", lambda viewer, dsn: None)


def shown_by(page: str) -> dict[str, str]:
    return {name: re.search(f'data-{name}="([^"]+)"', page)[1] for name in ("pipeline", "view", "position")}


def began(browser: Any, **asked: str) -> str:
    answer = browser.client.get("/live", query_string=asked, buffered=False)
    assert answer.status_code == 200
    first = next(iter(answer.response)).decode()
    answer.close()
    return first


@pytest.mark.parametrize("query", ["", "?q=Scan+ners&owner=7", "?rotting=1", "?next=none&q=%C3%A4"])
def test_a_page_s_board_is_the_one_that_its_stream_draws(world, browser, query):
    max_ = browser.as_(world.max)
    page = max_.get(f"/deals/{query}").text
    said = shown_by(page)
    address = re.search('data-card-url="[^"?]*([^"]*)"', page)[1].replace("&amp;", "&")
    path = f"/live?{address.lstrip('?')}&pipeline={said['pipeline']}&view={said['view']}&after={said['position']}"
    answer = max_.client.get(path, buffered=False)
    first = next(iter(answer.response)).decode()
    answer.close()
    assert "event: reload" not in first
    assert re.search(r"^id: \d+:\d+:[\d,]*\nevent: beat$", first, re.M)


@pytest.mark.parametrize("change", ["sight", "language", "column", "filter", "person"])
def test_a_page_made_for_another_sight_is_loaded_anew(world, browser, change):
    said = shown_by(browser.as_(world.max).get("/deals/").text)
    if change == "sight":
        world.acme.visibility = "own"
    if change == "language":
        world.max.user.timezone = "Asia/Tokyo"
    if change == "column":
        world.stage("proposal").name = "Offer"
    if change == "filter":
        said["owner"] = "7"
    world.session.commit()
    if change == "person":
        browser.as_(world.lena)
    assert "event: reload" in began(browser, after=said.pop("position"), **said)


@pytest.mark.parametrize("after", ["7", "nonsense", "9:8:", "9:12:13", "1:9223372036854775807:", "1:1:'", "0:0:"])
def test_a_position_that_none_was_means_a_reload(world, browser, after):
    assert "event: reload" in began(browser.as_(world.max), after=after)


def test_a_snapshot_is_a_position(session):
    for said in ("700:700:", "700:703:700,702", session.scalar(text("select pg_current_snapshot()::text"))):
        assert position(said) == said
    for said in ("", "7:6:", "7:9:9", "7:9:8,7", "07", "7:9:8,", "9" * 30 + ":1:", "7:9:" + "8," * 900 + "8"):
        assert position(said) is None


def test_a_tab_without_a_stream_asks_and_hears_the_same(world, browser):
    max_, bolt = browser.as_(world.max), world.bolt.id
    world.deal.log("comment", "Hello", by=world.mona)
    world.session.commit()
    before = world.session.scalar(text(BEFORE))
    answer = max_.get(f"/live/since?after={before}:{before}:")
    assert {"deal": world.deal.id} in answer.json["notes"] and position(answer.json["position"])
    assert answer.headers["Cache-Control"] == "no-store"
    other = max_.get(f"/live/since?after=1:1:&organization={bolt}")
    assert other.status_code == 409


def test_when_there_is_no_room_a_stream_is_refused_for_a_while(app, world, browser, monkeypatch):
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], streams=0))
    answer = browser.as_(world.max).get("/live")
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    assert not live.hub.viewers


def test_a_stream_that_never_starts_takes_no_place(browser, world):
    max_ = browser.as_(world.max)
    assert max_.client.head("/live").status_code == 200
    max_.client.get("/live", buffered=False).close()
    assert not live.hub.viewers


def test_what_waits_when_access_ends_is_not_drawn_any_more(app, world, board, note):
    viewer = live.Viewer(world.acme.id, world.max.user_id, "session")
    viewer.inbox.put(note)
    viewer.inbox.put(None)
    told = list(live.events(viewer, "", Desk(app, world.max, board)))
    assert told == ["", live.BEAT]


def test_nobody_takes_all_the_places(world, browser, monkeypatch):
    others = [live.Viewer(world.acme.id, world.max.user_id, "another") for _ in range(19)]
    monkeypatch.setattr(live.hub, "present", lambda: others)
    max_ = browser.as_(world.max)
    began(max_)
    assert [one.inbox.qsize() for one in others] == [1] * 10 + [0] * 9  # the oldest end
    others.append(others[0])
    assert max_.get("/live").status_code == 503
    began(browser.as_(world.mona))


def test_access_that_ends_before_the_stream_hears_of_it_opens_none(world, browser, monkeypatch):
    def join(viewer: live.Viewer, dsn: str) -> bool:
        member = db.session.get(Membership, (viewer.organization_id, viewer.user_id))
        member.ended_at = datetime.now(UTC)
        db.session.commit()
        return True

    monkeypatch.setattr(live.hub, "join", join)
    assert browser.as_(world.max).get("/live").status_code == 503
    assert not live.hub.viewers


def drawn(app: Any, member: Membership, note: Note, board: ShownBoard) -> dict[str, Any]:
    told = Desk(app, member, board).told(note)
    return json.loads(re.search("^data: (.*)$", told, re.M)[1])


@pytest.fixture
def board(world) -> ShownBoard:
    return ShownBoard("http://localhost/", world.pipeline.id, "", is_current=True)


@pytest.fixture
def note(world) -> Note:
    told = {"organization": world.acme.id, "deal": world.deal.id, "owners": [world.max.user_id], "position": "7:7:"}
    world.session.commit()
    return Note(told)


def test_the_card_is_drawn_by_what_each_viewer_may(app, world, board, note):
    people = {name: drawn(app, getattr(world, name), note, board) for name in ("max", "lena", "mona", "vera", "olga")}
    assert all(
        "Scanners" in one["card"] and f'id="head-{world.stage("lead").id}"' in one["heads"] for one in people.values()
    )
    assert {name for name, one in people.items() if "data-move" in one["card"]} == {"max", "lena", "mona", "olga"}
    assert 'hx-get="/stages' not in people["vera"]["heads"] and 'hx-get="/stages' in people["mona"]["heads"]


def test_it_is_drawn_once_for_those_who_look_alike(app, world, board, note, statements):
    world.adam.role = "manager"
    world.session.commit()
    drawn(app, world.mona, note, board)
    statements.clear()
    assert Desk(app, world.adam, board).told(note) == Desk(app, world.mona, board).told(note)
    assert not statements


def test_what_is_drawn_for_many_tells_of_none_of_them(app, world, board, note):
    told = Desk(app, world.mona, board).told(note)
    assert world.mona.name not in told and world.mona.user.email not in told
    assert not re.search(r'csrf_token[^>]*value=\\"[^\\]', told)


def test_who_does_not_see_the_deal_gets_its_place_emptied_and_a_stranger_nothing(app, world, board, note):
    world.acme.visibility = "own"
    world.session.commit()
    one = drawn(app, world.vera, note, board)
    assert one["gone"] and one["card"].strip() == "" and "Scanners" not in one["heads"]
    assert drawn(app, world.ruslan, note, board) == {"deal": world.deal.id, "card": "", "heads": ""}
    assert "gone" not in drawn(app, world.max, note, board)


def test_a_card_that_the_filter_leaves_out_goes_and_the_heads_say_filtered(app, world, board, note):
    filtered = replace(board, query=f"owner={world.mona.user_id}")
    one = drawn(app, world.olga, note, filtered)
    assert one["gone"] and "filtered" in one["heads"]
    assert "gone" not in drawn(app, world.olga, note, replace(board, query=f"owner={world.max.user_id}"))


def test_a_card_asked_for_on_a_board_that_leaves_it_out_is_told_to_go(world, browser):
    olga = browser.as_(world.olga)
    answer = olga.part(f"/deals/{world.deal.id}/card?owner={world.mona.user_id}")
    assert "card-gone" in answer.headers["HX-Trigger"] and f'id="deal-{world.deal.id}"' not in answer.text
    assert "HX-Trigger" not in olga.part(f"/deals/{world.deal.id}/card?owner={world.max.user_id}").headers


def test_a_deal_of_another_board_changes_nothing_here(app, world, note):
    another = ShownBoard("http://localhost/", world.foreign["pipeline"], "", is_current=True)
    assert drawn(app, world.mona, note, another) == {"deal": world.deal.id, "card": "", "heads": ""}


def test_what_can_t_be_drawn_is_told_bare_and_logged_once(app, world, board, note, monkeypatch, caplog):
    monkeypatch.setattr(ShownBoard, "draw", lambda board, deal_id: 1 / 0)
    assert drawn(app, world.mona, note, board) == drawn(app, world.mona, note, board) == {"deal": world.deal.id}
    assert [record.message for record in caplog.records] == ["a note could not be drawn"]


def own_board(world, member: Membership) -> ShownBoard:
    here = {"owners": frozenset({member.user_id}), "viewer": member.user_id}
    return ShownBoard("http://localhost/", world.pipeline.id, "owner=me", is_current=True, **here)


def told_to(app: Any, world: Any, member: Membership, *notes: Note) -> dict[str, Any]:
    told = Desk(app, member, own_board(world, member)).tells(notes)
    return json.loads(re.search("^data: (.*)$", told, re.M)[1])


def test_a_board_of_one_s_own_deals_is_drawn_for_its_viewer_alone(app, world, note):
    assert "Scanners" in told_to(app, world, world.max, note)["card"]
    assert told_to(app, world, world.mona, note) == {"deal": world.deal.id, "card": "", "heads": ""}


def test_a_deal_that_went_through_several_hands_leaves_the_boards_of_all_who_had_it(app, world, note):
    world.deal.assign(world.mona, by=world.olga)
    world.session.commit()
    passed_on = Note(note | {"owners": [world.lena.user_id, world.mona.user_id]})
    assert told_to(app, world, world.max, note, passed_on)["gone"] is True
    assert "Scanners" in told_to(app, world, world.mona, note, passed_on)["card"]
