"""The lists of contacts and companies: search, filters, order, pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from crm.contacts.models import Company, Contact
from tests.world import Browser, World

BAD = [
    "sort=password",
    "sort=--name",
    "status=asleep",
    "owner=-1",
    "owner=99999999999999999999999",
    "owner=me",
    "after=nonsense",
    "after=",
    "before=WzEsIjIiXQ",
    "after=eyJ9",
    "after=WyJcdWQ4MDAiLDFd",
    "sort=created&after=WyJ4IiwxXQ",
    "sort=created&after=WyIyMDI2LTAxLTAxIiwxXQ",
    "after=WyJcdTAwMDAiLDFd",
    "q=%00",
    "q=%ff%fe",
    "q=" + "x" * 3000,
    "archived=perhaps",
]


def add_contacts(world: World, number: int, **values: Any) -> None:
    own = {"organization_id": world.acme.id, "owner_id": world.max.user_id}
    world.session.add_all([Contact(name=f"Person {place:04}", **own | values) for place in range(1, number + 1)])
    world.session.commit()


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', page)


def link(page: str, id: str) -> str:
    """Where the link with this id leads."""
    found = re.search(rf'id="{id}" href="([^"]*)"', page)
    assert found, f"there is no link {id}"
    return found.group(1).replace("&amp;", "&")


@pytest.mark.parametrize("path", ["/contacts/", "/companies/"])
def test_a_stranger_to_filters_sees_what_is_in_use(world: World, browser: Browser, path: str) -> None:
    page = browser.as_(world.vera).get(path)
    assert page.status_code == 200
    assert names(page.text) == (["Jonas Brandt"] if path == "/contacts/" else ["Max Tester Corp"])


def test_htmx_gets_the_results_alone(world: World, browser: Browser) -> None:
    part = browser.as_(world.max).part("/contacts/?q=jonas").text
    assert part.startswith('<div id="results">')
    assert "<html" not in part


@pytest.mark.parametrize("text", ["JONAS", "brandt", "jonas@", "max tester", "Brandt "])
def test_a_contact_is_found_by_name_mail_and_company(world: World, browser: Browser, text: str) -> None:
    assert names(browser.as_(world.max).get("/contacts/", query_string={"q": text}).text) == ["Jonas Brandt"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "100%"])
def test_signs_of_patterns_mean_themselves(world: World, browser: Browser, text: str) -> None:
    assert names(browser.as_(world.max).get("/contacts/", query_string={"q": text}).text) == []


@pytest.mark.parametrize("path", ["/contacts/", "/companies/"])
@pytest.mark.parametrize("query", BAD)
def test_nonsense_in_the_address_shows_a_list(world: World, browser: Browser, path: str, query: str) -> None:
    assert browser.as_(world.max).get(f"{path}?{query}").status_code == 200


def test_pages_follow_each_other_forward_and_back(world: World, browser: Browser) -> None:
    add_contacts(world, 120)
    first = browser.as_(world.max).get("/contacts/").text
    second = browser.get(link(first, "later")).text
    third = browser.get(link(second, "later")).text
    assert "1–50 of 121" in first
    assert "51–100 of 121" in second
    assert "101–121 of 121" in third
    everybody = names(first) + names(second) + names(third)
    assert everybody == ["Jonas Brandt"] + [f"Person {place:04}" for place in range(1, 121)]
    assert names(browser.get(link(third, "earlier")).text) == names(second)
    assert names(browser.get(link(second, "earlier")).text) == names(first)


@pytest.mark.parametrize("sort", ["name", "-name", "company", "-company", "owner", "-owner", "created", "-created"])
def test_every_order_shows_everyone_once(world: World, browser: Browser, sort: str) -> None:
    add_contacts(world, 70, company_id=world.company.id)
    moved = update(Contact).where(Contact.id % 3 == 0).values(note="rewritten, so stored behind the others")
    world.session.execute(moved)
    world.session.commit()
    first = browser.as_(world.max).get(f"/contacts/?sort={sort}").text
    shown = names(first) + names(browser.get(link(first, "later")).text)
    assert len(shown) == len(set(shown)) == 71


def test_names_of_one_letter_in_both_cases_stand_together(world: World, browser: Browser) -> None:
    for name in ("anna", "Berta", "Anton", "ärger", "Ärmel"):
        add_named(world, name)
    assert names(browser.as_(world.max).get("/contacts/").text) == [
        "anna", "Anton", "Berta", "Jonas Brandt", "ärger", "Ärmel",
    ]  # fmt: skip


def add_named(world: World, name: str, **values: Any) -> None:
    own = {"organization_id": world.acme.id, "owner_id": world.max.user_id}
    world.session.add(Contact(name=name, **own | values))
    world.session.commit()


def test_a_second_click_on_a_column_turns_its_order(world: World, browser: Browser) -> None:
    page = browser.as_(world.max).get("/contacts/").text
    assert 'aria-sort="ascending"' in page
    turned = browser.get(link(page, "sort-name")).text
    assert 'aria-sort="descending"' in turned
    assert "sort=-name" not in link(turned, "sort-name")


def test_filters_by_status_and_owner_narrow_together(world: World, browser: Browser) -> None:
    add_named(world, "Stuck one", status="stuck")
    add_named(world, "Lena's", status="stuck", owner_id=world.lena.user_id)
    page = browser.as_(world.max).get(f"/contacts/?status=stuck&status=dead&owner={world.lena.user_id}").text
    assert names(page) == ["Lena&#39;s"]
    assert names(browser.get("/contacts/?status=stuck").text) == ["Lena&#39;s", "Stuck one"]


def test_an_owner_of_another_organization_filters_everything_out(world: World, browser: Browser) -> None:
    page = browser.as_(world.max).get(f"/contacts/?owner={world.foreign['user']}").text
    assert names(page) == []
    assert "Ruslan" not in page


def test_the_archived_are_hidden_until_asked_for(world: World, browser: Browser) -> None:
    world.contact.archive(by=world.max)
    world.session.commit()
    assert names(browser.as_(world.max).get("/contacts/").text) == []
    assert names(browser.get("/contacts/?archived=1").text) == ["Jonas Brandt"]


def test_an_empty_book_says_what_will_be_here(world: World, browser: Browser) -> None:
    page = browser.as_(world.ruslan)
    world.in_bolt()
    world.session.get(Contact, (world.bolt.id, world.foreign["contact"])).archived_at = datetime.now(UTC)  # type: ignore[union-attr]
    world.session.commit()
    text = page.get("/contacts/").text
    assert "Your first contact goes here" in text
    assert "/contacts/new" in text


def test_a_viewer_is_not_offered_to_add(world: World, browser: Browser) -> None:
    assert "/contacts/new" not in browser.as_(world.vera).get("/contacts/?q=nobody").text


def test_filtered_out_says_how_many_there_are(world: World, browser: Browser) -> None:
    add_contacts(world, 2)
    page = browser.as_(world.max).get("/contacts/?q=nobody").text
    assert "No contact fits these filters" in page
    assert "3 contacts are there without them." in page
    assert "Clear filters" in page


def test_a_cursor_past_the_end_shows_the_first_page(world: World, browser: Browser) -> None:
    add_contacts(world, 60)
    later = link(browser.as_(world.max).get("/contacts/").text, "later")
    for contact in world.session.query(Contact).filter(Contact.name > "Person 0005"):
        contact.archive(by=world.max)
    world.session.commit()
    assert "1–6 of 6" in browser.get(later).text


def test_searching_keeps_the_filters(world: World, browser: Browser) -> None:
    page = browser.as_(world.max).get("/contacts/?status=stuck&sort=-created").text
    assert '<input type="hidden" form="search" name="status" value="stuck">' in page
    assert '<input type="hidden" form="search" name="sort" value="-created">' in page


@pytest.mark.parametrize("path", ["/contacts/", "/companies/"])
def test_a_long_list_costs_no_more_statements(world: World, browser: Browser, statements: list[str], path: str) -> None:
    own = {"organization_id": world.acme.id, "owner_id": world.max.user_id}
    counts = []
    for number in (10, 990):
        world.session.add_all([Contact(name=f"P {number}", company_id=world.company.id, **own) for _ in range(number)])
        world.session.add_all([Company(name=f"C {number}", **own) for _ in range(number)])
        world.session.commit()
        browser.as_(world.max)
        statements.clear()
        assert browser.get(path).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6


def test_a_script_in_a_name_is_shown_as_text(world: World, browser: Browser) -> None:
    add_named(world, "<script>alert(1)</script>", email="a?subject=x@b.example")
    page = browser.as_(world.max).get("/contacts/").text
    assert "<script>alert" not in page
    assert "mailto:a%3Fsubject%3Dx@b.example" in page
