"""From one organization to another without a mouse."""

from playwright.sync_api import expect

from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from tests.browser.hand import reach
from tests.browser.office import Office


def test_a_shortcut_opens_the_list_and_enter_switches(office, session, windows):
    page = office.window(office.max)
    other = Office.open(session, windows)
    take_in(session, other.olga.organization, office.max.user, Role.MEMBER)
    session.commit()
    page.reload()
    page.keyboard.press("Alt+Shift+O")
    choice = page.locator("#organization").get_by_role("button", name=other.olga.organization.name)
    expect(choice).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(choice).not_to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-organization", str(other.olga.organization_id))
    page.keyboard.press("Alt+Shift+O")
    page.keyboard.press("Escape")
    expect(page.locator("#organization")).to_be_hidden()


def test_the_menu_is_reached_and_used_by_tab_and_enter(office, session, windows):
    page = office.window(office.max)
    other = Office.open(session, windows)
    take_in(session, other.olga.organization, office.max.user, Role.MEMBER)
    session.commit()
    page.reload()
    reach(page, page.get_by_role("button", name=office.olga.organization.name))
    page.keyboard.press("Enter")
    expect(page.locator("#organization")).to_be_visible()
    reach(page, page.locator("#organization").get_by_role("button", name=other.olga.organization.name))
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-organization", str(other.olga.organization_id))
