"""Without a network: what was seen last opens, what was changed waits and is sent once, nothing stays for others."""

import re

import pytest
from playwright.sync_api import expect

from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from tests.browser.office import Office, card, column
from tests.browser.windows import hearing

READY = "async () => { await navigator.serviceWorker.ready; return Boolean(navigator.serviceWorker.controller); }"
KEPT = """async () => {
  const names = (await caches.keys()).filter((name) => name.startsWith("seen "));
  const copies = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).length));
  return copies.reduce((sum, count) => sum + count, 0);
}"""


def ready(page):
    """The window, once its worker answers for it, has kept a copy of what it shows, and it hears the news."""
    page.wait_for_function(READY)
    page.reload()
    page.wait_for_function(f"async () => await ({KEPT})() > 0")
    return hearing(page)


def test_the_last_seen_board_and_deal_open_offline_and_say_of_when_they_are(office):
    deal, _other = office.deals("Scanners", "Terminals")
    page = ready(office.window(office.max))
    page.get_by_role("link", name="Scanners", exact=True).click()
    expect(page.locator("#deal-panel")).to_be_visible()
    page.wait_for_function(f"async () => await ({KEPT})() > 1")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#deal-panel")).to_contain_text("Scanners")
    expect(page.locator("#offline")).to_have_text(re.compile(r"You are offline, showing \d+:\d\d"))
    page.goto("/")
    expect(column(page, deal.stage)).to_have_text(["Scanners", "Terminals"])
    expect(page.locator("#offline")).to_be_visible()
    page.goto("/contacts/")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    page.get_by_role("link", name="Go to the board").click()
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    assert page.evaluate("document.documentElement.dataset.kept") is None


def test_a_filtered_board_opens_offline_as_a_board_of_its_own(office):
    """What a filter brings is a part of a page; its address, said shorter than the form says it, has no page's copy."""
    office.deal("Scanners")
    office.deal("Terminals", by=office.mona)
    page = ready(office.window(office.max))
    page.get_by_role("link", name="People").click()
    expect(page.locator("#group-owner")).to_have_attribute("aria-current", "true")
    page.locator("#add-filter").click()
    page.locator("#filter-sheet summary", has_text="Owner").click()
    page.locator("#filter-sheet").get_by_text("Mine").click()
    page.get_by_role("button", name="Show deals").click()
    expect(page.locator(".card__title")).to_have_text(["Scanners"])
    page.wait_for_function(f"async () => await ({KEPT})() > 2")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator(".card__title")).to_have_text(["Scanners"])
    expect(page.locator("#group-owner")).to_have_attribute("aria-current", "true")
    page.goto(page.url.replace("owner=me&", ""))
    expect(page.locator(".card__title")).to_have_text(["Scanners", "Terminals"])
    assert page.locator("#board").count() == 1 and page.locator("#panel > *").count() == 0


def test_nothing_of_a_person_who_signed_out_opens_in_the_same_browser(office):
    office.deal("Scanners")
    page = ready(office.window(office.max))
    page.get_by_role("button", name="Max Moser").click()
    page.locator("#organization").get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    page.wait_for_function(READY)
    assert page.evaluate(KEPT) == 0
    page.context.set_offline(True)
    page.goto("/deals/")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    assert "Scanners" not in page.content()


@pytest.mark.parametrize("ending", ["another session", "another organization", "a narrower sight"])
def test_copies_end_with_what_they_were_made_for(office, session, windows, ending):
    """The session ends elsewhere; the organization is switched; the records become their owners' own."""
    deal = office.deal("Scanners", by=office.mona)
    page = ready(office.window(office.max))
    if ending == "another session":
        page.context.clear_cookies()
        page.goto("/contacts/")
    elif ending == "another organization":
        other = Office.open(session, windows)
        take_in(session, other.olga.organization, office.max.user, Role.MEMBER)
        session.commit()
        page.reload()
        page.get_by_role("button", name="Max Moser").click()
        page.locator("#organization").get_by_role("button", name=other.olga.organization.name).click()
        expect(page.locator("html")).to_have_attribute("data-organization", str(other.olga.organization_id))
    else:
        office.olga.organization.visibility = "own"
        session.commit()
        page.goto("/contacts/")
    page.wait_for_function("async () => (await caches.keys()).filter((one) => one.startsWith('seen ')).length < 2")
    page.context.set_offline(True)
    page.goto("/deals/")
    expect(page.locator("body")).to_be_visible()
    assert "Scanners" not in page.content() and card(page, deal).count() == 0


def test_the_browser_finds_an_app_to_install(office):
    page = ready(office.window(office.max))
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert not found["errors"] and '"New deal"' in found["data"]
    errors = [one["errorId"] for one in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert not set(errors) - {"in-incognito"}
