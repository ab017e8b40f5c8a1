"""The same work with JavaScript switched off, wherever a plain form can do it."""

import pytest
from playwright.sync_api import expect

from crm.tasks.models import add_task
from tests.browser.office import column


@pytest.fixture
def deal(office):
    return office.deal("Scanners")


@pytest.fixture
def page(office, deal):
    return office.window(office.max, java_script_enabled=False)


def test_quick_add(page, deal):
    page.get_by_role("link", name="Add a deal to New lead").click()
    page.get_by_label("Title of the deal").fill("Robots")
    page.get_by_role("button", name="Add").click()
    expect(column(page, deal.stage)).to_have_text(["Robots", "Scanners"])


def test_quick_add_without_a_title_keeps_the_rest(page):
    page.get_by_role("link", name="Add a deal to New lead").click()
    page.get_by_label("Company").fill("Brandt")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".field__error")).to_have_text("Give the deal a title.")
    expect(page.get_by_label("Company")).to_have_value("Brandt")


def test_the_move_menu(office, page):
    page.get_by_role("link", name="Actions for Scanners").click()
    page.get_by_role("button", name="Proposal").click()
    expect(column(page, office.stage("proposal"))).to_have_text(["Scanners"])


def test_losing_with_a_reason(office, page, deal):
    page.get_by_role("link", name="Actions for Scanners").click()
    page.get_by_role("link", name="Lost").click()
    page.get_by_role("button", name="Mark as lost").click()
    expect(page.get_by_text("Choose why it was lost.")).to_be_visible()
    page.get_by_text("Price", exact=True).click()
    page.get_by_role("button", name="Mark as lost").click()
    expect(column(page, deal.stage)).to_have_count(0)
    assert office.stored(deal).status == "lost"


def test_a_task_done(office, page, deal):
    add_task(deal, "Call Jonas", office.max.today(), by=office.max)
    office.session.commit()
    page.get_by_role("link", name="Scanners", exact=True).click()
    page.get_by_role("button", name="Done: Call Jonas").click()
    expect(page.get_by_role("button", name="Done: Call Jonas")).to_have_attribute("aria-pressed", "true")


def test_a_note(page):
    page.get_by_role("link", name="Scanners", exact=True).click()
    page.get_by_label("Text").fill("They want two lots.")
    page.locator(".composer").get_by_role("button", name="Save").click()
    expect(page.locator("#timeline")).to_contain_text("They want two lots.")


def test_the_quick_update(office, page, deal):
    page.get_by_role("link", name="Actions for Scanners").click()
    page.get_by_role("link", name="Log a call").click()
    page.get_by_text("Voicemail").click()
    page.get_by_label("Stage").select_option("Lost")
    page.get_by_role("button", name="Save update").click()
    expect(page.get_by_text("Choose why it was lost.")).to_be_visible()
    page.get_by_text("Price", exact=True).click()
    page.get_by_role("button", name="Save update").click()
    expect(column(page, deal.stage)).to_have_count(0)
    assert office.stored(deal).status == "lost"
