"""The deal over its board: opened, worked on and closed, without losing what lies under it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.office import card, column


@pytest.fixture
def deal(office):
    return office.deal("Scanners", amount="1000")


@pytest.fixture
def page(office, deal):
    """Max's board."""
    return office.window(office.max)


@pytest.fixture
def panel(page):
    """Opened by a click on the card."""
    page.get_by_role("link", name="Scanners", exact=True).click()
    panel = page.locator("#deal-panel")
    expect(panel).to_be_visible()
    return panel


def fact(panel, name):
    return panel.locator("#deal-facts .facts__row", has_text=name)


def edited(panel, name):
    """The field, opened in place and ready for the keyboard."""
    fact(panel, name).get_by_role("link").click()
    expect(panel.get_by_label(name)).to_be_focused()
    return panel.get_by_label(name)


def test_esc_closes_the_panel_and_the_focus_is_back_on_the_card(page, deal, panel):
    expect(page).to_have_url(re.compile(f"/deals/{deal.id}$"))
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page).to_have_url(re.compile("/deals/$"))
    expect(page.get_by_role("link", name="Scanners", exact=True)).to_be_focused()


def test_the_back_button_closes_the_panel_and_forward_opens_it_again(page, deal, panel):
    page.evaluate("window.untouched = true")
    page.go_back()
    expect(panel).to_have_count(0)
    page.go_forward()
    expect(panel).to_contain_text("Scanners")
    assert page.evaluate("window.untouched")


def test_its_address_is_a_page_of_its_own(page, deal, panel):
    page.reload()
    expect(page.locator("article.record h1")).to_have_text("Scanners")
    expect(page.locator("#board")).to_have_count(0)


def test_a_note_is_saved_and_nothing_else_that_was_typed_is_lost(page, panel):
    amount = edited(panel, "Amount")
    amount.fill("1234.5")
    panel.get_by_label("Text").fill("They want two lots.")
    panel.locator(".composer").get_by_role("button", name="Save").click()
    expect(panel.locator("#timeline")).to_contain_text("They want two lots.")
    expect(panel.get_by_label("Text")).to_have_value("")
    expect(amount).to_have_value("1234.5")
    amount.press("Enter")
    expect(fact(panel, "Amount")).to_contain_text("€1,234.50")


def test_a_colleagues_change_arrives_without_touching_what_is_being_typed(office, page, deal, panel):
    panel.get_by_label("Text").fill("Half a sen")
    office.stored(deal).change({"title": "Scanners, phase 2"}, by=office.mona)
    office.session.commit()
    expect(panel.locator("h1")).to_have_text("Scanners, phase 2")
    expect(panel.get_by_label("Text")).to_have_value("Half a sen")
    expect(card(page, deal)).to_contain_text("Scanners, phase 2")


def test_a_task_is_added_ticked_and_unticked_in_place(page, deal, panel):
    panel.locator("#deal-tasks").get_by_role("link", name="Add").click()
    panel.get_by_label("What to do").fill("Call Jonas")
    panel.get_by_role("button", name="Save task").click()
    tick = panel.get_by_role("button", name="Done: Call Jonas")
    expect(card(page, deal)).to_contain_text("Call Jonas")
    for pressed, steps in (("true", "No next step"), ("false", "Call Jonas")):
        tick.click()
        expect(tick).to_have_attribute("aria-pressed", pressed)
        expect(card(page, deal)).to_contain_text(steps)


def test_a_changed_amount_changes_the_head_the_card_and_the_columns_sum(page, deal, panel):
    edited(panel, "Amount").fill("2,500.40")
    panel.get_by_role("button", name="Save", exact=True).first.click()
    expect(fact(panel, "Amount")).to_contain_text("€2,500.40")
    expect(panel.locator(".record__sum")).to_have_text("€2,500")
    expect(card(page, deal)).to_contain_text("€2,500")
    expect(page.locator(f"#head-{deal.stage_id} .column__sum b")).to_have_text("€2,500")
    expect(page.locator("#sums")).to_contain_text("€2,500")


def test_a_value_that_cannot_be_keeps_the_text_and_says_what_to_do(office, page, deal, panel):
    edited(panel, "Amount").fill("a lot")
    page.keyboard.press("Enter")
    expect(panel.locator(".field__error")).to_be_visible()
    expect(panel.get_by_label("Amount")).to_have_value("a lot")
    expect(panel.get_by_label("Amount")).to_be_focused()
    page.keyboard.press("Escape")
    expect(fact(panel, "Amount")).to_contain_text("€1,000.00")
    assert office.stored(deal).amount == 1000


def test_a_step_of_the_stage_bar_moves_the_deal_and_its_card(office, page, deal, panel):
    panel.get_by_role("button", name="Proposal").click()
    expect(panel.locator("[data-now]")).to_contain_text("Proposal")
    expect(column(page, office.stage("proposal"))).to_have_text(["Scanners"])
    expect(panel.locator("#timeline")).to_contain_text("Proposal")


def test_a_quick_added_deal_is_on_top_and_the_form_stays_for_the_next(page, deal):
    page.get_by_role("link", name="Add a deal to New lead").click()
    for title in ("Robots", "Sensors"):
        page.get_by_label("Title of the deal").fill(title)
        page.get_by_label("Amount in EUR").fill("10")
        page.keyboard.press("Enter")
        expect(column(page, deal.stage).first).to_have_text(title)
        expect(page.get_by_label("Title of the deal")).to_be_focused()
    expect(page.locator(f"#head-{deal.stage_id} .column__n")).to_have_text("3")
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.get_by_label("Title of the deal")).to_have_count(0)
