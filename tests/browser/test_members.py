"""Members in the browser: a role by one choice, contacts dealt out by boxes, and no barrier on the way."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from crm.contacts.operations import add_contact
from crm.organizations.operations import join_team, make_team
from crm.people.inviting import invite
from tests.browser.barriers import barriers
from tests.browser.hand import reach
from tests.browser.office import Office


@pytest.fixture
def staffed(office: Office) -> Office:
    """Mona leads North with Max in it; somebody is invited; Olga has four contacts."""
    office.enter()
    team = make_team(office.session, office.olga.organization, "North", lead=office.mona)
    join_team(office.session, team, office.max)
    invite(office.session, "k.hansen@northlight.example", "member", by=office.olga, team=team)
    for number in range(4):
        add_contact(office.session, {"name": f"Contact {number}"}, by=office.olga)
    office.session.commit()
    return office


def test_nothing_bars_the_way_and_nothing_is_too_wide(staffed):
    page = staffed.window(staffed.olga, reduced_motion="reduce")
    for path in ("/settings/members/", "/settings/teams/", f"/settings/members/{staffed.max.user_id}/remove"):
        page.goto(path)
        assert barriers(page) == []


def test_a_role_is_changed_in_its_row_without_a_reload(staffed):
    page = staffed.window(staffed.olga, "/settings/members/")
    page.evaluate("window.same = true")
    page.get_by_label("Role of Max Moser").select_option("manager")
    expect(page.locator(f"#role-{staffed.max.user_id} input[name=version]")).to_have_value("2")
    assert page.evaluate("window.same")
    page.reload()
    expect(page.get_by_label("Role of Max Moser")).to_have_value("manager")


def test_chosen_contacts_are_dealt_out_in_turn(staffed):
    page = staffed.window(staffed.olga, "/contacts/")
    expect(page.get_by_role("button", name="Distribute…")).to_be_hidden()
    for number in range(4):
        page.get_by_label(f"Choose Contact {number}").check()
    page.get_by_role("button", name="Distribute…").click()
    for name in ("Max Moser", "Mona Meyer"):
        page.get_by_text(name).click()
    page.get_by_role("button", name="Distribute", exact=True).click()
    expect(page.get_by_text("4 records are distributed.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Max Moser")).to_have_count(2)
    expect(page.get_by_role("row").filter(has_text="Mona Meyer")).to_have_count(2)


def test_members_are_managed_without_a_mouse(staffed):
    page = staffed.window(staffed.olga, "/settings/members/")
    role, row = page.get_by_label("Role of Max Moser"), page.locator(f"#role-{staffed.max.user_id}")
    reach(page, role)
    page.keyboard.press("v")
    expect(row.locator("input[name=version]")).to_have_value("2")
    expect(role).to_have_value("viewer")
    expect(role).to_be_focused()
    page.reload()
    expect(role).to_have_value("viewer")
    reach(page, page.get_by_role("button", name="Actions for Max Moser"))
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("link", name="Remove from organization…"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/settings/members/{staffed.max.user_id}/remove")
