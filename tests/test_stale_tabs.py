"""Stale tabs: each form of the application, opened in one organization and sent from another, writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Flask
from sqlalchemy import text

from crm.contacts.models import Company, Contact
from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from crm.people.operations import remove
from crm.pipelines.operations import add_pipeline
from crm.tasks.models import add_task
from tests.test_strangers import invited
from tests.world import World, hook_of, user

XHTML = "{http://www.w3.org/1999/xhtml}"
# These mean the person or the browser, not an organization: they work in any tab.
ACROSS = {
    "organizations.select": "choosing the organization is what it is for",
    "registration.another": "makes an organization of its own",
    "accounts.sign_out": "ends the browser's session",
    "accounts.end_others": "ends the person's other sessions",
    "accounts.profile": "the person's own name, language and time zone",
    "accounts.password": "the person's own password",
    "tokens.index": "makes the person's own token",
    "tokens.revoke": "revokes the person's own token",
}
BY_SCRIPT = {"pipelines.order": "dragging stages sends it; no form does"}
UNTYPED = {"hidden", "checkbox", "radio", "submit", "button"}


@dataclass
class Captured:
    """A form as it stands in a tab, filled in."""

    action: str
    endpoint: str
    by_htmx: bool
    fields: dict[str, list[str]] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)


@pytest.fixture
def furnished(world: World) -> World:
    """Acme with something for every form to stand on; Olga is an owner of Bolt too."""
    session, olga = world.session, world.olga
    gone = take_in(session, world.acme, user(session, "Gone"), Role.MEMBER)
    remove(session, gone, by=olga)
    add_pipeline(session, "Second", by=olga)
    won = world.another_deal("Won one", by=olga)
    won.win(by=olga)
    add_task(won, "Send thanks", olga.today(), by=olga)
    old = {"organization_id": world.acme.id, "owner_id": olga.user_id, "archived_at": datetime.now(UTC)}
    session.add_all([Company(name="Old Works", **old), Contact(name="Old friend", **old)])
    session.commit()
    hook_of(olga)
    invited(world)
    world.in_bolt()
    take_in(session, world.bolt, olga.user, Role.OWNER)
    session.commit()
    world.in_acme()
    return world


def kind_of(path: str) -> str:
    return re.sub(r"\?.*", "?", re.sub(r"\d+", "1", path))


def addresses_in(tree: Element) -> Iterator[str]:
    for one in tree.iter():
        for name in ("href", "hx-get"):
            path = one.get(name, "").partition("#")[0]
            if path.startswith("/") and not path.startswith(("/assets", "/static")):
                yield path


def forms_in(app: Flask, tree: Element, page: str) -> Iterator[Captured]:
    """Each form, once for each address that it or one of its buttons sends to."""
    router = app.url_map.bind("localhost")
    for form in tree.iter(f"{XHTML}form"):
        if form.get("method", "get").lower() != "post" and not form.get("hx-post"):
            continue
        for one in (form, *form.iter(f"{XHTML}button")):
            action = one.get("hx-post") or one.get("formaction") or (one is form and (form.get("action") or page))
            if action:
                endpoint = router.match(urlsplit(action).path, method="POST")[0]
                yield filled(form, Captured(action, endpoint, one.get("hx-post") is not None))


def filled(form: Element, captured: Captured) -> Captured:
    """With something typed into every field in which a person can type."""
    for one in form.iter():
        name, kind = one.get("name"), one.get("type", "text")
        if not name or one.tag not in {f"{XHTML}{tag}" for tag in ("input", "textarea", "select", "button")}:
            continue
        if one.tag == f"{XHTML}select":
            options = list(one.iter(f"{XHTML}option"))
            value = next((o for o in options if o.get("selected") is not None), options[0]).get("value", "")
        elif one.tag == f"{XHTML}button" or kind in UNTYPED:
            value = one.get("value", "")
        else:
            value = f"typed <{name}>"
            captured.typed.append(value)
        captured.fields.setdefault(name, []).append(value)
    return captured


def captured_in(app: Flask, browser: Any, starts: list[str]) -> list[Captured]:
    """The forms of every kind of page that links and htmx lead to from these; each address once."""
    waiting, seen, found = {kind_of(path): path for path in starts}, set(), dict[str, Captured]()
    while waiting:
        kind, path = waiting.popitem()
        seen.add(kind)
        page = browser.get(path)
        if page.status_code != 200 or page.mimetype != "text/html":
            continue
        tree = html5lib.parse(page.text)
        for form in forms_in(app, tree, path):
            found.setdefault(f"{form.by_htmx} {form.action}", form)
        paths = list(addresses_in(tree))[::-1]
        waiting |= {kind_of(path): path for path in paths if kind_of(path) not in seen}
    return list(found.values())


def stored(world: World) -> dict[str, tuple[int, str]]:
    """Rows and checksum of every table, as the tables' owner reads them; only the browser's own sessions may move."""
    run = world.session.execute
    run(text("reset role"))
    names = run(text("select tablename from pg_tables where schemaname = 'public' and tablename <> 'user_sessions'"))
    sums = {}
    for name in names.scalars().all():
        query = f"select count(*), coalesce(md5(string_agg(t::text, '' order by t::text)), '') from \"{name}\" t"
        sums[name] = tuple(run(text(query)).one())
    run(text("set local role crm_app"))
    return sums


def tab_of(app: Flask, world: World, browser: Any) -> list[Captured]:
    """What stands in Olga's tabs of Acme, whose browser then goes to Bolt."""
    browser.as_(world.olga)
    contact, deal = world.contact.id, world.deal.id
    starts = ["/deals/", f"/contacts/distribute?id={contact}", f"/deals/distribute?id={deal}", "/contacts/?archived=1"]
    archived = [
        f"/{kind}/{world.session.scalar(text(f'select id from {kind} where archived_at is not null'))}"
        for kind in ("companies", "contacts")
    ]
    ways = [f"/deals/{deal}/move/{world.stage(slug).id}" for slug in ("won", "lost")]
    closed = world.session.execute(text("select id from deals where title = 'Won one'")).scalar_one()
    starts += [*ways, f"/deals/{closed}"]
    forms = captured_in(app, browser, starts)
    for path in archived:
        forms += forms_in(app, html5lib.parse(browser.get(path).text), path)
    answer = browser.post(f"/organizations/{world.bolt.id}/select")
    assert answer.status_code == 303
    return forms


def test_a_form_of_another_organization_s_tab_writes_nothing_and_keeps_its_text(app, furnished, browser):
    forms = tab_of(app, furnished, browser)
    before, wrong, shown = stored(furnished), [], browser.headers()
    assert shown["X-Organization"] == str(furnished.acme.id)
    for form in (form for form in forms if form.endpoint not in ACROSS):
        assert form.fields.get("organization") == [str(furnished.acme.id)], form
        plain = browser.client.post(form.action, data=form.fields)
        if fault := fault_of_page(form, plain):
            wrong.append((form.action, fault))
        part = browser.client.post(form.action, data=form.fields, headers=shown)
        if form.by_htmx and not is_notice(part):
            wrong.append((form.action, f"htmx got {part.status_code}"))
        if stored(furnished) != before:
            wrong.append((form.action, "wrote"))
            before = stored(furnished)
    assert not wrong, "\n".join(map(str, wrong))


def fault_of_page(form: Captured, page: Any) -> str:
    """What is wrong with the answer to a plain form. A page never repeats a password, nor what came with it."""
    if page.status_code != 409 or "STALE_TAB" not in page.text:
        return f"answered {page.status_code}"
    secret = {"password", "current", "new"} & form.fields.keys()
    lost = [one for one in form.typed if str(escape(one)) not in page.text]
    return f"lost {lost}" if lost and not secret else ""


def is_notice(part: Any) -> bool:
    """Beside the page, which stays as it is with all that was typed."""
    return part.status_code == 409 and part.headers.get("HX-Reswap") == "none" and "#toasts" in part.text


def test_no_form_is_forgotten(app, furnished, browser):
    found = {form.endpoint for form in tab_of(app, furnished, browser)}
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in rule.methods}
    posts = {one for one in posts if not one.startswith("api.")}  # no page has a form of the API's
    permission = {one: getattr(app.view_functions[one], "permission", "public") for one in posts}
    assert {one for one in posts if permission[one] == "signed in"} == ACROSS.keys()
    guarded = {one for one in posts if permission[one] not in ("public", "signed in")}
    assert guarded - found == BY_SCRIPT.keys()
