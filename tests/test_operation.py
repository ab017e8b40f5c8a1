"""What the operator sees: health, logs, headers, and streams that end."""

from __future__ import annotations

import json
import logging
import queue
from threading import Thread

from crm.events import event, latest
from crm.hub import Hub, Note, Viewer
from crm.logs import JsonLines


def test_health_says_that_the_process_lives(browser):
    assert browser.get("/health").json == {"status": "ok"}


def test_readiness_tells_of_database_migrations_and_queue(browser):
    body = browser.get("/health/ready").json
    assert body["status"] == "ok" and body["database"] == "ok" and body["queue"]["waiting"] == 0


def test_readiness_is_refused_while_the_schema_is_another(app, browser, monkeypatch):
    monkeypatch.setitem(app.extensions, "schema_head", "9999")
    answer = browser.get("/health/ready")
    assert answer.status_code == 503 and "wanted 9999" in answer.json["migrations"]


def test_a_log_line_is_json_with_who_and_what(app, world, browser, caplog):
    with caplog.at_level(logging.INFO, logger="crm"):
        browser.as_(world.max).get("/deals/", headers={"X-Request-Id": "from-the-proxy-1"})
    record = [one for one in caplog.records if getattr(one, "path", "") == "/deals/"][-1]
    line = json.loads(JsonLines().format(record))
    assert (line["message"], line["status"], line["method"]) == ("request", 200, "GET") and line["ms"] > 0


def test_an_answer_carries_its_number_and_the_policy(browser):
    answer = browser.get("/sign-in", headers={"X-Request-Id": "from-the-proxy-1"})
    assert answer.headers["X-Request-Id"] == "from-the-proxy-1"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert browser.get("/sign-in", headers={"X-Request-Id": "<script>"}).headers["X-Request-Id"] != "<script>"


def test_pages_are_kept_by_nobody_and_files_for_long(app, browser):
    assert browser.get("/sign-in").headers["Cache-Control"] == "no-store"
    version = app.extensions["assets"].version
    assert "immutable" in browser.get(f"/assets/{version}/app.css").headers["Cache-Control"]
    assert browser.get("/assets/old/app.css").headers["Cache-Control"] == "no-cache"


def listening(organization: int = 1, user: int = 1, session: str = "s") -> tuple[Hub, Viewer]:
    hub, viewer = Hub(), Viewer(organization, user, session)
    hub.viewers.add(viewer)
    return hub, viewer


def test_events_reach_their_own_organization_only():
    hub, viewer = listening(organization=1)
    hub.pass_on({"organization": 2, "deal": 7, "activity": 70})
    hub.pass_on({"organization": 1, "deal": 8, "activity": 80})
    assert viewer.inbox.get_nowait()["deal"] == 8 and viewer.inbox.empty()


def test_a_stream_ends_when_its_session_or_membership_does():
    for note in ({"session": "s"}, {"organization": 1, "member": 1}):
        hub, viewer = listening()
        hub.pass_on(note)
        assert viewer.inbox.get_nowait() is None, note
    hub, viewer = listening()
    hub.pass_on({"organization": 1, "member": 2})
    hub.pass_on({"session": "another"})
    assert viewer.inbox.empty()


def test_a_full_inbox_ends_the_stream_that_comes_back_with_its_position():
    _, viewer = listening()
    viewer.inbox = queue.Queue(2)
    for deal in (1, 2, 3):
        viewer.take({"deal": deal})
    assert viewer.waits(1) == [None]  # what waited is asked for again, none of it is skipped


def test_who_is_to_look_again_is_told_nothing_of_the_old_sight():
    hub, viewer = listening()
    viewer.inbox = queue.Queue(2)
    viewer.take({"deal": 1})
    hub.pass_on({"organization": 1, "sight": True})
    assert viewer.waits(1) == [{"reload": True}, None]


def test_of_a_deal_that_changes_often_the_last_note_counts():
    notes = [Note({"deal": deal, "activity": number}) for number, deal in enumerate((5, 6, 5))]
    assert latest([*notes, None]) == notes[1:]
    assert latest([*notes, Note({"reload": True, "position": "7:7:"})]) == [{"reload": True, "position": "7:7:"}]
    assert latest([Note({"deal": deal}) for deal in range(21)]) == [{"reload": True, "position": None}]


def test_what_is_drawn_for_many_is_drawn_once():
    note, drawn = Note({"deal": 1}), []
    threads = [Thread(target=note.drawn, args=(key, lambda: drawn.append(1))) for key in "aaaabbbb"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == 2


def test_an_event_is_numbered_by_its_position():
    note = {"deal": 3, "by": 1, "activity": 9, "client": "x", "position": "70:72:71"}
    assert event(note).startswith("id: 70:72:71\nevent: deal\n")
    assert event({"reload": True}).startswith("event: reload\n")
