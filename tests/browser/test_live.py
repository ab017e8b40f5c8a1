"""What a window hears from elsewhere: another tab's organization, a lost connection, an ended session."""

from playwright.sync_api import expect

from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from tests.browser.hand import Mouse
from tests.browser.office import PASSWORD, Office, card, column
from tests.browser.windows import hearing


def test_a_tab_of_another_organization_changes_nothing_and_says_so(office, session, windows):
    deal, there = office.deals("Scanners", "Terminals")
    page = office.window(office.max)
    other = Office.open(session, windows)
    take_in(session, other.olga.organization, office.max.user, Role.MEMBER)
    session.commit()
    second = page.context.new_page()
    second.goto("/organizations")
    second.get_by_role("button", name=other.olga.organization.name).click()
    expect(second.locator("#board")).to_be_visible()
    page.bring_to_front()
    Mouse(page).drag(deal, below=there)
    expect(page.locator(".toast")).to_contain_text("Nothing was saved.")
    expect(column(page, deal.stage)).to_have_text(["Scanners", "Terminals"])
    office.enter()
    assert office.order(deal.stage) == [deal.id, there.id]


def test_a_session_that_is_ended_elsewhere_hears_nothing_more(office, windows):
    deal = office.deal("Scanners")
    page, watcher = hearing(office.window(office.max)), office.window(office.mona)
    elsewhere = windows.stranger("/sign-in?next=/settings/password")
    elsewhere.get_by_label("E-mail").fill(office.max.user.email)
    elsewhere.get_by_label("Password").fill(PASSWORD)
    elsewhere.get_by_role("button", name="Sign in").click()
    with page.expect_event("requestfinished", lambda request: "/live" in request.url, timeout=5000):
        elsewhere.get_by_role("button", name="Sign out everywhere else").click()
    office.stored(deal).move_to(office.stage("proposal"), by=office.mona)
    office.session.commit()
    expect(column(watcher, office.stage("proposal"))).to_have_text(["Scanners"])
    expect(column(page, office.stage("lead"))).to_have_text(["Scanners"])


def test_a_window_without_connection_says_so_until_it_is_back(office):
    deal = office.deal("Scanners")
    page = hearing(office.window(office.max))
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline, showing")).to_be_visible()
    office.stored(deal).move_to(office.stage("proposal"), by=office.mona)
    office.session.commit()
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    expect(column(page, office.stage("proposal"))).to_have_text(["Scanners"])


def test_a_move_without_connection_puts_the_card_back(office):
    deal, there = office.deals("Scanners", "Terminals")
    page = office.window(office.max)
    page.context.set_offline(True)
    Mouse(page).drag(deal, below=there)
    expect(page.locator(".toast")).to_contain_text("No connection.")
    expect(card(page, deal)).to_contain_text("Put back")
    expect(column(page, deal.stage)).to_have_text(["Scanners", "Terminals"])
