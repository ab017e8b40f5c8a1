"""Every kind of activity is told in a full sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.timeline.models import AUTOMATIC, POSTED
from tests.world import Browser, World


def told(world: World, browser: Browser, kind: str, **payload: object) -> str:
    """The page of the contact after this has happened to it."""
    world.contact.record(kind, by=world.max, **payload)
    world.session.commit()
    return browser.as_(world.max).get(f"/contacts/{world.contact.id}").text


def told_as(world: World, browser: Browser, sentence: str, kind: str, **payload: object) -> None:
    page = " ".join(told(world, browser, kind, **payload).split())
    assert f"<b>Max Tester</b> {sentence} <time" in page


SENTENCES = [
    ("wrote a note", "comment", {"text": "Hello"}),
    ("called", "call", {"text": "Hello"}),
    ("wrote an e-mail", "email", {"text": "Hello"}),
    ("had a meeting", "meeting", {"text": "Hello"}),
    ("created the deal in <b>New lead</b>", "deal_created", {"title": "Scanners", "stage": "New lead"}),
    ("moved it from New lead to <b>Won</b>", "stage_changed", {"old_stage": "New lead", "new_stage": "Won", "days": 0}),
    (
        "moved it from New lead to <b>Won</b> after 19 days",
        "stage_changed",
        {"old_stage": "New lead", "new_stage": "Won", "days": 19},
    ),
    ("won the deal", "status_changed", {"old_status": "new", "new_status": "won"}),
    ("changed the status from New to <b>In work</b>", "status_changed", {"old_status": "new", "new_status": "in_work"}),
    ("changed the amount from <s>€78,000</s> to <b>€84,000</b>", "amount_changed", {"old": "78000", "new": "84000.00"}),
    ("set the amount to <b>$84,000</b>", "amount_changed", {"old": None, "new": "84000", "currency": "USD"}),
    (
        "changed the amount from <s>€84,000</s> to <b>$84,000</b>",
        "amount_changed",
        {"old": "84000", "new": "84000", "currency": "USD", "old_currency": "EUR"},
    ),
    ("set the close date to <b>1 Feb 2099</b>", "close_date_changed", {"old": None, "new": "2099-02-01"}),
    ("removed the close date 1 Feb 2099", "close_date_changed", {"old": "2099-02-01", "new": None}),
    ("added the task “Call” for 1 Feb 2099", "task_created", {"title": "Call", "due_on": "2099-02-01"}),
    ("finished the task “Call”", "task_done", {"title": "Call"}),
    ("reopened the task “Call”", "task_reopened", {"title": "Call"}),
    ("deleted the task “Call”", "system", {"event": "task_deleted", "title": "Call"}),
    ("changed the task “Call”", "system", {"event": "task_changed", "title": "Call"}),
    ("imported this record from deals.csv", "imported", {"file": "deals.csv"}),
    ("merged a duplicate into this record", "merged", {}),
    ("archived this record", "system", {"event": "archived"}),
    ("changed the phone from 1 to <b>2</b>", "system", {"event": "edited", "changed": {"phone": ["1", "2"]}}),
    ("set the phone to <b>2</b>", "system", {"event": "edited", "changed": {"phone": [None, "2"]}}),
    ("removed the phone 1", "system", {"event": "edited", "changed": {"phone": ["1", None]}}),
    ("changed: company", "system", {"event": "edited", "changed": {"company_id": [1, 2]}}),
    ("changed: note, phone", "system", {"event": "edited", "changed": {"phone": [1, 2], "note": ["a", "b"]}}),
    ("added tags: <b>Hot, New</b>", "system", {"event": "tagged", "added": ["Hot", "New"], "removed": []}),
    ("removed tags: <b>Hot</b>", "system", {"event": "tagged", "added": [], "removed": ["Hot"]}),
    ("added tags:", "system", {"event": "tagged"}),
    ("snoozed it until 1 Feb 2099", "system", {"event": "snoozed", "until": "2099-02-01"}),
    ("woke it", "system", {"event": "snoozed", "until": None}),
    ("changed this record", "system", {"event": "never heard of"}),
    ("changed this record", "system", {}),
]


@pytest.mark.parametrize(("sentence", "kind", "payload"), SENTENCES)
def test_an_activity_reads_as_a_sentence(
    world: World, browser: Browser, sentence: str, kind: str, payload: dict[str, object]
) -> None:
    told_as(world, browser, sentence, kind, **payload)


@pytest.mark.parametrize("kind", [*POSTED, *AUTOMATIC])
def test_an_empty_payload_breaks_no_page(world: World, browser: Browser, kind: str) -> None:
    assert "<b>Max Tester</b>" in told(world, browser, kind)


def test_a_new_owner_is_told_by_name(world: World, browser: Browser) -> None:
    old, new = world.max.user_id, world.lena.user_id
    told_as(world, browser, "handed it over from Max Tester to <b>Lena Tester</b>", "owner_changed", old=old, new=new)


def test_an_owner_who_left_keeps_the_name(world: World, browser: Browser) -> None:
    world.lena.ended_at = world.lena.created_at + timedelta(days=1)
    told_as(world, browser, "assigned it to <b>Lena Tester</b>", "owner_changed", old=None, new=world.lena.user_id)


def test_a_script_in_a_text_or_a_title_is_shown_as_text(world: World, browser: Browser) -> None:
    world.contact.record("comment", by=world.max, text="<script>alert(1)</script>\nsecond line")
    world.contact.record("stage_changed", by=world.max, old_stage="<i>", new_stage="<script>alert(2)</script>", days=1)
    world.contact.record("amount_changed", by=world.max, old="<script>alert(3)</script>", new="5")
    page = told(world, browser, "task_done", title="<img src=x onerror=alert(1)>")
    assert "<script>alert" not in page
    assert "<img src=x" not in page and "<i>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>second line" in page


def test_a_new_order_of_cards_is_no_news(world: World, browser: Browser) -> None:
    assert "changed this record" not in told(world, browser, "system", event="reordered")


def test_what_nobody_did_is_told_of_the_system(world: World, browser: Browser) -> None:
    world.contact.record("imported", by=None)
    world.session.commit()
    page = browser.as_(world.max).get(f"/contacts/{world.contact.id}").text
    assert "<b>The system</b> imported this record" in " ".join(page.split())


def test_calls_have_a_coloured_mark_and_notes_have_none(world: World, browser: Browser) -> None:
    world.contact.record("comment", by=world.max, text="Note")
    page = told(world, browser, "call", text="Call")
    assert page.count('class="timeline__mark" data-color="blue"') == 1
    assert page.count('class="timeline__mark"') == 2
