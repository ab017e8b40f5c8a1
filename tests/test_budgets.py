"""What goes over the wire, compressed as it is served: bytes are the first thing that a phone waits for."""

from __future__ import annotations

import re
from datetime import timedelta

import brotli
import pytest

from crm.contacts.operations import find_or_make_company
from crm.deals.operations import open_deal
from crm.pipelines.operations import add_stage
from crm.tasks.models import add_task

PACKED = {"Accept-Encoding": "br"}
COMPANIES = (
    "Acme Corporation",
    "Bluth Company",
    "Condax",
    "Dontechi",
    "Faxquote",
    "Hottechi",
    "Isdom",
    "Zencorporation",
)
STEPS = ("Call back", "Send the offer", "Demo", "Ask for the order", "Sign")
KITS = ("Scanners", "Terminals", "Printers", "Racks", "Labels", "Licences", "Training")


@pytest.fixture
def full(world):
    """Seven columns of twenty cards that differ in all they show; most have a next step, some a tag."""
    for name in ("Trial", "Security review"):
        add_stage(world.session, world.pipeline, {"name": name, "color": "sky", "probability": 50}, by=world.olga)
    people = (world.olga, world.adam, world.mona, world.max, world.lena)
    companies = [find_or_make_company(world.session, name, by=world.olga) for name in COMPANIES]
    for number in range(140 - 1):
        title = f"{KITS[number % 7]} for {COMPANIES[number % 8]} {number}"
        stage = world.pipeline.open_stages[(number + 1) % 7]
        values = {"title": title, "amount": 1000 + number * 317, "company_id": companies[number % 8].id}
        values["tag_ids"] = [world.tag.id] if number % 3 == 0 else []
        deal = open_deal(world.session, stage, values, by=people[number % 5])
        if number % 4:
            add_task(deal, STEPS[number % 5], world.max.today() + timedelta(days=number % 9), by=world.olga)
    world.session.commit()
    return world


def weight(browser, path: str) -> int:
    answer = browser.get(path, headers=PACKED)
    assert answer.status_code == 200 and answer.headers["Content-Encoding"] == "br", path
    assert "Accept-Encoding" in answer.headers["Vary"], path
    return len(answer.data)


def test_all_script_together_is_at_most_50_kb(browser):
    scripts = re.findall(r'<script src="([^"]+)"', browser.get("/sign-in").text)
    imported = re.findall(r'^import "\.\.(/vendor/[^"]+)";', browser.get(scripts[-1]).text, re.M)
    root = scripts[-1].removesuffix("/js/app.js")
    paths = [*scripts, *(root + path for path in imported), "/service-worker.js"]
    weights = {path: weight(browser, path) for path in paths}
    assert len(imported) == 1 and sum(weights.values()) <= 50_000, weights


def test_all_styles_together_are_at_most_15_kb(browser):
    (sheet,) = re.findall(r'rel="stylesheet" href="([^"]+)"', browser.get("/sign-in").text)
    assert weight(browser, sheet) <= 15_000


def test_a_board_of_140_cards_is_at_most_12_kb(full, browser):
    page = browser.as_(full.olga).get("/deals/")
    assert page.text.count('<li class="card"') == 140
    assert weight(browser, "/deals/") <= 12_000


def test_a_move_is_answered_with_at_most_2_kb(full, browser):
    browser.as_(full.olga)
    form = {"stage_id": full.pipeline.open_stages[1].id, "version": full.deal.version}
    headers = browser.headers() | PACKED
    answer = browser.client.post(f"/deals/{full.deal.id}/move", data=form, headers=headers)
    assert brotli.decompress(answer.data).decode().count('class="column__head"') == 2
    assert len(answer.data) <= 2_000


def test_an_old_browser_gets_gzip_and_an_ancient_one_plain_text(browser):
    (script,) = re.findall(r'<script src="([^"]+)" type="module"', browser.get("/sign-in").text)
    plain = browser.get(script)
    packed = browser.get(script, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.data) < len(plain.data) / 2
    assert "Content-Encoding" not in plain.headers and "import" in plain.text
