"""The OpenAPI document as people read it: chapters, endpoints, tables of fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import simplejson

Chapter = tuple[str, list[dict[str, Any]]]


def chapters(document: dict[str, Any]) -> list[Chapter]:
    """The endpoints under their tags."""
    found: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            found[one["tags"][0]].append(described(document, method.upper(), path, one))
    return list(found.items())


def described(document: dict[str, Any], method: str, path: str, one: dict[str, Any]) -> dict[str, Any]:
    """What the page shows of an endpoint."""
    sent = next(iter(one.get("requestBody", {}).get("content", {}).values()), None)
    answers = [(status, answer["description"], example(answer)) for status, answer in one["responses"].items()]
    return {
        "method": method,
        "path": path,
        "id": one["operationId"],
        "summary": one["summary"],
        "description": one.get("description", ""),
        "permission": one.get("x-permission"),
        "scope": next((scope for pair in one.get("security", []) for scope in pair["bearer"]), None),
        "parameters": [(p["name"], p["in"], kind(p["schema"]), p.get("description", "")) for p in one["parameters"]],
        "fields": list(fields(document, sent["schema"])) if sent else [],
        "body": pretty(sent["example"]) if sent else None,
        "answers": answers,
    }


def fields(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, str, bool, str]]:
    """Name, type, whether it must be sent, and words about it."""
    model = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    for name, about in model.get("properties", {}).items():
        yield name, kind(about), name in model.get("required", []), about.get("description", "")


def kind(schema: dict[str, Any]) -> str:
    """A type in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(kind(one) for one in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("const") or schema.get("type", "any"))


def example(answer: dict[str, Any]) -> str | None:
    content = answer.get("content", {}).get("application/json")
    return pretty(content["example"]) if content else None


def pretty(value: Any) -> str:
    return str(simplejson.dumps(value, indent=2, ensure_ascii=False))
