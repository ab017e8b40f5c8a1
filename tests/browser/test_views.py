"""Other views of the board: by people, by months, in another order, through a filter."""

from __future__ import annotations

import re
from types import SimpleNamespace

from playwright.sync_api import expect

from crm.deals.months import close_in, later, month_of
from crm.people.teamwork import add_team, put_in
from tests.browser.hand import Mouse
from tests.browser.office import card, column
from tests.browser.windows import PHONE, hearing


def place(key):
    """A month's column by its key, as the hand and the office know stages."""
    return SimpleNamespace(id=f"month-{key}")


def test_a_card_dragged_to_another_month_is_expected_then(office):
    deal, month = office.deal("Scanners"), later(month_of(office.max.today()), 1)
    office.deal("Printers").change({"expected_close_date": later(month, -2)}, by=office.max)
    office.session.commit()
    watcher = hearing(office.window(office.mona, "/deals/?group=month"))
    page = office.window(office.max, viewport={"width": 2400, "height": 900})  # all months side by side
    page.get_by_role("link", name="Months").click()
    expect(column(page, place("none"))).to_have_text(["Scanners"])
    Mouse(page).drag(deal, into=place(f"{month:%Y-%m}"))
    expect(page.locator(f"#head-month-{month:%Y-%m} .column__n")).to_have_text("1")
    expect(page.locator("#head-month-none .column__n")).to_have_text("0")
    expect(column(watcher, place(f"{month:%Y-%m}"))).to_have_text(["Scanners"])
    assert month_of(office.stored(deal).expected_close_date) == month
    Mouse(page).drag(deal, into=place("earlier"))
    expect(page.locator(".toast")).to_contain_text("in the past")
    expect(column(page, place(f"{month:%Y-%m}"))).to_have_text(["Scanners"])


def test_the_months_before_take_no_place_while_nothing_is_expected_in_them(office):
    deal, today = office.deal("Scanners"), office.max.today()
    page = hearing(office.window(office.max, "/deals/?group=month", **PHONE))
    now = page.locator(".stage-tabs").get_by_text(f"{today:%B}")
    expect(now).to_be_in_viewport()
    expect(now).to_have_attribute("aria-current", "true")
    expect(page.locator(f"#head-month-{today:%Y-%m}")).to_be_in_viewport()
    expect(page.locator(".stage-tabs").get_by_text("Earlier")).to_be_hidden()
    office.stored(deal).change({"expected_close_date": later(month_of(today), -1)}, by=office.mona)
    office.session.commit()
    page.locator(".stage-tabs").get_by_text("Earlier").tap()
    expect(column(page, place("earlier"))).to_have_text(["Scanners"])
    expect(card(page, deal)).to_be_in_viewport()


def test_a_card_carried_to_a_person_by_keyboard_is_given_away(office):
    deal = office.deal("Scanners", by=office.max)
    page = office.window(office.max, "/deals/?group=owner")
    page.locator("#board").get_by_role("link", name="Scanners", exact=True).focus()
    for key in ("Space", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator("#announce")).to_have_text("Mona Meyer, position 1 of 1.")
    page.keyboard.press("Space")
    expect(page.locator(f"#head-owner-{office.mona.user_id} .column__n")).to_have_text("1")
    expect(card(page, deal)).not_to_have_attribute("data-move", "")  # now Mona's, not Max's to move
    assert office.stored(deal).owner_id == office.mona.user_id


def test_a_deal_given_to_somebody_without_a_column_brings_that_column(office):
    team, _ = add_team(office.session, "Sales", by=office.olga), office.deal("Scanners")
    for member in (office.max, office.mona):
        put_in(office.session, team, member, by=office.olga)
    office.session.commit()
    page = office.window(office.max)
    page.goto(f"/deals/?group=owner&team={team.id}")  # so filtered, only who has deals stands here
    expect(page.locator("#board .column")).to_have_count(1)
    page.locator("#board").get_by_role("link", name="Actions for Scanners").click()
    page.locator("#targets").get_by_role("button", name="Mona Meyer").click()
    expect(page.locator(f"#cards-owner-{office.mona.user_id} .card__title")).to_have_text("Scanners")
    expect(page.locator("#tabs")).to_contain_text("Mona Meyer")


def test_in_an_order_by_amount_a_drop_goes_to_the_column_and_the_order_says_where(office):
    small, large = office.deal("Small", amount="10"), office.deal("Large", amount="5000")
    other, proposal = office.deal("Middle", "proposal", amount="700"), office.stage("proposal")
    page = office.window(office.max, "/deals/?sort=amount")
    expect(column(page, small.stage)).to_have_text(["Large", "Small"])
    Mouse(page).drag(small, above=large)
    expect(column(page, small.stage)).to_have_text(["Large", "Small"])
    Mouse(page).drag(small, above=other)
    expect(page.locator(f"#head-{proposal.id} .column__n")).to_have_text("2")
    expect(column(page, proposal)).to_have_text(["Middle", "Small"])
    assert office.stored(small).version == 2


def test_filters_are_addresses_and_the_way_back_leads_through_them(office):
    office.deal("Scanners"), office.deal("Robots", by=office.mona)
    page = office.window(office.max)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.locator("#filter-sheet summary", has_text="Owner").click()
    page.locator("#filter-sheet").get_by_text("Mine").click()
    page.get_by_role("button", name="Show deals").click()
    expect(column(page, office.stage("lead"))).to_have_text(["Scanners"])
    expect(page).to_have_url(re.compile(r"/board\?owner=me$"))
    expect(page.locator("#sums")).to_contain_text("open deal, filtered")
    page.get_by_role("link", name="People").click()
    expect(page.locator(".column")).to_have_count(1)
    page.go_back()
    expect(column(page, office.stage("lead"))).to_have_text(["Scanners"])
    page.get_by_role("link", name="Remove filter: Owner").click()
    expect(column(page, office.stage("lead"))).to_have_text(["Robots", "Scanners"])
    page.get_by_role("searchbox").first.fill("robo")
    page.keyboard.press("Enter")
    expect(column(page, office.stage("lead"))).to_have_text(["Robots"])


def test_what_others_change_enters_and_leaves_a_filtered_board(office):
    deal, today = office.deal("Scanners"), office.max.today()
    page = hearing(office.window(office.max, "/deals/?closes=next_month&sort=amount"))
    expect(page.locator(".nothing")).to_contain_text("1 deal is there without them.")
    close_in(office.stored(deal), later(month_of(today), 1), by=office.mona)
    office.session.commit()
    expect(column(page, office.stage("lead"))).to_have_text(["Scanners"])
    expect(page.locator("#only-idle .chip__n")).to_have_text("1")
    expect(page.locator(".nothing")).to_be_hidden()
    close_in(office.stored(deal), None, by=office.mona)
    office.session.commit()
    expect(card(page, deal)).to_have_count(0)
    expect(page.locator("#sums")).to_contain_text("0 open deals")


def test_a_filter_and_a_month_by_plain_forms_on_a_phone(office):
    deal = office.deal("Scanners")
    page = office.window(office.max, "/deals/?group=month", **PHONE | {"java_script_enabled": False})
    page.get_by_role("button", name="Filter").tap()
    page.locator("#filter-sheet summary", has_text="Closes").tap()
    page.locator("#filter-sheet").get_by_text("No close date").tap()
    page.get_by_role("button", name="Show deals").tap()
    expect(page.get_by_role("link", name="Remove filter: Closes")).to_be_visible()
    page.get_by_role("link", name="Actions for Scanners").tap()
    page.get_by_role("button", name="Later").tap()
    expect(page.locator(".nothing")).to_be_visible()
    assert "closes=none&group=month" in page.url
    assert office.stored(deal).expected_close_date
