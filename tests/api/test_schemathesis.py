"""The whole document under schemathesis, as owner and as viewer; each request is undone, so all meet the same world.

`SCHEMATHESIS_EXAMPLES=100` looks longer; a few of each kind for each operation are the suite's share.
"""

from __future__ import annotations

import os
from contextvars import Context
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks

from crm.database import db
from tests.api.catalogue import everything, is_id, operations, slot_kind
from tests.program import PREFIX

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
checks.load_all_checks()
CHECKS = [
    checks.CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "unsupported_method",
        "ignored_auth",
    )
]


def forgetting(app):
    """The same application, in which nothing stays that a request did."""

    def called(environ: Any, start_response: Any) -> list[bytes]:
        point = db.engine.begin_nested()
        try:
            return [Context().run(whole, app, environ, start_response)]
        finally:
            if point.is_active:
                point.rollback()

    return called


def whole(app, environ, start_response):
    parts = app(environ, start_response)
    try:
        return b"".join(parts)
    finally:
        parts.close()


def meeting(schema, ids):
    """Half of all ids that are made up become ids of records that are there."""

    @schema.hook
    def map_path_parameters(context, path_parameters):
        known = {name: ids[name] for name, one in (path_parameters or {}).items() if hits(one) and name in ids}
        return path_parameters and path_parameters | known

    @schema.hook
    def map_body(context, body):
        return met(body, context.operation.path.removeprefix(PREFIX), ids)

    return schema


def hits(value):
    return isinstance(value, int) and value % 2


def met(body, path, ids):
    if not isinstance(body, dict):
        return body
    known = {
        name: ids.get(slot_kind(name, path, ids) or "", one) for name, one in body.items() if is_id(name) and hits(one)
    }
    return body | known


def tried(operation, mode, headers):
    """Sends a few requests of that mode. Raises the failures."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        case.call_and_validate(headers=headers, checks=CHECKS)

    try:
        ask()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "no good request can be made of the document"


@pytest.mark.parametrize("who", ["olga", "vera"])
@pytest.mark.filterwarnings("ignore")
def test_every_operation_keeps_to_the_document(app, api, world, who):
    ids = everything(api, world.olga, operations(app), user_id=world.max.user_id, deal_id=world.deal.id)
    headers = api.as_(getattr(world, who)).headers | {"Accept-Encoding": "identity"}
    schema = meeting(schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", forgetting(app)), ids)
    wrong = []
    for result in schema.get_all_operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                tried(result.ok(), mode, headers)
            except BaseExceptionGroup as error:
                wrong.append(f"{result.ok().label} ({mode.value}): {error!r}"[:1500])
    assert not wrong, "\n\n".join(wrong)
