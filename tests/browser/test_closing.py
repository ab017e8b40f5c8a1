"""Won and lost from the board: by the dock, with what the stage asks for."""

from playwright.sync_api import expect

from tests.browser.hand import Mouse
from tests.browser.office import card, column


def folded(page, stage):
    return page.locator(f"#folded-{stage.id}")


def test_a_deal_with_an_amount_is_won_by_the_dock(office):
    deal, won = office.deal("Scanners", amount="4200"), office.stage("won")
    page = office.window(office.max)
    Mouse(page).dock(deal, won)
    expect(page.locator(".toast")).to_contain_text("Won: Scanners, €4,200.")
    expect(card(page, deal)).to_have_count(0)
    expect(folded(page, won)).to_contain_text("1 this month, €4,200")
    assert office.stored(deal).status == "won"


def test_winning_without_an_amount_asks_for_it(office):
    deal, won = office.deal("Scanners", amount="0"), office.stage("won")
    page = office.window(office.max)
    Mouse(page).dock(deal, won)
    dialog = page.get_by_role("dialog", name="Mark as won")
    expect(dialog).to_contain_text("A won deal needs an amount above zero.")
    expect(card(page, deal)).to_be_visible()
    dialog.get_by_label("Amount").fill("7000")
    dialog.get_by_role("button", name="Mark as won").click()
    expect(dialog).to_have_count(0)
    expect(folded(page, won)).to_contain_text("1 this month, €7,000")
    assert office.stored(deal).amount == 7000


def test_losing_asks_for_a_reason_and_keeping_it_open_changes_nothing(office):
    deal, other = office.deals("Scanners", "Terminals")
    page = office.window(office.max)
    Mouse(page).dock(deal, office.stage("lost"))
    dialog = page.get_by_role("dialog", name="Mark as lost")
    dialog.get_by_role("button", name="Keep it open").click()
    expect(dialog).to_have_count(0)
    expect(column(page, deal.stage)).to_have_text(["Scanners", "Terminals"])
    assert (office.stored(deal).version, office.order(other.stage)) == (1, [deal.id, other.id])


def test_a_chosen_reason_closes_the_deal_and_the_folded_column_grows(office):
    deal, lost = office.deal("Scanners"), office.stage("lost")
    page = office.window(office.max)
    Mouse(page).dock(deal, lost)
    dialog = page.get_by_role("dialog", name="Mark as lost")
    dialog.get_by_text("Price", exact=True).click()
    dialog.get_by_role("button", name="Mark as lost").click()
    expect(page.locator(".toast")).to_contain_text("Lost: Scanners.")
    expect(card(page, deal)).to_have_count(0)
    expect(folded(page, lost)).to_contain_text("1 this month")
    assert office.stored(deal).lost_reason.name == "Price"


def test_a_dialog_sent_without_a_reason_stays_and_says_what_to_do(office):
    deal = office.deal("Scanners")
    page = office.window(office.max)
    Mouse(page).dock(deal, office.stage("lost"))
    dialog = page.get_by_role("dialog", name="Mark as lost")
    dialog.get_by_label("Note").fill("Too slow")
    dialog.get_by_role("button", name="Mark as lost").click()
    expect(dialog).to_contain_text("Choose why it was lost.")
    expect(dialog.get_by_label("Note")).to_have_value("Too slow")
    assert office.stored(deal).status == "new"


def test_a_strict_limit_puts_the_card_back_and_says_which(office):
    deal, stage = office.deal("Scanners"), office.stage("proposal")
    there = office.deal("Terminals", "proposal")
    stage.change({"wip_limit": 1, "wip_strict": True}, by=office.olga)
    office.session.commit()
    page = office.window(office.max)
    Mouse(page).drag(deal, below=there)
    expect(page.locator(".toast")).to_contain_text("Proposal is full: its limit of deals is 1.")
    expect(column(page, deal.stage)).to_have_text(["Scanners"])
    assert office.order(stage) == [there.id]


def test_nobody_drags_what_belongs_to_someone_else(office):
    deal, there = office.deal("Scanners", by=office.mona), office.deal("Terminals", "proposal")
    page = office.window(office.max)
    page.mouse.move(*centre(card(page, deal)))
    page.mouse.down()
    page.mouse.move(*centre(card(page, there)), steps=8)
    expect(page.locator("#dock")).to_be_hidden()
    page.mouse.up()
    expect(column(page, deal.stage)).to_have_text(["Scanners"])


def centre(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
