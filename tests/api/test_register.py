"""Registering by program."""

from __future__ import annotations

import pytest

from tests.world import PASSWORD

ANNA = {
    "email": "Anna@Brandt.example",
    "password": "long enough it is",
    "name": "Anna Brandt",
    "organization_name": "Brandt",
}


def test_registering_founds_an_organization_and_says_who_and_which(api, world):
    answer = api.post("/auth/register", ANNA)
    assert answer.status_code == 201, answer.json
    assert answer.json["user"]["name"] == "Anna Brandt" and answer.json["organization"]["name"] == "Brandt"
    assert "password" not in str(answer.json["user"])


def test_who_has_registered_signs_in(api, world):
    made = api.post("/auth/register", ANNA).json
    pair = api.post("/auth/login", {"email": "anna@brandt.example", "password": ANNA["password"]}).json
    contacts = api.bearing(pair["access_token"], made["organization"]["id"]).get("/contacts")
    assert contacts.status_code == 200 and contacts.json["total"] == 0


def test_an_address_registers_once_however_it_is_spelled(api, world):
    answer = api.post("/auth/register", ANNA | {"email": "MAX@example.com"})
    assert answer.status_code == 409 and answer.json["code"] == "EMAIL_TAKEN"
    assert api.post("/auth/login", {"email": "max@example.com", "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "no address"), ("password", "short"), ("name", " "), ("organization_name", ""), ("name", None)],
)
def test_registering_says_which_field_is_at_fault(api, world, field, value):
    answer = api.post("/auth/register", ANNA | {field: value})
    assert answer.status_code == 400 and list(answer.json["errors"]) == [field], answer.json
