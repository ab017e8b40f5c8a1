"""The reference that people read: public, whole, and HTML5 that parses."""

from __future__ import annotations

import html5lib
import pytest

from crm.api.reference import chapters

XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture
def document(app):
    return app.test_client().get("/api/v1/openapi.json").json


def tree_of(page):
    assert page.status_code == 200
    return html5lib.HTMLParser(strict=True).parse(page.text)


def text_of(tree, tag):
    return {"".join(one.itertext()) for one in tree.iter(f"{XHTML}{tag}")}


def test_everybody_reads_it_signed_in_or_not(app, world, browser):
    for page in (app.test_client().get("/docs"), browser.as_(world.vera).get("/docs")):
        assert "API reference" in text_of(tree_of(page), "h1")


def test_it_names_every_path_and_every_scope_of_the_document(app, session, document):
    named = text_of(tree_of(app.test_client().get("/docs")), "code")
    assert len(document["paths"]) > 20 and set(document["paths"]) <= named
    assert set(document["x-scopes"]) <= named


def test_every_line_of_the_contents_leads_somewhere(app, session):
    tree = tree_of(app.test_client().get("/docs"))
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    targets = {one.get("href") for one in tree.iter(f"{XHTML}a")}
    assert len(ids) == len(set(ids)), "an anchor names one place"
    assert {target[1:] for target in targets if target.startswith("#")} <= set(ids)


def test_each_endpoint_shows_a_call_and_its_answers(document):
    for _name, endpoints in chapters(document):
        for one in endpoints:
            assert one["request"].startswith(f"{one['method']} /api/v1/") and "{" not in one["request"].split()[1]
            assert one["answers"] and one["summary"] and (one["permission"] is None) == (one["scope"] is None)


def test_a_form_is_shown_as_a_form(document):
    login = next(one for _name, several in chapters(document) for one in several if one["path"] == "/api/v1/token")
    assert "x-www-form-urlencoded\n\nusername=" in login["request"] and "Authorization" not in login["request"]
