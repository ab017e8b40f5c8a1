"""Who is not in the organization finds nothing, and nothing can be tied across organizations."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from crm.contacts.lists import Shown, page_of
from crm.contacts.models import Company, Contact
from crm.contacts.queries import companies_of, contacts_of
from tests.world import Browser, World

URLS = [
    (method, f"/{kind}/{{{kind}}}{path}")
    for kind in ("contacts", "companies")
    for method, path in [
        ("GET", ""),
        ("GET", "?before=5"),
        ("GET", "/edit"),
        ("POST", "/edit"),
        ("POST", "/activities"),
        ("POST", "/archive"),
        ("POST", "/restore"),
        ("GET", "/delete"),
        ("POST", "/delete"),
    ]
]


@pytest.mark.parametrize(("method", "url"), URLS)
def test_a_stranger_gets_404_everywhere(world: World, browser: Browser, method: str, url: str) -> None:
    browser.as_(world.olga)
    path = url.format(contacts=world.foreign["contact"], companies=world.foreign["company"])
    form = {"name": "Stolen", "kind": "comment", "text": "Stolen"}
    asked = browser.get(path) if method == "GET" else browser.post(path, form)
    sent = browser.part(path) if method == "GET" else browser.send(path, form)
    assert (asked.status_code, sent.status_code) == (404, 404)


@pytest.mark.parametrize("number", [0, 10**12, 2**63, 10**40])
@pytest.mark.parametrize("kind", ["contacts", "companies"])
def test_an_unknown_number_is_404(world: World, browser: Browser, kind: str, number: int) -> None:
    assert browser.as_(world.olga).get(f"/{kind}/{number}").status_code == 404


def test_nothing_changed_at_the_stranger_s(world: World, browser: Browser) -> None:
    browser.as_(world.olga).post(f"/contacts/{world.foreign['contact']}/edit", {"name": "Stolen"})
    world.in_bolt()
    assert world.session.get(Contact, (world.bolt.id, world.foreign["contact"])).name == "Jonas Brandt"  # type: ignore[union-attr]


@pytest.mark.parametrize("path", ["/contacts/", "/companies/", "/contacts/new", "/companies/1"])
def test_who_is_not_signed_in_is_sent_to_the_door(world: World, browser: Browser, path: str) -> None:
    assert "/sign-in" in browser.get(path).headers["Location"]


def test_the_database_refuses_a_company_of_another_organization(world: World) -> None:
    insert = text(
        "insert into contacts (organization_id, name, owner_id, company_id) values (:org, 'X', :owner, :company)"
    )
    row = {"org": world.acme.id, "owner": world.max.user_id, "company": world.foreign["company"]}
    assert world.session.scalar(text("select current_user")) == "crm_app"
    with pytest.raises(IntegrityError, match="fk_contacts_organization_id_company_id"), world.session.begin_nested():
        world.session.execute(insert, row)
    world.session.execute(insert, row | {"company": world.company.id})


def test_the_database_refuses_an_owner_of_another_organization(world: World) -> None:
    insert = text("insert into companies (organization_id, name, owner_id) values (:org, 'X', :owner)")
    row = {"org": world.acme.id, "owner": world.foreign["user"]}
    with pytest.raises(IntegrityError, match="fk_companies_organization_id_owner_id"), world.session.begin_nested():
        world.session.execute(insert, row)
    world.session.execute(insert, row | {"owner": world.max.user_id})


def test_the_database_refuses_a_row_for_another_organization(world: World) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), world.session.begin_nested():
        world.session.add(Company(organization_id=world.bolt.id, name="X", owner_id=world.foreign["user"]))
        world.session.flush()


def test_the_queries_keep_others_out_even_without_row_level_security(world: World) -> None:
    world.session.execute(text("reset role"))
    assert list(world.session.scalars(contacts_of(world.olga))) == [world.contact]
    assert list(world.session.scalars(companies_of(world.olga))) == [world.company]
    assert page_of(world.session, world.olga, Contact, Shown()).total == 1
    assert page_of(world.session, world.olga, Company, Shown()).total == 1


def test_a_company_of_another_organization_can_not_be_chosen(world: World, browser: Browser) -> None:
    page = browser.as_(world.max).post("/contacts/new", {"name": "New", "company": "Ruslan Tester Corp"})
    assert page.status_code == 400
    assert "No such company" in page.text


def test_options_offer_only_our_own(world: World, browser: Browser) -> None:
    assert "Ruslan" not in browser.as_(world.max).get("/companies/options?company=corp").text
