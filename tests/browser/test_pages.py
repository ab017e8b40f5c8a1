"""Every page that links lead to: no fault, no breach of the policy, nothing sideways on a phone, no barrier."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from crm.contacts.models import Company, Contact
from crm.deals.operations import open_deal
from crm.tasks.models import add_task
from tests.browser.office import Office

AXE = Path(__file__).with_name("axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
BARRIERS = """async (options) => {
  for (let still = 0; still < 3; still = document.getAnimations().length ? 0 : still + 1) { // colours on their way
    await new Promise(requestAnimationFrame);
  }
  return (await axe.run(document, options)).violations.map(({ id, nodes }) =>
  `${id}: ${nodes.slice(0, 3).map(({ html, any }) => html.slice(0, 200) + " " + (any[0]?.message ?? "")).join(" | ")}`);
}"""
SIZES = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 360, "height": 740}}
LINKS = '[...document.querySelectorAll("a[href^=\\"/\\"]")].map(({ pathname }) => pathname)'
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


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


def test_every_page_that_links_lead_to_opens_without_a_fault(page):
    waiting, seen, wide = ["/deals/"], set(), []
    page.set_viewport_size(SIZES["phone"])
    while waiting:
        path = waiting.pop()
        if kind(path) in seen:
            continue
        seen.add(kind(path))
        assert page.goto(path).status == 200, path
        wide += [path] if page.evaluate(SIDEWAYS) > 0 else []
        waiting += page.evaluate(LINKS)
    assert len(seen) > 20 and not wide


PAGES = {
    "the board": "/deals/",
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
}


def barriers(page):
    """What axe finds at both sizes, in light and dark; colours alone change with the theme."""
    found = []
    page.evaluate(AXE)
    for size in SIZES.values():
        page.set_viewport_size(size)
        for scheme, only in (("light", {"type": "tag", "values": TAGS}), ("dark", ["color-contrast"])):
            page.emulate_media(color_scheme=scheme)
            found += page.evaluate(BARRIERS, {"runOnly": only, "resultTypes": ["violations"]})
    return found


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_has_no_barrier(furnished, page, path):
    page.goto(path.format(**furnished[1]))
    assert not barriers(page)


@pytest.mark.parametrize("path", ["/sign-in", "/register"])
def test_the_door_has_no_barrier(windows, path):
    assert not barriers(windows.stranger(path, reduced_motion="reduce"))


def test_the_open_panel_has_no_barrier(page):
    page.get_by_role("link", name="Scanners for New lead", exact=True).click()
    expect(page.locator("#deal-panel")).to_be_visible()
    page.locator("#deal-facts").get_by_role("link", name="10% from the stage").click()
    expect(page.get_by_label("Probability")).to_be_focused()
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
