"""Finding a company or contact by what a person typed, and the options that are offered meanwhile."""

from __future__ import annotations

import pytest

from crm.contacts.models import Company, Contact
from crm.contacts.operations import add_company, add_contact, find_company, find_contact, find_or_make_company
from crm.errors import Forbidden, Invalid
from tests.world import Browser, World


@pytest.mark.parametrize("text", ["Max Tester Corp", "max tester CORP", "  Max  Tester\tCorp ", "Max Tester Corp\x00"])
def test_a_company_is_found_by_its_name_in_any_case(world: World, text: str) -> None:
    assert find_company(world.session, world.vera, text) is world.company


@pytest.mark.parametrize("text", ["Jonas Brandt", "JONAS brandt", "Jonas@Brandt.example"])
def test_a_contact_is_found_by_name_or_mail(world: World, text: str) -> None:
    assert find_contact(world.session, world.vera, text) is world.contact


@pytest.mark.parametrize("text", ["", None, "  ", "\x00"])
def test_nothing_typed_is_nobody(world: World, text: str | None) -> None:
    assert find_company(world.session, world.max, text) is None
    assert find_contact(world.session, world.max, text) is None
    assert find_or_make_company(world.session, text, by=world.max) is None


@pytest.mark.parametrize("text", ["Max Tester", "Ruslan Tester Corp", "%", "x" * 5000])
def test_half_a_name_or_a_stranger_s_is_refused_at_the_field(world: World, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        find_company(world.session, world.max, text)
    assert "company" in refused.value.errors
    with pytest.raises(Invalid) as refused:
        find_contact(world.session, world.max, text)
    assert "contact" in refused.value.errors


def test_two_of_one_name_are_told_apart_by_mail_and_domain(world: World) -> None:
    add_contact(world.session, {"name": "jonas brandt", "email": "other@b.example"}, by=world.max)
    twin = add_company(world.session, {"name": "max tester corp", "domain": "twin.example"}, by=world.max)
    with pytest.raises(Invalid, match="type the e-mail"):
        find_contact(world.session, world.max, "Jonas Brandt")
    with pytest.raises(Invalid, match="type the domain"):
        find_company(world.session, world.max, "Max Tester Corp")
    assert find_contact(world.session, world.max, "jonas@brandt.example") is world.contact
    assert find_company(world.session, world.max, "Twin.example") is twin


def test_the_archived_are_not_found(world: World) -> None:
    world.contact.archive(by=world.max)
    with pytest.raises(Invalid):
        find_contact(world.session, world.max, "Jonas Brandt")


def test_a_company_is_made_once(world: World) -> None:
    made = find_or_make_company(world.session, " New  Corp ", by=world.max)
    assert isinstance(made, Company)
    assert (made.name, made.owner_id) == ("New Corp", world.max.user_id)
    assert find_or_make_company(world.session, "new corp", by=world.lena) is made
    with pytest.raises(Forbidden):
        find_or_make_company(world.session, "Another", by=world.vera)


@pytest.mark.parametrize("name", ["company", "q"])
def test_options_are_at_most_ten_and_escaped(world: World, browser: Browser, name: str) -> None:
    for number in range(12):
        add_company(world.session, {"name": f'Brandt "{number}" <b>'}, by=world.max)
    world.session.commit()
    options = browser.as_(world.max).part(f"/companies/options?{name}=brandt").text
    assert options.count("<option ") == 10
    assert "<b>" not in options and "&#34;0&#34;" in options


def test_contacts_of_one_name_are_offered_by_mail(world: World, browser: Browser) -> None:
    own = {"organization_id": world.acme.id, "owner_id": world.max.user_id}
    world.session.add(Contact(name="Jonas Brandt", email="other@b.example", **own))
    world.session.commit()
    options = browser.as_(world.max).part("/contacts/options?contact=jonas").text
    assert 'value="other@b.example"' in options and 'value="jonas@brandt.example"' in options


@pytest.mark.parametrize("query", ["", "company=", "company=%00", "company=%25", "company=" + "x" * 3000, "other=1"])
def test_odd_questions_get_options_all_the_same(world: World, browser: Browser, query: str) -> None:
    assert browser.as_(world.max).part(f"/companies/options?{query}").status_code == 200
    assert browser.part(f"/contacts/options?{query}").status_code == 200
