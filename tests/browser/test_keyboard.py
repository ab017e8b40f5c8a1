"""The board without mouse or finger."""

from playwright.sync_api import expect

from tests.browser.office import card, column, link

OUTSIDE = "document.activeElement !== document.body && !document.activeElement.closest('dialog')"


def test_the_first_stop_skips_to_the_content(page):
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_move_menu_opens_moves_and_gives_the_focus_back(office, page, deals):
    link(page, "Actions for Scanners").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#menu :focus")).to_be_visible()
    proposal = page.locator("#menu").get_by_role("button", name="Proposal")
    while not proposal.evaluate("button => button === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(column(page, office.stage("proposal"))).to_have_text(["Scanners"])
    expect(link(page, "Actions for Scanners")).to_be_focused()
    assert office.stored(deals[0]).stage.slug == "proposal"


def test_space_lifts_arrows_carry_and_space_drops(office, page, deals):
    link(page, "Scanners").focus()
    page.keyboard.press("Space")
    expect(card(page, deals[0])).to_contain_text("Arrows move, Space drops, Esc cancels")
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#announce")).to_have_text("Qualification, position 2 of 3.")
    page.keyboard.press("Space")
    expect(page.locator(f"#head-{deals[2].stage_id} .column__n")).to_have_text("3")
    expect(link(page, "Scanners")).to_be_focused()
    expect(page.locator("#announce")).to_have_text("Moved Scanners to Qualification, position 2 of 3.")
    assert office.order(deals[2].stage) == [deals[2].id, deals[0].id, deals[3].id]


def test_esc_puts_a_lifted_card_back(office, page, deals):
    link(page, "Scanners").focus()
    for key in ("Space", "ArrowRight", "ArrowDown", "Escape"):
        page.keyboard.press(key)
    expect(column(page, deals[0].stage)).to_have_text(["Scanners", "Terminals"])
    expect(link(page, "Scanners")).to_be_focused()
    assert office.stored(deals[0]).version == 1


def test_a_dialog_keeps_the_focus_and_gives_it_back(page):
    link(page, "Actions for Scanners").focus()
    page.keyboard.press("Enter")
    page.locator("#menu").get_by_role("link", name="Lost").press("Enter")
    expect(page.locator("dialog :focus")).to_be_visible()
    for _ in range(10):
        page.keyboard.press("Tab")
        assert not page.evaluate(OUTSIDE)
    page.keyboard.press("Escape")
    expect(page.locator("#dialog > dialog")).to_have_count(0)
    expect(link(page, "Actions for Scanners")).to_be_focused()


def asked_anew(page):
    """The whole board is swapped for what the server says now."""
    page.evaluate("document.getElementById('board').dataset.old = 'yes'")
    page.evaluate("document.dispatchEvent(new CustomEvent('board-doubtful'))")
    expect(page.locator("#board:not([data-old])")).to_be_visible()


def test_the_whole_board_asked_anew_leaves_the_focus_where_it_was(page, deals):
    for place in (link(page, "Actions for Scanners"), card(page, deals[0]).locator(".card__title a")):
        place.focus()
        asked_anew(page)
        expect(place).to_be_focused()


def test_a_menu_that_is_closed_after_the_board_was_asked_anew_gives_the_focus_back(page, deals):
    link(page, "Actions for Scanners").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#menu")).to_be_visible()
    asked_anew(page)
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()
    expect(link(page, "Actions for Scanners")).to_be_focused()


def test_a_deal_that_is_being_typed_survives_the_board_asked_anew(page, deals):
    page.get_by_role("link", name="Add a deal to New lead").press("Enter")
    title = page.get_by_role("textbox", name="Title of the deal")
    title.press_sequentially("Dro")
    asked_anew(page)
    page.keyboard.type("nes")
    expect(title).to_have_value("Drones")
    page.keyboard.press("Enter")
    expect(column(page, deals[0].stage)).to_contain_text(["Drones"])
    expect(title).to_have_value("")
