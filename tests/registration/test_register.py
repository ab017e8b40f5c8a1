"""Registering: a user, an organization with its pipeline, signed in."""

import pytest
from sqlalchemy import func, select

from crm.accounts.models import User, UserSession
from crm.database import scope
from crm.organizations.queries import memberships_of
from crm.pipelines.models import LostReason, Pipeline
from tests.world import token_in

NORA = {
    "name": "Nora Nordin",
    "email": "nora@north.example",
    "password": "words of my own",
    "organization": "North",
    "timezone": "Europe/Oslo",
}


@pytest.fixture
def door(browser):
    browser.token = token_in(browser.get("/register").text)
    return browser


def nora(world, email=NORA["email"]):
    return world.session.scalar(select(User).where(User.email == email))


def place_of(world, user):
    scope(world.session, user_id=user.id)
    place = world.session.scalars(memberships_of(user)).one()
    scope(world.session, organization_id=place.organization_id, user_id=user.id)
    return place


def test_a_new_person_owns_a_new_organization_and_sees_its_board(world, door):
    answer = door.post("/register", NORA)
    assert answer.status_code == 303 and answer.location == "/deals/"
    board = door.client.get("/deals/", follow_redirects=True)
    assert board.status_code == 200 and "Qualification" in board.text and "North" in board.text
    place = place_of(world, nora(world))
    assert (place.role, place.organization.name, place.user.timezone) == ("owner", "North", "Europe/Oslo")


def test_the_first_pipeline_has_the_usual_stages_and_reasons(world, door):
    door.post("/register", NORA)
    place_of(world, nora(world))
    pipeline = world.session.scalars(select(Pipeline)).one()
    names = ["New lead", "Qualification", "Proposal", "Negotiation", "Contract", "Won", "Lost"]
    assert [stage.name for stage in pipeline.stages] == names
    assert world.session.scalar(select(func.count()).select_from(LostReason)) == 5


def test_a_new_organization_sees_nothing_of_the_others(world, door):
    door.post("/register", NORA)
    assert "Scanners" not in door.client.get("/deals/", follow_redirects=True).text
    assert door.get(f"/settings/pipelines/{world.pipeline.id}").status_code == 404


def test_a_taken_address_is_said_at_the_field_whatever_its_case(world, door):
    answer = door.post("/register", NORA | {"email": "MAX@example.com"})
    assert answer.status_code == 409 and "This address has a login already. Sign in instead." in answer.text
    assert 'id="email-error"' in answer.text and 'value="Nora Nordin"' in answer.text and 'value="North"' in answer.text
    assert NORA["password"] not in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "n" * 121),
        ("email", ""),
        ("email", "nora"),
        ("email", "nora@north"),
        ("email", "nora@@north.example"),
        ("email", "a" * 250 + "@north.example"),
        ("password", ""),
        ("password", "too short"),
        ("password", "nora@north.example"),
        ("password", "p" * 257),
        ("organization", ""),
        ("organization", "\x00"),
        ("organization", "o" * 121),
    ],
)
def test_bad_input_is_said_at_its_field_and_founds_nothing(world, door, field, value):
    people = world.session.scalar(select(func.count()).select_from(User))
    answer = door.post("/register", NORA | {field: value})
    assert answer.status_code == 400 and f'id="{field}-error"' in answer.text
    for name in {"name", "email", "organization"} - {field}:
        assert f'value="{NORA[name]}"' in answer.text
    assert world.session.scalar(select(func.count()).select_from(User)) == people
    assert world.session.scalar(select(func.count()).select_from(UserSession)) == 0


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "\x00", "x" * 9999])
def test_an_unknown_zone_becomes_utc_for_nobody_sees_the_field(world, door, zone):
    assert door.post("/register", NORA | {"timezone": zone}).status_code == 303
    assert nora(world).timezone == "UTC"


@pytest.mark.parametrize("email", ["ünï@bücher.example", "nora+crm@north.example", "nora@crm.local"])
def test_addresses_of_all_kinds_can_register_and_sign_in(world, door, email):
    assert door.post("/register", NORA | {"email": email}).status_code == 303
    door.client = door.app.test_client()
    door.token = token_in(door.get("/sign-in").text)
    assert door.post("/sign-in", {"email": email.upper(), "password": NORA["password"]}).status_code == 303


def test_names_keep_their_letters(world, door):
    door.post("/register", NORA | {"name": "  Łucja  李 ", "organization": "Ωmega & <Söhne>"})
    assert nora(world).name == "Łucja 李"
    assert "Ωmega &amp; &lt;Söhne&gt;" in door.get("/organizations").text


def test_two_organizations_may_have_one_name(world, door):
    assert door.post("/register", NORA | {"organization": "Acme"}).status_code == 303


def test_who_is_signed_in_does_not_register(world, browser):
    assert browser.as_(world.max).get("/register").location == "/deals/"
    assert browser.post("/register", NORA).status_code == 303
    assert nora(world) is None


def test_registering_founds_all_or_nothing(world, door, monkeypatch):
    def fail(*_):
        raise RuntimeError("no pipeline today")

    monkeypatch.setattr("crm.registration.operations.first_pipeline", fail)
    assert door.post("/register", NORA).status_code == 500
    world.session.rollback()
    assert nora(world) is None


def test_registering_asks_for_the_token(world, browser):
    assert browser.post("/register", NORA).status_code == 400
    assert nora(world) is None
