"""From registering to the first moved deal, at a desk and on a phone."""

from playwright.sync_api import expect

from tests.browser.hand import Finger, Mouse
from tests.browser.office import PASSWORD, card, column, count, numbers
from tests.browser.windows import PHONE

IN_THE_MIDDLE = 'document.elementFromPoint(180, 400)?.closest(".column")?.id'


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
    page.locator("#menu").get_by_role("button", name="Qualification").click()
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


def test_a_finger_puts_a_card_below_another(office):
    first, second, _ = office.deals("Scanners", "Terminals", "Robots")
    page = office.window(office.max, **PHONE)
    Finger(page).drag(first, below=second)
    expect(column(page, first.stage)).to_have_text(["Terminals", "Scanners", "Robots"])
    expect(card(page, first)).not_to_have_attribute("data-state", "pending")
    assert office.order(first.stage)[0] == second.id


def test_at_the_edge_of_a_phone_a_finger_reaches_the_next_column(office):
    deal = office.deal("Scanners")
    page = office.window(office.max, **PHONE)
    finger, home = Finger(page), f"stage-{deal.stage_id}"
    finger.lift(deal)
    finger.until(lambda: page.evaluate(IN_THE_MIDDLE) != home, lambda: (350, 300))
    finger.go(180, 300, steps=4)
    reached = page.locator(".column.is-target:not(:has(.card:not(.is-ghost)))")
    finger.until(lambda: reached.count() == 1, lambda: (180, 320))
    there = reached.get_attribute("data-stage")
    finger.let_go()
    expect(page.locator(f"#stage-{there} .column__n")).to_have_text("1")
    assert office.stored(deal).stage_id == int(there) and home != f"stage-{there}"


def test_on_a_phone_the_move_menu_moves_too(office):
    deal = office.deal("Scanners")
    page = office.window(office.max, **PHONE)
    page.get_by_role("link", name="Actions for Scanners").tap()
    page.locator("#menu").get_by_role("button", name="Proposal").tap()
    expect(column(page, office.stage("proposal"))).to_have_text(["Scanners"])
    assert office.stored(deal).stage.slug == "proposal"


def test_a_swipe_turns_to_the_next_column_and_moves_nothing(office):
    deal = office.deal("Scanners")
    page = office.window(office.max, **PHONE)
    here = page.locator(".stage-tabs [aria-current]")
    expect(here).to_contain_text("New lead")
    Finger(page).swipe(400, 330, 40)
    expect(here).to_contain_text("Qualification")
    page.locator(".stage-tabs a", has_text="Contract").tap()
    expect(here).to_contain_text("Contract")
    assert office.stored(deal).stage.slug == "lead"


def test_the_counts_on_the_tabs_follow_a_move(office):
    deal = office.deal("Scanners")
    page = office.window(office.max, **PHONE)
    page.get_by_role("link", name="Actions for Scanners").tap()
    page.locator("#menu").get_by_role("button", name="Qualification").tap()
    expect(page.locator(".stage-tabs a", has_text="Qualification")).to_have_text("Qualification 1")
    expect(page.locator(".stage-tabs a", has_text="New lead")).to_have_text("New lead 0")
    assert office.stored(deal).stage.slug == "qualification"
