"""Adding contacts and companies: who may, what is kept, what is refused."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from crm.contacts.models import Company, Contact
from crm.contacts.operations import add_company, add_contact
from crm.errors import Forbidden, Invalid
from crm.timeline.models import Activity
from tests.world import Browser, World

NASTY = [
    "Ünïcødé 李小龍 🦊",
    "<script>alert(1)</script>",
    "O'Brien; drop table contacts; --",
    "  two   spaces  ",
    "نص عربي",
    "a\x00b",
]


def count(world: World, model: type[Contact] | type[Company]) -> int:
    return world.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_member_adds_a_contact_of_the_own(world: World) -> None:
    contact = add_contact(world.session, {"name": "Ada"}, by=world.max)
    assert (contact.owner_id, contact.status, contact.version) == (world.max.user_id, "new", 1)
    told = world.session.scalars(select(Activity).where(Activity.contact_id == contact.id)).one()
    assert (told.type, told.payload["event"], told.actor_id) == ("system", "created", world.max.user_id)


def test_a_member_may_not_add_for_somebody_else(world: World) -> None:
    with pytest.raises(Forbidden):
        add_contact(world.session, {"name": "Ada", "owner_id": world.lena.user_id}, by=world.max)
    assert count(world, Contact) == 1


def test_a_lead_may_add_for_the_team_and_a_manager_for_anyone(world: World) -> None:
    for_max = {"name": "Ada", "owner_id": world.max.user_id}
    assert add_contact(world.session, for_max, by=world.lena).owner_id == world.max.user_id
    assert add_company(world.session, for_max, by=world.mona).owner_id == world.max.user_id


@pytest.mark.parametrize("add", [add_contact, add_company])
def test_a_viewer_adds_nothing(world: World, add) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Forbidden):
        add(world.session, {"name": "Ada"}, by=world.vera)


@pytest.mark.parametrize("path", ["/contacts/new", "/companies/new"])
def test_a_viewer_sees_no_form_and_can_not_post_one(world: World, browser: Browser, path: str) -> None:
    assert browser.as_(world.vera).get(path).status_code == 403
    assert browser.post(path, {"name": "Ada"}).status_code == 403


def test_the_form_adds_a_contact_and_shows_its_page(world: World, browser: Browser) -> None:
    form = {
        "name": "Ada Lovelace",
        "position": "Countess",
        "email": "Ada@ENGINE.example",
        "phone": "+44 20 7946 0018",
        "company": "max tester CORP",
        "status": "in_work",
        "note": "Likes\r\nengines",
        "owner_id": world.max.user_id,
    }
    answer = browser.as_(world.max).post("/contacts/new", form)
    ada = world.session.scalars(select(Contact).where(Contact.name == "Ada Lovelace")).one()
    assert answer.headers["Location"] == f"/contacts/{ada.id}"
    assert (ada.email, ada.phone, ada.company_id) == ("Ada@engine.example", "+44 20 7946 0018", world.company.id)
    assert (ada.position, ada.status, ada.note) == ("Countess", "in_work", "Likes\nengines")


def test_the_form_adds_a_company(world: World, browser: Browser) -> None:
    form = {
        "name": "Engine & Söhne",
        "domain": "https://Engine.Example/about",
        "city": "Köln",
        "owner_id": world.max.user_id,
    }
    assert browser.as_(world.max).post("/companies/new", form).status_code == 303
    made = world.session.scalars(select(Company).where(Company.name == "Engine & Söhne")).one()
    assert (made.domain, made.city) == ("engine.example", "Köln")


def test_htmx_is_sent_to_the_new_page(world: World, browser: Browser) -> None:
    answer = browser.as_(world.max).send(
        "/contacts/new", {"name": "Ada", "status": "new", "owner_id": world.max.user_id}
    )
    assert answer.headers["HX-Redirect"].startswith("/contacts/")


def test_a_member_can_not_choose_another_owner_in_the_form(world: World, browser: Browser) -> None:
    page = browser.as_(world.max).get("/contacts/new").text
    assert "Max Tester</option>" in page
    assert "Lena Tester</option>" not in page
    sent = browser.post("/contacts/new", {"name": "Ada", "status": "new", "owner_id": world.lena.user_id})
    assert sent.status_code == 400
    assert count(world, Contact) == 1


BAD = [
    ("name", "", "Type a name."),
    ("name", " \t ", "Type a name."),
    ("name", "x" * 201, "Use at most 200 characters."),
    ("position", "x" * 121, "Use at most 120 characters."),
    ("email", "ada at engine", "Write an e-mail such as"),
    ("email", "a@" + "x" * 300 + ".example", "Use at most 254 characters."),
    ("phone", "+49 1", "with its country code"),
    ("phone", "call me", "Use digits"),
    ("phone", "1" * 41, "Use at most 40 characters."),
    ("company", "Nobody Ltd", "No such company"),
    ("company", "x" * 5000, "Use at most 200 characters."),
    ("status", "asleep", "Choose one from the list."),
    ("owner_id", "0", "Choose one from the list."),
    ("owner_id", "me", ""),
    ("owner_id", "9" * 40, "Choose one from the list."),
    ("note", "x" * 10_001, "Use at most 10000 characters."),
]


@pytest.mark.parametrize(("field", "text", "words"), BAD)
def test_a_bad_field_is_named_and_everything_typed_stays(
    world: World, browser: Browser, field: str, text: str, words: str
) -> None:
    form = {"name": "Ada", "city": "", "status": "new", "owner_id": world.max.user_id, "phone": "12 34"} | {field: text}
    page = browser.as_(world.max).post("/contacts/new", form)
    part = browser.send("/contacts/new", form)
    assert (page.status_code, part.status_code) == (400, 400)
    assert words in page.text and f'id="{field}-error"' in page.text
    assert part.text.startswith('<form class="form" id="form"')
    assert field == "name" or 'value="Ada"' in page.text
    assert field in ("status", "owner_id") or text.strip() in page.text
    assert count(world, Contact) == 1


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("kind", ["contacts", "companies"])
def test_any_name_is_kept_and_shown_as_text(world: World, browser: Browser, kind: str, name: str) -> None:
    form = {"name": name, "status": "new", "owner_id": world.max.user_id, "note": name}
    shown = browser.get(browser.as_(world.max).post(f"/{kind}/new", form).headers["Location"])
    assert shown.status_code == 200
    assert "<script>alert" not in shown.text
    model = Contact if kind == "contacts" else Company
    tidied = " ".join(name.replace("\x00", "").split())
    assert world.session.scalar(select(func.count()).select_from(model).where(model.name == tidied)) == 1


def test_a_form_without_its_token_changes_nothing(world: World, browser: Browser) -> None:
    browser.as_(world.max)
    assert browser.client.post("/contacts/new", data={"name": "Ada"}).status_code == 400
    assert count(world, Contact) == 1


def test_the_form_starts_with_the_company_of_the_address(world: World, browser: Browser) -> None:
    assert 'value="Max &amp; Co"' in browser.as_(world.max).get("/contacts/new?company=Max %26 Co").text


def test_nobody_adds_for_a_stranger(world: World) -> None:
    for_ruslan = {"name": "Ada", "owner_id": world.foreign["user"]}
    with pytest.raises(Invalid) as refused:
        add_contact(world.session, for_ruslan, by=world.olga)
    assert "owner_id" in refused.value.errors


@pytest.mark.parametrize("values", [{}, {"name": None}, {"name": "x" * 201}, {"name": "A", "email": "b"}])
def test_the_verb_itself_refuses_bad_values(world: World, values: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        add_contact(world.session, values, by=world.max)
