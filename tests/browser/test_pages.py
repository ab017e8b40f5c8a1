"""Every page that links lead to: no fault, no breach of the policy, nothing sideways on a phone, no barrier."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from crm import create_app
from crm.contacts.models import Company, Contact
from crm.deals.operations import open_deal
from crm.tasks.models import add_task
from tests.browser.barriers import SIDEWAYS, SIZES, barriers
from tests.browser.office import Office
from tests.databases import settings_for

LINKS = '[...document.querySelectorAll("a[href^=\\"/\\"]")].map(({ pathname }) => pathname)'


@pytest.fixture(scope="package")
def furnished(session, all_windows):
    """An office with one of everything."""
    office = Office.open(session, all_windows)
    own = {"organization_id": office.olga.organization_id, "owner_id": office.olga.user_id}
    company = Company(name="Schönbrunner Logistikgesellschaft mbH", **own)
    session.add(company)
    session.flush()
    contact = Contact(
        name="Jonas Brandt", email="jonas@brandt.example", phone="+49 30 1234", company_id=company.id, **own
    )
    session.add(contact)
    session.flush()
    values = {"amount": Decimal("84000"), "company_id": company.id, "contact_id": contact.id}
    for stage in office.pipeline.open_stages:
        deal = open_deal(session, stage, values | {"title": f"Scanners for {stage.name}"}, by=office.olga)
        add_task(deal, "Call Jonas", office.olga.today() + timedelta(days=stage.position), by=office.olga)
    session.commit()
    return office, {"deal": deal.id, "contact": contact.id, "company": company.id, "pipeline": office.pipeline.id}


@pytest.fixture
def page(furnished, windows):
    """Olga's window."""
    return furnished[0].window(furnished[0].olga, reduced_motion="reduce")


def kind(path):
    return re.sub(r"\d+", "1", path)


def addresses(server):
    """Every address of a page that names no record; the stream of news has no end."""
    rules = create_app(settings_for(server.database_url)).url_map.iter_rules()
    plain = [rule for rule in rules if "GET" in rule.methods and not rule.arguments]
    return [rule.rule for rule in plain if not rule.endpoint.startswith(("api.", "live."))]


def test_every_page_opens_without_a_fault(page, server):
    """Those that links lead to, and every other address, which may want to be told more than that."""
    others = addresses(server)
    waiting, seen, wide = [*others, "/deals/"], set(), []
    page.set_viewport_size(SIZES["phone"])
    while waiting:
        path = waiting.pop()
        if kind(path) in seen:
            continue
        seen.add(kind(path))
        assert page.goto(path).status in ((200, 400, 404) if path in others else (200,)), path
        wide += [path] if page.evaluate(SIDEWAYS) > 0 else []
        waiting += page.evaluate(LINKS)
    assert len(seen) > 40 and not wide


PAGES = {
    "the board": "/deals/",
    "the board of months": "/deals/?group=month",
    "the board of people, filtered": "/deals/?group=owner&owner=me&min=1&sort=amount",
    "an empty board": "/deals/?q=nothing",
    "a deal": "/deals/{deal}",
    "a new deal": "/deals/new",
    "all fields of a deal": "/deals/{deal}/edit",
    "the contacts": "/contacts/",
    "a contact": "/contacts/{contact}",
    "a new contact": "/contacts/new",
    "the companies": "/companies/",
    "a company": "/companies/{company}",
    "a new company": "/companies/new",
    "the profile": "/settings/profile",
    "the password": "/settings/password",
    "the pipelines": "/settings/pipelines",
    "a pipeline": "/settings/pipelines/{pipeline}",
    "the organizations": "/organizations",
    "the page for when nothing else is left": "/offline",
}


def test_no_page_has_a_barrier(furnished, page):
    found = {}
    for name, path in PAGES.items():
        page.goto(path.format(**furnished[1]))
        found[name] = barriers(page)
    assert not {name: some for name, some in found.items() if some}


def test_a_barrier_in_the_dark_and_one_on_a_phone_would_be_seen(windows):
    page = windows.stranger("/sign-in", reduced_motion="reduce")
    page.evaluate("document.querySelector('h1').style.color = 'black'")
    page.evaluate("document.querySelector('h1').style.minWidth = '500px'")
    told = "\n".join(barriers(page))
    assert told.count("color-contrast") == len(SIZES) and "phone: too wide" in told


@pytest.mark.parametrize("path", ["/sign-in", "/register"])
def test_the_door_has_no_barrier(windows, path):
    assert not barriers(windows.stranger(path, reduced_motion="reduce"))


def test_the_open_panel_has_no_barrier(page):
    page.get_by_role("link", name="Scanners for New lead", exact=True).click()
    expect(page.locator("#deal-panel")).to_be_visible()
    page.locator("#deal-facts").get_by_role("link", name="10% from the stage").click()
    expect(page.get_by_label("Probability")).to_be_focused()
    assert not barriers(page)


def test_the_filter_sheet_has_no_barrier(page):
    page.goto("/deals/?closes=month")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.locator("#filter-sheet summary", has_text="Closes").click()
    expect(page.locator("#filter-sheet").get_by_text("Next month")).to_be_visible()
    assert not barriers(page)


def test_the_open_move_menu_has_no_barrier(page):
    page.get_by_role("link", name="Actions for Scanners for New lead").click()
    expect(page.locator("#menu")).to_be_visible()
    assert not barriers(page)


def test_the_lost_dialog_has_no_barrier(page):
    page.get_by_role("link", name="Actions for Scanners for New lead").click()
    page.locator("#menu").get_by_role("link", name="Lost").click()
    page.get_by_role("button", name="Mark as lost").click()
    expect(page.locator("dialog .field__error")).to_be_visible()
    assert not barriers(page)


def test_the_quick_add_has_no_barrier(page):
    page.get_by_role("link", name="Add a deal to New lead").click()
    expect(page.get_by_label("Title of the deal")).to_be_focused()
    assert not barriers(page)


def test_the_quick_update_has_no_barrier(page):
    page.set_viewport_size(SIZES["phone"])
    page.get_by_role("link", name="Scanners for New lead", exact=True).click()
    sheet = page.get_by_role("dialog", name="Scanners for New lead")
    expect(sheet.get_by_role("link", name="Call Jonas Brandt")).to_be_visible()
    sheet.get_by_text("On a day").click()
    sheet.get_by_role("button", name="Save update").click()
    expect(sheet).to_contain_text("Choose today or a later day.")
    assert not barriers(page)


@pytest.mark.parametrize("action", ["Step done", "Snooze"])
def test_a_quick_action_has_no_barrier(page, action):
    page.get_by_role("link", name="Actions for Scanners for New lead").click()
    page.locator("#menu").get_by_role("link", name=action).click()
    expect(page.locator("#menu form .menu__item").first).to_be_visible()
    assert not barriers(page)


def test_folded_columns_and_the_list_of_keys_have_no_barrier(page):
    page.get_by_role("button", name="Cards of Proposal").click()
    page.locator("#board").get_by_role("link", name="Scanners for New lead", exact=True).focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert not barriers(page)
    page.keyboard.press("Escape")
    assert not barriers(page)
