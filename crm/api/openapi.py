"""The OpenAPI 3.1 document, made of the same declarations and models that check the requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from crm.api.endpoints import Endpoint
from crm.api.examples import example_of
from crm.api.schemas import Problem, StaleProblem

BOUNDS = {"ge": "minimum", "le": "maximum"}
REF = "#/components/schemas/{model}"
Keys = dict[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]]
MEANINGS = {
    400: "A value can't be used: `errors` says which and why.",
    401: "No token, or one that is not valid, or no longer.",
    403: "The role or the token's scopes do not allow this.",
    404: "Not there, or not yours to see: nothing tells the two apart.",
    409: "The record is another version, or the state does not allow it.",
    413: "The body is too large.",
    415: "The body is not of the type that is asked for.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
}
CODES = {400: "VALIDATION_ERROR", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "STALE"}
CODES |= {413: "TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE", 429: "TOO_MANY_REQUESTS"}
ORGANIZATION = {
    "name": "X-Organization-Id",
    "in": "header",
    "required": False,
    "description": "The organization to work in. May be left out by who is a member of just one.",
    "schema": {"type": "integer", "minimum": 1},
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes repeating this call harmless for a day: the same key and body get the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": 'The ETag of the version that is meant, such as `"3"`; another version is a 409.',
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
}


def document(endpoints: Sequence[Endpoint], prefix: str) -> dict[str, Any]:
    """Everything that programs need to know."""
    keys, schemas = models_of(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(prefix + templated(one.path), {})[one.method.lower()] = operation(one, keys, schemas)
    scopes = sorted({one.scope for one in endpoints if one.scope})
    bearer = {"type": "http", "scheme": "bearer", "description": "An access token, or a personal token with scopes."}
    return {
        "openapi": "3.1.0",
        "info": {"title": "CRM", "version": "1", "description": "Everything that the screens do, for programs."},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(one.tag for one in endpoints)],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"bearer": bearer}},
        "x-scopes": scopes,
    }


def templated(path: str) -> str:
    return re.sub(r"<(?:int:)?(\w+)>", r"{\1}", path)


def models_of(endpoints: Iterable[Endpoint]) -> tuple[Keys, dict[str, Any]]:
    """Where each model's schema is, and all schemas."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    wanted[(StaleProblem, "serialization")] = None
    for one in endpoints:
        if one.body:
            wanted[(one.body, "validation")] = None
        if one.gives:
            wanted[(one.gives, "serialization")] = None
    found, definitions = models_json_schema(list(wanted), ref_template=REF)
    return dict(found), spelled(definitions.get("$defs", {}))  # type: ignore[arg-type]


def spelled(schema: Any) -> Any:
    """Bounds as JSON Schema calls them; pydantic keeps its own names for them where a value is prepared first."""
    if isinstance(schema, list):
        return [spelled(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        BOUNDS.get(name, name): float(one) if name in BOUNDS and isinstance(one, str) else spelled(one)
        for name, one in schema.items()
    }


def operation(one: Endpoint, keys: Keys, schemas: dict[str, Any]) -> dict[str, Any]:
    described = {
        "operationId": one.name,
        "summary": one.summary,
        "tags": [one.tag],
        "parameters": [*path_parameters(one), *query_parameters(one, schemas), *headers(one)],
        "responses": responses(one, keys, schemas),
    }
    if one.description:
        described["description"] = one.description
    if one.body:
        kind = "application/x-www-form-urlencoded" if one.form else "application/json"
        described["requestBody"] = {"required": True, "content": content(keys[(one.body, "validation")], schemas, kind)}
    if one.needs != "public":
        described["security"] = [{"bearer": [one.scope] if one.scope else []}]
        described["x-permission"] = one.needs
    return described


def path_parameters(one: Endpoint) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    return [{"name": name, "in": "path", "required": True, "schema": number, "example": 17} for name in one.path_ids]


def query_parameters(one: Endpoint, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if not one.query:
        return []
    schema = spelled(one.query.model_json_schema(ref_template=REF))
    schemas.update(schema.pop("$defs", {}))
    required = schema.get("required", [])
    return [parameter(name, about, name in required) for name, about in schema["properties"].items()]


def parameter(name: str, about: dict[str, Any], required: bool) -> dict[str, Any]:
    """A parameter of the address can be left out, but is never null."""
    choices = [one for one in about.get("anyOf", []) if one.get("type") != "null"]
    if len(choices) == 1:
        about = {key: value for key, value in about.items() if key not in ("anyOf", "default")} | choices[0]
    found = {"name": name, "in": "query", "required": required, "schema": about}
    if "description" in about:
        found["description"] = about.pop("description")
    return found


def headers(one: Endpoint) -> list[dict[str, Any]]:
    versioned = one.method in ("PUT", "PATCH", "DELETE") and one.shows is not None
    wanted = ((ORGANIZATION, one.tenant), (KEY, one.repeatable), (MATCH, versioned))
    return [header for header, taken in wanted if taken]


def responses(one: Endpoint, keys: Keys, schemas: dict[str, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done." if one.method != "GET" else "Found."}
    if one.gives:
        good["content"] = content(keys[(one.gives, "serialization")], schemas)
    others = {
        status: {"description": words} | ({"content": good["content"]} if one.gives else {})
        for status, words in one.statuses.items()
        if status < 300
    }
    errors = {status: refusal(one, status, keys) for status in failures(one)}
    return {str(status): one_of for status, one_of in sorted(({one.status: good} | others | errors).items())}


def failures(one: Endpoint) -> list[int]:
    """The errors that this endpoint can answer."""
    tenant = [403, 404] if one.tenant else []
    sent = ([400] if one.body or one.query or one.repeatable or one.tenant else []) + ([413, 415] if one.body else [])
    conflict = [409] if one.repeatable or one.shows else []
    always = [400, 429] + ([] if one.needs == "public" else [401, 403, 404])
    return sorted({*tenant, *sent, *conflict, *always, *(one for one in one.statuses if one >= 400)})


def refusal(one: Endpoint, status: int, keys: Keys) -> dict[str, Any]:
    model = StaleProblem if status == 409 else Problem
    words = one.statuses.get(status) or MEANINGS.get(status, "Refused.")
    example = {"detail": words.partition(":")[0], "code": CODES.get(status, "REFUSED")}
    body = {"application/json": {"schema": keys[(model, "serialization")], "example": example}}
    found: dict[str, Any] = {"description": words, "content": body}
    if status == 429:
        found["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    return found


def content(reference: dict[str, Any], schemas: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {kind: {"schema": reference, "example": example_of(reference, schemas)}}
