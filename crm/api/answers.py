"""Records as JSON, and the refusal that shows the record as it is now."""

from __future__ import annotations

from datetime import date
from typing import Any

import simplejson
from flask import Response, current_app
from pydantic import TypeAdapter

from crm.api.endpoints import Endpoint
from crm.database import db
from crm.errors import Stale


def shown(endpoint: Endpoint, record: Any) -> Response:
    return answer(endpoint.status, *written(endpoint, record))


def written(endpoint: Endpoint, record: Any) -> tuple[str, str | None]:
    """The record as JSON, and its ETag if it has a version."""
    fields = fields_of(endpoint.gives, record)
    version = fields.get("version") if isinstance(fields, dict) else None
    return simplejson.dumps(fields), None if version is None else f'"{version}"'


def fields_of(model: Any, record: Any) -> Any:
    """The record in the model's terms: text, numbers, lists and objects. Money is Decimal with two places."""
    adapter = adapters.get(model) or adapters.setdefault(model, TypeAdapter(model))
    return adapter.dump_python(adapter.validate_python(record, from_attributes=True))


adapters: dict[Any, TypeAdapter[Any]] = {}


def answer(status: int, text: str, etag: str | None, *, repeated: bool = False) -> Response:
    response = Response(text, status, mimetype="application/json")
    if etag:
        response.headers["ETag"] = etag
    if repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def stale(endpoint: Endpoint, path: dict[str, int], body: Any, error: Exception) -> Stale:
    """The refusal with the record as it is now, and which of the sent fields differ from it."""
    db.session.rollback()
    db.session.expire_all()
    refusal = error if isinstance(error, Stale) else Stale("Someone else changed this at the same moment.")
    if endpoint.shows:
        now = fields_of(model_of(endpoint), endpoint.shows(**path))
        sent = body.given() if hasattr(body, "given") else {}
        differ = sorted(name for name, value in sent.items() if name in now and now[name] != told(value))
        refusal.now = {"current": now, "changed": differ}
    return refusal


def model_of(endpoint: Endpoint) -> Any:
    """The model of what it shows: a DELETE gives nothing itself, but the same address does by other methods."""
    known = current_app.extensions["endpoints"]
    reading = (one.gives for one in known if one.gives and (one.view is endpoint.shows or one.path == endpoint.path))
    return endpoint.gives or next(reading)


def told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
