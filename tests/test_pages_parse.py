"""Every page is HTML5 that parses: each link of each page is followed, as Olga and as a stranger."""

from __future__ import annotations

import re

import html5lib
import pytest

XHTML = "{http://www.w3.org/1999/xhtml}"


def parsed(page):
    """The page's tree. Fails at the first thing that a strict parser stumbles over."""
    assert page.status_code == 200, page.request.path
    return html5lib.HTMLParser(strict=True).parse(page.text)


def links(tree):
    """The paths of ours that the page leads to, one for each kind of page: of all filters of a list the first."""
    paths = [link.get("href", "").partition("#")[0] for link in tree.iter(f"{XHTML}a")]
    return {
        re.sub(r"\?.*", "?", re.sub(r"\d+", "1", path)): path for path in reversed(paths) if re.match("/(?!api/)", path)
    }


def crawl(get, start):
    waiting, seen = {start: start}, set()
    while waiting:
        kind, path = waiting.popitem()
        seen.add(kind)
        waiting |= {kind: path for kind, path in links(parsed(get(path))).items() if kind not in seen}
    return seen


def test_every_page_that_links_lead_to_parses(world, browser):
    seen = crawl(browser.as_(world.olga).get, "/deals/")
    assert {"/deals/1", "/contacts/1", "/companies/1", "/deals/1/move", "/settings/pipelines"} <= seen


def test_the_doors_parse(browser):
    assert crawl(browser.get, "/sign-in") == {"/sign-in", "/register"}


def test_the_offline_page_parses_and_is_everybody_s(world, browser):
    parsed(page := browser.as_(world.max).get("/offline"))
    assert "Max" not in page.text and "Acme" not in page.text


@pytest.mark.parametrize("path", ["/deals/0", "/nowhere"])
def test_what_is_missing_parses_too(world, browser, path):
    page = browser.as_(world.olga).get(path)
    assert page.status_code == 404
    html5lib.HTMLParser(strict=True).parse(page.text)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/deals/{deal}/edit", {"title": "", "amount": "a lot"}),
        ("/deals/{deal}/facts/amount", {"amount": "a lot"}),
        ("/deals/{deal}/tasks", {"title": ""}),
        ("/contacts/new", {"name": ""}),
        ("/companies/new", {"name": ""}),
        ("/deals/new", {"title": ""}),
    ],
)
def test_a_form_that_was_refused_parses(world, browser, path, form):
    page = browser.as_(world.olga).post(path.format(deal=world.deal.id), form)
    assert page.status_code == 400
    html5lib.HTMLParser(strict=True).parse(page.text)
