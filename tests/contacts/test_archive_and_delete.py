"""Archiving, restoring, deleting."""

from __future__ import annotations

from typing import Any

import pytest

from crm.contacts.models import Company, Contact
from crm.contacts.operations import add_company, add_contact
from crm.errors import Conflict, Forbidden
from tests.world import Browser, World

KINDS = ["contacts", "companies"]


def free(world: World, kind: str) -> tuple[Any, str]:
    """A record of Max's without deals, and its address."""
    record: Contact | Company
    if kind == "contacts":
        record = add_contact(world.session, {"name": "Ada"}, by=world.max)
    else:
        record = add_company(world.session, {"name": "Ada Ltd"}, by=world.max)
    world.session.commit()
    return record, f"/{kind}/{record.id}"


@pytest.mark.parametrize("kind", KINDS)
def test_archive_and_restore(world: World, browser: Browser, kind: str) -> None:
    record, home = free(world, kind)
    assert browser.as_(world.max).post(f"{home}/archive").headers["Location"] == home
    world.session.refresh(record)
    assert record.archived_at is not None
    page = browser.get(home).text
    assert "Archived on" in page and "archived this record" in page
    browser.post(f"{home}/restore")
    world.session.refresh(record)
    assert record.archived_at is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", ["archive", "restore", "delete"])
def test_another_s_record_is_left_alone(world: World, browser: Browser, kind: str, verb: str) -> None:
    record, home = free(world, kind)
    record.owner_id = world.mona.user_id
    world.session.commit()
    for member in (world.max, world.vera):
        assert browser.as_(member).post(f"{home}/{verb}").status_code == 403
        with pytest.raises(Forbidden):
            getattr(record, verb)(by=member)
    assert browser.get(home).status_code == 200
    world.session.refresh(record)
    assert record.archived_at is None


@pytest.mark.parametrize("kind", KINDS)
def test_deleting_asks_first_and_works_without_script(world: World, browser: Browser, kind: str) -> None:
    _, home = free(world, kind)
    asked = browser.as_(world.lena).get(f"{home}/delete")
    assert "Delete Ada" in asked.text and "<html" in asked.text
    assert browser.part(f"{home}/delete").text.startswith("<dialog")
    assert browser.get(home).status_code == 200
    assert browser.post(f"{home}/delete").headers["Location"] == f"/{kind}/"
    assert browser.get(home).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_deals_can_not_be_deleted_and_the_answer_names_them(world: World, browser: Browser, kind: str) -> None:
    home = f"/contacts/{world.contact.id}" if kind == "contacts" else f"/companies/{world.company.id}"
    page = browser.as_(world.olga).post(f"{home}/delete")
    part = browser.send(f"{home}/delete")
    for answer in (page, part):
        assert answer.status_code == 409
        assert "Scanners" in answer.text
    assert browser.get(home).status_code == 200
    assert browser.post(f"{home}/archive").status_code == 303


def test_the_verb_refuses_too_and_counts_many_deals(world: World) -> None:
    for number in range(4):
        world.another_deal(f"Deal {number}", contact_id=world.contact.id)
    with pytest.raises(Conflict) as refused:
        world.contact.delete(by=world.olga)
    assert str(refused.value.values["deals"]) == "Scanners, Deal 0, Deal 1 …"


def test_contacts_outlive_their_company(world: World, browser: Browser) -> None:
    company, home = free(world, "companies")
    world.contact.company_id = company.id
    world.session.commit()
    browser.as_(world.max).post(f"{home}/delete")
    assert browser.get(home).status_code == 404
    world.session.refresh(world.contact)
    assert (world.contact.company_id, world.contact.version) == (None, 3)


def test_the_archived_can_not_be_chosen(world: World, browser: Browser) -> None:
    world.company.archive(by=world.max)
    world.session.commit()
    assert browser.as_(world.max).get("/companies/options?company=corp").text == ""
    page = browser.post("/contacts/new", {"name": "Ada", "company": "Max Tester Corp"})
    assert "No such company" in page.text
