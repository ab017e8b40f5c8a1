"""The OpenAPI document as people read it: chapters, endpoints, tables of fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

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
    answers = [(status, plain(answer["description"]), answer) for status, answer in one["responses"].items()]
    return {
        "method": method,
        "path": path,
        "id": one["operationId"],
        "summary": one["summary"],
        "description": plain(one.get("description", "")),
        "permission": one.get("x-permission"),
        "scope": next((scope for pair in one.get("security", []) for scope in pair["bearer"]), None),
        "parameters": [
            (p["name"], p["in"], kind(p["schema"]), plain(p.get("description", ""))) for p in one["parameters"]
        ],
        "fields": list(fields(document, sent["schema"])) if sent else [],
        "request": request_line(method, path, one, sent),
        "answers": [(status, about, example(answer)) for status, about, answer in answers if status < "400"],
        "errors": [(status, about, code(answer)) for status, about, answer in answers if status >= "400"],
    }


def request_line(method: str, path: str, one: dict[str, Any], sent: dict[str, Any] | None) -> str:
    """A call as it goes over the wire, with 17 for every id."""
    lines = [f"{method} {re.sub('{[^}]*}', '17', path)}"]
    if one.get("security"):
        lines.append("Authorization: Bearer …")
    if sent is None:
        return "\n".join(lines)
    kind = next(iter(one["requestBody"]["content"]))
    body = pretty(sent["example"]) if kind == "application/json" else urlencode(sent["example"])
    return "\n".join([*lines, f"Content-Type: {kind}", "", body])


def fields(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, str, bool, str]]:
    """Name, type, whether it must be sent, and words about it."""
    model = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    for name, about in model.get("properties", {}).items():
        yield name, kind(about), name in model.get("required", []), plain(about.get("description", ""))


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


def code(answer: dict[str, Any]) -> str:
    """The word for programs in an error."""
    return str(answer["content"]["application/json"]["example"]["code"])


def plain(words: str) -> str:
    """A description without the signs of Markdown."""
    return words.replace("`", "")


def pretty(value: Any) -> str:
    return str(simplejson.dumps(value, indent=2, ensure_ascii=False))
