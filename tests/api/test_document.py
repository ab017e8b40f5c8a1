"""The OpenAPI document: valid, complete, with examples that the models themselves accept."""

from __future__ import annotations

import json
from collections import Counter
from typing import get_args

import pytest
from pydantic import BaseModel

from crm.api.endpoints import OPEN
from crm.contacts import shown as contacts
from crm.contacts.rules import STATUSES
from crm.organizations import shown as organizations
from crm.organizations.permissions import Role
from crm.organizations.visibility import VISIBILITIES
from crm.tenancy import FINDERS
from tests.api.catalogue import document, operations

LOCATIONS = {"path", "query", "header"}
KINDS = ("type", "anyOf", "oneOf", "allOf", "$ref", "enum", "const")


@pytest.fixture(scope="module")
def all_(app):
    return operations(app)


@pytest.fixture(scope="module")
def words(app):
    return document(app)


def walk(value, path=()):
    """Every object in it, with the way there."""
    if isinstance(value, dict):
        yield path, value
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from walk(one, (*path, key))


def untyped(schemas):
    for name, schema in schemas.items():
        for field, about in schema.get("properties", {}).items():
            if not any(kind in about for kind in KINDS):
                yield f"{name}.{field}"


def test_it_is_an_openapi_3_1_document(words):
    assert words["openapi"].startswith("3.1.") and {"title", "version"} <= words["info"].keys()
    assert all(path.startswith("/") for path in words["paths"])
    for path, value in walk(words):
        if "$ref" in value and isinstance(value["$ref"], str):
            found = words
            for step in value["$ref"].removeprefix("#/").split("/"):
                assert step in found, (path, value["$ref"])
                found = found[step]


def test_schemathesis_finds_every_operation_valid(words, all_):
    import schemathesis

    results = list(schemathesis.openapi.from_dict(words).get_all_operations())
    assert len([one.ok() for one in results]) == len(all_)


def test_every_schema_is_valid_json_schema(words):
    import jsonschema_rs

    for name, schema in words["components"]["schemas"].items():
        jsonschema_rs.Draft202012Validator(schema | {"$id": f"test:{name}", "components": words["components"]})


def test_every_parameter_has_a_place_and_a_type(all_):
    for one in all_:
        for parameter in one.described["parameters"]:
            assert parameter["in"] in LOCATIONS and any(kind in parameter["schema"] for kind in KINDS), (one, parameter)
            assert parameter["required"] or parameter["in"] != "path", (one, parameter)
        named = [p["name"] for p in one.described["parameters"] if p["in"] == "path"]
        assert sorted(named) == sorted(one.path_ids), one


def test_every_operation_has_a_summary_and_a_known_tag(all_, words):
    tags = {tag["name"] for tag in words["tags"]}
    bad = [str(one) for one in all_ if not one.described["summary"].strip() or set(one.described["tags"]) - tags]
    assert not bad


def test_no_two_operations_have_one_id(all_):
    assert not [name for name, count in Counter(one.described["operationId"] for one in all_).items() if count > 1]


def test_every_body_and_every_answer_has_an_example(all_):
    bad = []
    for one in all_:
        contents = [one.content[1]] if one.content else []
        contents += [
            body for answer in one.described["responses"].values() for body in answer.get("content", {}).values()
        ]
        bad += [str(one) for content in contents if content.get("example") is None]
        good = [status for status in one.described["responses"] if status < "300"]
        assert good, f"{one} has no good end"
    assert not bad


def test_the_example_of_a_body_is_one_that_its_model_takes(all_):
    for one in all_:
        if one.content and one.endpoint.body and not one.endpoint.form:
            assert isinstance(one.endpoint.body.model_validate_json(json.dumps(one.example)), BaseModel), one


def test_every_property_has_a_type(words):
    assert not list(untyped(words["components"]["schemas"]))


def test_every_answer_but_204_says_what_it_holds(all_):
    silent = [
        (str(one), status)
        for one in all_
        for status, answer in one.described["responses"].items()
        if status != "204" and not answer.get("content")
    ]
    assert not silent


def test_every_endpoint_has_a_scope_unless_it_is_public(all_):
    bare = [str(one) for one in all_ if bool(one.endpoint.scope) == (one.endpoint.needs == "public")]
    assert not bare
    assert not [str(one) for one in all_ if bool(one.described.get("security")) == (one.endpoint.needs == "public")]


def test_every_id_of_a_path_has_a_finder(all_):
    """An organization is found by the membership, what belongs to a user by the user."""
    lost = {
        (str(one), name)
        for one in all_
        for name in one.path_ids
        if name not in FINDERS and name != "organization_id" and one.endpoint.needs not in OPEN
    }
    assert not lost, 'register it: names("deal_id", deal_of)'


def test_the_document_is_public(app):
    assert app.test_client().get("/api/v1/openapi.json").status_code == 200


@pytest.mark.parametrize(
    ("offered", "known"),
    [(contacts.Status, STATUSES), (organizations.RoleName, tuple(Role)), (organizations.Visibility, VISIBILITIES)],
)
def test_what_programs_may_choose_is_what_there_is(offered, known):
    assert get_args(offered) == tuple(map(str, known))
