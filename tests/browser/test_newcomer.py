"""From registering to the first moved deal, at a desk and on a phone."""

from playwright.sync_api import expect

from tests.browser.hand import Finger, Mouse
from tests.browser.office import PASSWORD, card, column, count, numbers
from tests.browser.windows import DESK, PHONE


def test_a_newcomer_registers_adds_a_deal_and_drags_it(windows):
    page = windows.stranger("/register")
    answers = {"Your name": "Nora New", "E-mail": f"nora-{next(numbers)}@example.com", "Password": PASSWORD}
    for label, text in (answers | {"Organization": "Newcomers"}).items():
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Start the organization").click()
    page.get_by_role("link", name="Add a deal to New lead").click()
    page.get_by_label("Title of the deal").fill("First deal")
    page.keyboard.press("Enter")
    first = page.locator(".card", has_text="First deal")
    expect(first).to_be_visible()
    first.get_by_role("link", name="Actions for First deal").click()
    page.get_by_role("button", name="Qualification").click()
    expect(page.locator(".column", has_text="Qualification").locator(".card")).to_contain_text("First deal")


def test_a_card_dragged_to_the_next_column_is_there_after_a_reload(office):
    deal, there = office.deal("Scanners"), office.deal("Terminals", "qualification")
    page = office.window(office.max)
    Mouse(page).drag(deal, below=there)
    for _ in ("now", "after a reload"):
        expect(column(page, there.stage)).to_have_text(["Terminals", "Scanners"])
        expect(count(page, there.stage)).to_have_text("2")
        page.reload()
    assert office.stored(deal).stage_id == there.stage_id
