"""Cards and columns on a desk: folding, quick actions, keys, a small celebration."""

import pytest
from playwright.sync_api import expect

from crm.tasks.models import add_task
from tests.browser.hand import Mouse, point
from tests.browser.office import card, column, count, link
from tests.browser.windows import hearing


def test_a_folded_column_is_remembered_counts_and_takes_a_card(office, page, deals):
    lead, qualification = deals[0].stage, deals[2].stage
    page.get_by_role("button", name="Cards of Qualification").click()
    folded = page.locator(f"#stage-{qualification.id}")
    expect(card(page, deals[2])).to_be_hidden()
    assert folded.bounding_box()["width"] < 60
    page.reload()
    expect(page.get_by_role("button", name="Cards of Qualification")).to_have_attribute("aria-expanded", "false")
    expect(folded).to_contain_text("€2,000")
    hand = Mouse(hearing(page))
    hand.lift(deals[0])
    hand.go(*point(folded, 0.5, 300), steps=8)
    hand.until(lambda: "is-target" in folded.get_attribute("class"), lambda: point(folded, 0.5, 300))
    hand.let_go()
    expect(count(page, qualification)).to_have_text("3")
    expect(column(page, lead)).to_have_text(["Terminals"])
    assert office.order(qualification)[0] == deals[0].id, "on top"
    office.deal("Drones", qualification)  # a colleague's news brings the head anew
    expect(count(page, qualification)).to_have_text("4")
    assert folded.bounding_box()["width"] < 60
    page.get_by_role("button", name="Cards of Qualification").press("Enter")
    expect(card(page, deals[2])).to_be_visible()


def test_the_menu_finishes_the_step_and_plans_the_next(office, page, deals):
    add_task(deals[0], "Call Jonas", office.max.today(), by=office.max)
    office.session.commit()
    page.reload()
    link(page, "Actions for Scanners").focus()
    page.keyboard.press("Enter")
    page.locator("#menu").get_by_role("link", name="Step done").press("Enter")
    page.locator("#menu").get_by_role("button", name="In 3 days").press("Enter")
    expect(card(page, deals[0])).to_contain_text("Follow up")
    expect(page.locator("#menu")).to_be_hidden()
    expect(link(page, "Actions for Scanners")).to_be_focused()


def test_what_has_just_been_swapped_in_is_wired_already(page):
    """A quick hand clicks at once; a link without its wires would load a page and lose the place."""
    page.evaluate("""() => {
      window.untouched = true;
      const click = () => document.querySelector("#menu a[href*=step]").click();
      document.addEventListener("htmx:afterSwap", () => queueMicrotask(click), { once: true });
    }""")
    link(page, "Actions for Scanners").click()
    expect(page.locator("#menu").get_by_role("button", name="In 3 days")).to_be_visible()
    assert page.evaluate("window.untouched")


def test_keys_jump_open_the_menu_add_and_list_themselves(page, deals):
    link(page, "Scanners").focus()
    for key, title in [
        ("ArrowDown", "Terminals"),
        ("ArrowRight", "Sensors"),
        ("Home", "Robots"),
        ("ArrowLeft", "Scanners"),
        ("End", "Terminals"),
    ]:
        page.keyboard.press(key)
        expect(link(page, title)).to_be_focused()
    page.keyboard.press("m")
    expect(page.locator("#menu :focus")).to_be_visible()
    page.keyboard.press("Escape")
    expect(link(page, "Terminals")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Lift the card")
    page.keyboard.press("Escape")
    expect(link(page, "Terminals")).to_be_focused()
    page.keyboard.press("n")
    expect(page.get_by_label("Title of the deal")).to_be_focused()


def test_several_deals_are_added_in_a_row_and_what_is_typed_outlives_a_reload(office, page, deals):
    page.get_by_role("link", name="Add a deal to New lead").click()
    title = page.get_by_label("Title of the deal")
    for name in ("Drones", "Cranes"):
        title.fill(name)
        page.keyboard.press("Enter")
        expect(column(page, deals[0].stage).first).to_have_text(name)
        expect(title).to_be_focused()
        expect(title).to_have_value("")
    title.fill("Half a na")
    page.reload()
    page.get_by_role("link", name="Add a deal to New lead").click()
    expect(title).to_have_value("Half a na")


def test_a_lifted_card_is_told_in_words(page, deals):
    link(page, "Scanners").focus()
    page.keyboard.press("Space")
    told = page.locator("#announce")
    expect(told).to_have_text(
        "Lifted Scanners. Position 1 of 2 in New lead. Arrow keys move, Space drops, Escape cancels."
    )
    page.keyboard.press("ArrowRight")
    expect(told).to_have_text("Qualification, position 1 of 3.")
    page.keyboard.press("Escape")
    expect(told).to_have_text("Scanners stays in New lead, position 1 of 2.")


def test_a_refused_move_by_keyboard_says_why(office, page, deals):
    link(page, "Robots").focus()
    for key in ("Space", "ArrowLeft", "Space"):
        page.keyboard.press(key)
    expect(page.locator("#announce")).to_have_text("Not moved: Only owners and admins can move a deal back.")
    expect(column(page, deals[2].stage)).to_have_text(["Robots", "Sensors"])


@pytest.mark.parametrize("wants", [True, False])
def test_a_win_is_celebrated_for_who_won_and_likes_it(office, page, deals, wants):
    office.max.user.celebrates = wants
    office.session.commit()
    other = hearing(office.window(office.mona))
    page.reload()
    Mouse(page).dock(deals[0], office.stage("won"))
    expect(page.locator(".toast")).to_contain_text("Won: Scanners")
    expect(page.locator(".toast .cheer")).to_have_count(1 if wants else 0)
    expect(card(other, deals[0])).to_have_count(0)
    expect(other.locator(".cheer")).to_have_count(0)
