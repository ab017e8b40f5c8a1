"""System A in one play: an admin makes a team, its lead hires and hands out work, a call manager does his part."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from sqlalchemy import select

from crm.accounts.models import User
from crm.contacts.models import Contact
from crm.contacts.operations import add_contact
from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from tests.browser.office import Office, person

PASSWORD = "three words together"
CONTACTS = 40


def test_a_call_manager_works_on_his_half_of_the_contacts_only(office: Office):
    make_the_team(office)
    ina, ivo = (hired(office, name) for name in ("Ina Iversen", "Ivo Ilic"))
    distribute(office, ina[0], ivo[0])
    mine, others = (owned(office, email) for _, email in (ina, ivo))
    assert len(mine) == len(others) == CONTACTS // 2

    page = office.windows.of(ina[1], PASSWORD, "/contacts/")
    sees_only(page, mine)
    for status in ("In work", "Closed"):
        moved(page, mine[0], status)
    assert {one.status for one in owned(office, ina[1])} == {"new", "closed"}
    for path in (f"/contacts/{others[0].id}", f"/contacts/{others[0].id}/edit"):
        refused = page.goto(path)
        assert refused.status == 404
        expect(page.get_by_role("heading", name="This page is not here")).to_be_visible()
    assert {one.status for one in owned(office, ivo[1])} == {"new"}


def make_the_team(office: Office) -> None:
    """Ada, an admin, lets everybody see only their own and makes North, which Max leads. He has 40 contacts."""
    office.enter()
    ada = take_in(office.session, office.olga.organization, person(office.session, "Ada Admin"), Role.ADMIN)
    for number in range(CONTACTS):
        add_contact(office.session, {"name": f"Contact {number:02}"}, by=office.max)
    office.session.commit()
    page = office.window(ada, "/settings/organization")
    page.locator("input[name=visibility][value=own]").check()
    page.get_by_role("button", name="Save settings").click()
    expect(page.locator("input[name=visibility][value=own]")).to_be_checked()
    page.goto("/settings/teams/")
    page.get_by_role("link", name="Add team").click()
    page.get_by_label("Name").fill("North")
    page.get_by_label("Lead").select_option("Max Moser")
    page.get_by_role("button", name="Add team").click()
    expect(page.get_by_role("main").get_by_text("Max Moser")).to_be_visible()


def hired(office: Office, name: str) -> tuple[str, str]:
    """The lead makes a login in his team: its name and address."""
    email = f"{name.split(maxsplit=1)[0].lower()}-{office.olga.organization_id}@example.com"
    page = office.window(office.max, "/settings/teams/")
    page.get_by_role("link", name="North").click()
    page.get_by_role("link", name="New call manager").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Add call manager").click()
    expect(page.locator("#team-people")).to_contain_text(name)
    return name, email


def distribute(office: Office, *names: str) -> None:
    page = office.window(office.max, "/contacts/")
    boxes = page.get_by_role("checkbox", name=re.compile("Choose Contact"))
    expect(boxes).to_have_count(CONTACTS)
    for box in boxes.all():
        box.check()
    page.get_by_role("button", name="Distribute…").click()
    expect(page.get_by_role("heading", name=f"Distribute {CONTACTS} contacts")).to_be_visible()
    for name in names:
        page.get_by_text(name).click()
    page.get_by_role("button", name="Distribute", exact=True).click()
    expect(page.get_by_text(f"{CONTACTS} records are distributed.")).to_be_visible()


def owned(office: Office, email: str) -> list[Contact]:
    """What that person owns, as stored."""
    office.enter()
    query = select(Contact).where(Contact.owner_id == select(User.id).where(User.email == email).scalar_subquery())
    return list(office.session.scalars(query.execution_options(populate_existing=True)))


def sees_only(page: Page, mine: list[Contact]) -> None:
    rows = page.locator("#contacts tbody tr")
    expect(rows).to_have_count(len(mine))
    assert set(page.locator("#contacts tbody th a").all_inner_texts()) == {one.name for one in mine}
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text(f"1–{len(mine)} of {len(mine)}")
    expect(page.get_by_role("checkbox", name=re.compile("Choose"))).to_have_count(0)


def moved(page: Page, contact: Contact, status: str) -> None:
    """Through the form."""
    page.goto(f"/contacts/{contact.id}/edit")
    page.get_by_label("Status").select_option(status)
    page.get_by_role("button", name="Save contact").click()
    page.wait_for_url(f"**/contacts/{contact.id}")
    expect(page.get_by_role("main").get_by_text(status, exact=True).first).to_be_visible()
