"""Reporting a note, call, e-mail or meeting, and reading further back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from crm.errors import Forbidden, Invalid
from crm.timeline.models import POSTED, Activity
from tests.world import Browser, World


def log(world: World) -> str:
    return f"/contacts/{world.contact.id}/activities"


def count(world: World) -> int:
    query = select(func.count()).select_from(Activity).where(Activity.contact_id == world.contact.id)
    return world.session.scalar(query) or 0


@pytest.mark.parametrize("kind", POSTED)
@pytest.mark.parametrize("record", ["contacts", "companies"])
def test_what_was_reported_is_on_the_timeline(world: World, browser: Browser, record: str, kind: str) -> None:
    home = f"/contacts/{world.contact.id}" if record == "contacts" else f"/companies/{world.company.id}"
    answer = browser.as_(world.max).post(f"{home}/activities", {"kind": kind, "text": "All's well"})
    assert answer.headers["Location"] == home
    assert '<p class="timeline__text">All&#39;s well</p>' in browser.get(home).text


def test_htmx_gets_an_empty_composer_and_the_new_timeline(world: World, browser: Browser) -> None:
    answer = browser.as_(world.max).send(log(world), {"kind": "call", "text": "Rang twice"}).text
    assert '<div id="composer" hx-swap-oob="true">' in answer
    assert '<section id="timeline" aria-label="Timeline" hx-swap-oob="true">' in answer
    assert answer.count("Rang twice") == 1
    assert "<html" not in answer


BAD = [
    ("comment", ""),
    ("comment", " \n\x00"),
    ("shout", "Text"),
    ("", "Text"),
    ("deal_created", "Text"),
    ("call", "x" * 10_001),
]


@pytest.mark.parametrize(("kind", "text"), BAD)
def test_a_bad_report_changes_nothing_and_keeps_the_text(world: World, browser: Browser, kind: str, text: str) -> None:
    page = browser.as_(world.max).post(log(world), {"kind": kind, "text": text})
    part = browser.send(log(world), {"kind": kind, "text": text})
    assert (page.status_code, part.status_code) == (400, 400)
    assert part.text.startswith('<div id="composer" hx-swap-oob="true">')
    for answer in (page, part):
        assert 'id="composer-error"' in answer.text
        assert text.strip(" \n\x00") in answer.text
    assert count(world) == 0


def test_a_viewer_reads_and_reports_nothing(world: World, browser: Browser) -> None:
    page = browser.as_(world.vera).get(f"/contacts/{world.contact.id}").text
    assert 'id="composer"' in page and "<textarea" not in page
    assert browser.post(log(world), {"kind": "call", "text": "Hi"}).status_code == 403
    with pytest.raises(Forbidden):
        world.contact.log("call", "Hi", by=world.vera)
    assert count(world) == 0


def test_the_verb_cleans_and_refuses(world: World) -> None:
    assert world.contact.log("call", " a\x00b ", by=world.max).payload == {"text": "ab"}
    with pytest.raises(Invalid):
        world.contact.log("call", "\x00 ", by=world.max)


def test_earlier_activities_come_in_pages_and_none_twice(world: World, browser: Browser) -> None:
    for number in range(95):
        world.contact.log("comment", f"Note {number:03}", by=world.max)
        world.session.flush()
    world.session.commit()
    address: str | None = f"/contacts/{world.contact.id}"
    browser.as_(world.max)
    pages = []
    while address:
        page = browser.part(address).text
        pages.append(re.findall(r"Note (\d+)", page))
        more = re.search(r'id="timeline-more" href="([^"]*)"', page)
        address = more and more.group(1)
    assert [len(page) for page in pages] == [40, 40, 15]
    assert [int(number) for page in pages for number in page] == list(range(94, -1, -1))


def test_a_day_gets_its_heading_once_also_over_two_pages(world: World, browser: Browser) -> None:
    for _ in range(45):
        world.contact.log("comment", "Note", by=world.max)
    world.session.flush()
    numbers = select(func.min(Activity.id)).where(Activity.contact_id == world.contact.id).scalar_subquery()
    yesterday = {"created_at": datetime.now(UTC) - timedelta(days=1)}
    world.session.execute(update(Activity).where(Activity.id == numbers).values(yesterday))
    world.session.commit()
    first = browser.as_(world.max).part(f"/contacts/{world.contact.id}").text
    address = "".join(re.findall(r'id="timeline-more" href="([^"]*)"', first))
    assert headings(first) == ["Today"]
    assert headings(browser.part(address).text) == ["Yesterday"]
    assert headings(browser.get(address).text) == ["Today", "Yesterday"]


def headings(page: str) -> list[str]:
    return re.findall(r'class="timeline__day">(\w+)<', page)


@pytest.mark.parametrize("before", ["", "x", "-5", "0", "9" * 30, "%00"])
def test_nonsense_in_the_address_shows_the_newest(world: World, browser: Browser, before: str) -> None:
    world.contact.log("comment", "Newest", by=world.max)
    world.session.commit()
    page = browser.as_(world.max).get(f"/contacts/{world.contact.id}?before={before}")
    assert page.status_code == 200
    assert "Newest" in page.text


def test_a_long_timeline_costs_no_more_statements(world: World, browser: Browser, statements: list[str]) -> None:
    counts = []
    for number in (2, 60):
        for _ in range(number):
            world.contact.log("comment", "Note", by=world.max)
            world.contact.record("owner_changed", by=world.max, old=world.max.user_id, new=world.lena.user_id)
        world.session.commit()
        browser.as_(world.max)
        statements.clear()
        browser.get(f"/contacts/{world.contact.id}")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6


def test_the_timeline_of_one_contact_tells_nothing_of_another(world: World, browser: Browser) -> None:
    world.company.log("comment", "About the company", by=world.max)
    world.session.commit()
    assert "About the company" not in browser.as_(world.max).get(f"/contacts/{world.contact.id}").text
