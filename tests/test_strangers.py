"""A stranger from another organization finds nothing, by any address and any method; nor does nobody at all."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from crm import tenancy
from tests.world import hook_of, invited, token_in

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPEN_TO_ALL = {"static", "assets.file"}


def addresses(app: Flask, world) -> dict[str, set[str]]:
    """Every address that names a record of Acme, with the methods it takes."""
    webhook, delivery = hook_of(world.olga)
    ids = {
        "webhook_id": webhook,
        "delivery_id": delivery,
        "deal_id": world.deal.id,
        "stage_id": world.stage("proposal").id,
        "pipeline_id": world.pipeline.id,
        "task_id": world.task.id,
        "contact_id": world.contact.id,
        "company_id": world.company.id,
        "organization_id": world.acme.id,
        "user_id": world.max.user_id,
        "field": "amount",
        "invitation_id": invited(world),
        "team_id": world.team.id,
    }
    world.session.commit()
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN_TO_ALL or not rule.arguments or rule.endpoint.startswith("api."):
            continue  # a cookie opens no door of the API: tests/api asks it with tokens
        unknown = rule.arguments - ids.keys()
        assert not unknown, f"tell this test an id for {unknown} of {rule.rule}"
        path = rule.build({name: ids[name] for name in rule.arguments})[1]
        found.setdefault(path, set()).update(rule.methods & set(METHODS))
    return found


def test_a_stranger_gets_404_everywhere(app, world, browser):
    ruslan = browser.as_(world.ruslan)
    tried = 0
    for path, methods in addresses(app, world).items():
        for method in sorted(methods):
            plain = ruslan.client.open(
                path, method=method, data={"csrf_token": ruslan.token, "organization": ruslan.organization}
            )
            part = ruslan.client.open(path, method=method, headers=ruslan.headers())
            assert (plain.status_code, part.status_code) == (404, 404), (method, path)
            tried += 1
    assert tried > 30


def test_what_is_unknown_and_what_is_foreign_answer_alike(app, world, browser):
    ruslan = browser.as_(world.ruslan)
    foreign, unknown = ruslan.get(f"/deals/{world.deal.id}"), ruslan.get("/deals/987654321")
    assert foreign.status_code == unknown.status_code == 404
    assert len(foreign.data) == len(unknown.data)


@pytest.mark.parametrize("act", ["edit", "delete", "move", "tasks", "activities", "reopen"])
def test_who_may_not_change_anything_cannot_tell_hidden_from_foreign_from_unknown(world, browser, act):
    """For a viewer it is the role that refuses, but not before the record is there."""
    world.acme.visibility = "own"
    world.session.commit()
    vera = browser.as_(world.vera)
    for ask in (vera.send, vera.post):
        answers = [ask(f"/deals/{id}/{act}") for id in (world.deal.id, world.foreign["deal"], 987654321)]
        assert [answer.status_code for answer in answers] == [404] * 3
        assert len({told(answer.text) for answer in answers}) == 1


def told(page: str) -> str:
    """Without what differs from page to page anyhow: its token, and since when it listens."""
    return re.sub(r'data-position="[\d:,]+"', "", page.replace(token_in(page), ""))


def test_who_is_allowed_pays_nothing_for_it(world, browser, monkeypatch):
    monkeypatch.setattr(tenancy, "refuse_missing", None)
    assert browser.as_(world.max).get(f"/deals/{world.deal.id}/edit").status_code == 200


@pytest.mark.parametrize("number", ["0", "99999999999999999999999999", "9223372036854775808", "-1", "x", "1.0"])
def test_an_impossible_number_is_a_404(world, browser, number):
    assert browser.as_(world.olga).get(f"/deals/{number}").status_code == 404


def test_nobody_is_sent_to_sign_in_and_changes_nothing(app, world, browser):
    token = token_in(browser.client.get("/sign-in").text)
    for path, methods in addresses(app, world).items():
        for method in sorted(methods):
            answer = browser.client.open(path, method=method, data={"csrf_token": token})
            assert answer.status_code == 303 and answer.location.startswith("/sign-in"), (method, path)


def test_without_the_token_nothing_is_changed(world, browser):
    max_ = browser.as_(world.max)
    path = f"/deals/{world.deal.id}/delete"
    assert max_.client.post(path, data={"organization": max_.organization}).status_code == 400
    assert max_.get(f"/deals/{world.deal.id}").status_code == 200


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_changes_nothing_even_with_the_token(world, browser, headers):
    max_ = browser.as_(world.max)
    form = {"csrf_token": max_.token, "organization": max_.organization}
    assert max_.client.post(f"/deals/{world.deal.id}/delete", data=form, headers=headers).status_code == 403


def test_reading_pages_writes_nothing(app, world, browser, statements):
    olga = browser.as_(world.olga)
    known = addresses(app, world)
    statements.clear()
    for path, methods in known.items():
        if "GET" in methods:
            olga.get(path)
    writes = [one for one in statements if one.lstrip().lower().startswith(("insert", "update", "delete"))]
    assert not [one for one in writes if "user_sessions" not in one]
