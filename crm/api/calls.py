"""A call: who and where (401, 404), permission (403), the request's own values (400), the view, the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, cast

from flask import Response, g, request
from pydantic import BaseModel, ValidationError
from sqlalchemy import Select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import UnsupportedMediaType

from crm.api.answers import answer, shown, stale, written
from crm.api.bearer import let_in
from crm.api.endpoints import Endpoint
from crm.api.problems import unreadable
from crm.database import db
from crm.errors import Forbidden, Invalid, Refused, Stale
from crm.repeated import answered_before, keep
from crm.sessions import current
from crm.tenancy import refuse_missing

LARGEST = 2 * 1024 * 1024  # bytes of a body
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
    """The parameters, by their model; what is wrong with one of several values is said of the parameter."""
    model = cast(type[BaseModel], endpoint.query)
    try:
        return model.model_validate(parameters(model))
    except ValidationError as error:
        raise unreadable(error, deep=False) from None


def sent_body(endpoint: Endpoint) -> dict[str, Any]:
    if not endpoint.query:
        parameters(BaseModel)
    return {"body": read(endpoint)} if endpoint.body else {}


def parameters(model: type[BaseModel]) -> dict[str, Any]:
    """What the address says; only lists may be given more than once."""
    args, lists = request.args, repeatable(model)
    if unknown := set(args) - set(model.model_fields):
        words = "There is no such parameter."
        raise Invalid(words, errors={name: [words] for name in sorted(unknown)})
    if twice := [name for name in args if name not in lists and len(args.getlist(name)) > 1]:
        raise Invalid("Given more than once.", errors={name: ["Given more than once."] for name in twice})
    return {name: args.getlist(name) if name in lists else args[name] for name in args}


@cache
def repeatable(model: type[BaseModel]) -> frozenset[str]:
    """The parameters that may be given more than once."""
    return frozenset(name for name, field in model.model_fields.items() if "list[" in str(field.annotation))


def read(endpoint: Endpoint) -> BaseModel:
    """The body, by its model; If-Match is its version."""
    model, request.max_content_length = cast(type[BaseModel], endpoint.body), LARGEST
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
