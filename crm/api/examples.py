"""An example of a schema, from the examples of its fields."""

from __future__ import annotations

from typing import Any

PLAIN = {"string": "…", "integer": 1, "number": 1.5, "boolean": True, "null": None}


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """What such a value looks like."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if given := schema.get("examples"):
        return given[0]
    for key in ("const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    return built(schema, schemas)


def built(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """A value put together from its parts."""
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example_of(schema[several][0], schemas)
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}), schemas)]
    if "properties" in schema:
        return {name: example_of(one, schemas) for name, one in schema["properties"].items()}
    return {} if schema.get("type") == "object" else PLAIN.get(schema.get("type", "null"))
