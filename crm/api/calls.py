"""A call: who and where (401, 404), permission (403), the request's own values (400), the view, the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import wraps
from typing import Any, cast

import simplejson
from flask import Response, g, request
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy import Select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import UnsupportedMediaType

from crm.api.bearer import let_in
from crm.api.endpoints import Endpoint
from crm.api.problems import unreadable
from crm.api.repeated import answered_before, keep
from crm.database import db
from crm.errors import Forbidden, Invalid, Refused, Stale
from crm.sessions import current
from crm.tenancy import refuse_missing

NOT_ALLOWED = "Your role does not allow this."


def call(endpoint: Endpoint) -> Callable[..., Response]:
    """What Flask calls for that address."""

    @wraps(endpoint.view)
    def called(**path: int) -> Response:
        g.endpoint = endpoint
        admit(endpoint, path)
        sent = values(endpoint, path)
        if endpoint.repeatable and (before := answered_before(current.member)):
            return answer(*before, repeated=True)
        return answered(endpoint, path, sent)

    called.permission = endpoint.needs  # type: ignore[attr-defined]
    return called


def admit(endpoint: Endpoint, path: dict[str, int]) -> None:
    """Raises Unauthorized, Missing or Forbidden."""
    if endpoint.needs == "public":
        return
    let_in(endpoint.scope, path.get("organization_id"), tenant=endpoint.tenant)
    if endpoint.tenant and not current.member.may(endpoint.needs):
        refuse_missing(path)
        raise Forbidden(NOT_ALLOWED)


def answered(endpoint: Endpoint, path: dict[str, int], sent: dict[str, Any]) -> Response:
    """The view's answer; a stale change gets the record as it is now."""
    try:
        found = endpoint.view(**path, **sent)
    except (Stale, StaleDataError) as error:
        raise stale(endpoint, path, sent.get("body"), error) from error
    return found if isinstance(found, Response) else shown(endpoint, found)


def values(endpoint: Endpoint, path: dict[str, int]) -> dict[str, Any]:
    """Query and body, checked. Raises Missing before Invalid for a record that isn't there, 415 for other types."""
    try:
        return {"query": asked(endpoint)} | sent_body(endpoint) if endpoint.query else sent_body(endpoint)
    except (ValidationError, Invalid, UnsupportedMediaType) as error:
        if endpoint.tenant:
            refuse_missing(path)
        raise unreadable(error) if isinstance(error, ValidationError) else error from None


def asked(endpoint: Endpoint) -> BaseModel:
    model = cast(type[BaseModel], endpoint.query)
    return model.model_validate(parameters(model))


def sent_body(endpoint: Endpoint) -> dict[str, Any]:
    if not endpoint.query:
        parameters(BaseModel)
    return {"body": read(endpoint)} if endpoint.body else {}


def parameters(model: type[BaseModel]) -> dict[str, Any]:
    """What the address says; only lists may be given more than once."""
    lists = {name for name, field in model.model_fields.items() if "list[" in str(field.annotation)}
    args = request.args
    if unknown := set(args) - set(model.model_fields):
        words = "There is no such parameter."
        raise Invalid(words, errors={name: [words] for name in sorted(unknown)})
    if twice := [name for name in args if name not in lists and len(args.getlist(name)) > 1]:
        raise Invalid("Given more than once.", errors={name: ["Given more than once."] for name in twice})
    return {name: args.getlist(name) if name in lists else args[name] for name in args}


def read(endpoint: Endpoint) -> BaseModel:
    """The body, by its model; If-Match is its version."""
    model = cast(type[BaseModel], endpoint.body)
    if endpoint.form:
        if request.mimetype != "application/x-www-form-urlencoded":
            raise UnsupportedMediaType("Send application/x-www-form-urlencoded.")
        return model.model_validate(request.form.to_dict())
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send application/json.")
    body = model.model_validate_json(request.get_data(), strict=True)
    if "version" in model.model_fields and (matched := if_match()) is not None:
        return body.model_copy(update={"version": matched})
    return body


def if_match() -> int | None:
    """The version that If-Match names: `"3"`; `*` is any. Raises Invalid for another thing."""
    text = request.headers.get("If-Match", "*").strip()
    if text == "*":
        return None
    number = text.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        words = 'Send the ETag of the record, such as "3".'
        raise Invalid(words, errors={"If-Match": [words]})
    return int(number)


def referred(query: Select[Any], field: str, words: str) -> Any:
    """The record that a body names by its id. Raises Invalid at the field for one that isn't there for this member."""
    found = db.session.scalars(query).unique().one_or_none()
    if found is None:
        raise Invalid(words, field=field)
    return found


@contextmanager
def named_here(**names: str) -> Iterator[None]:
    """Refusals within name the program's fields instead of the verb's: `named_here(company="company_id")`."""
    try:
        yield
    except Refused as error:
        error.errors = {names.get(name, name): said for name, said in error.errors.items()}
        raise


def saved(record: Any, *, status: int | None = None, kept: Any = None) -> Response:
    """Ends a change: the record stored under the request's key (or `kept`, when it has a secret), commit, answer."""
    endpoint: Endpoint = g.endpoint
    db.session.flush()
    text, etag = ("", None) if endpoint.gives is None else written(endpoint, record)
    status = status or endpoint.status
    keep(status, text if kept is None else written(endpoint, kept)[0], etag)
    db.session.commit()
    return answer(status, text, etag)


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
        now = fields_of(endpoint.gives, endpoint.shows(**path))
        sent = body.given() if hasattr(body, "given") else {}
        differ = sorted(name for name, value in sent.items() if name in now and now[name] != told(value))
        refusal.extra = {"current": now, "changed": differ}  # type: ignore[attr-defined]
    return refusal


def told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
