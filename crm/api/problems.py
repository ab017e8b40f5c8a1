"""Errors as programs get them: always the same three fields, never a page, never a 5xx for what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import simplejson
from flask import Flask, Response, request
from flask_babel import gettext
from psycopg.errors import DeadlockDetected, SerializationFailure
from pydantic import ValidationError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, TooManyRequests

from crm.database import db
from crm.errors import Conflict, Invalid, Refused, Stale
from crm.hypermedia import http_fault, words
from crm.logs import logger

PREFIX = "/api/"
KEPT = ("Allow", "Retry-After")
CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}
CODES |= {429: "TOO_MANY_REQUESTS"}
DETAILS = {
    400: "This request can't be read.",
    404: "This is not here, or not yours to see.",
    405: "This address does not take that method.",
    413: "This is too large.",
    429: "Too many requests. Wait a little.",
}
SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "string_type": "Use text.",
    "int_type": "Use a whole number.",
    "int_from_float": "Use a whole number.",
    "int_parsing": "Use a whole number.",
    "int_parsing_size": "Use a smaller number.",
    "bool_type": "Use true or false.",
    "bool_parsing": "Use true or false.",
    "list_type": "Use a list.",
    "dict_type": "Use an object.",
    "model_type": "Use an object.",
    "model_attributes_type": "Use an object.",
    "finite_number": "Use a number such as 10.50.",
    "decimal_type": "Use a number such as 10.50.",
    "decimal_parsing": "Use a number such as 10.50.",
    "string_too_long": "Use at most %(max_length)s characters.",
    "string_too_short": "Use at least %(min_length)s characters.",
    "too_long": "Use at most %(max_length)s.",
    "too_short": "Use at least %(min_length)s.",
    "greater_than_equal": "Use %(ge)s or more.",
    "less_than_equal": "Use %(le)s or less.",
    "literal_error": "Use one of %(expected)s.",
    "enum": "Use one of %(expected)s.",
}


def problem(status: int, detail: str, code: str, **more: Any) -> Response:
    """The answer. `errors`, `current` and `changed` only where there are some."""
    body = {"detail": detail, "code": code} | {name: value for name, value in more.items() if value}
    response = Response(simplejson.dumps(body), status, mimetype="application/json")
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def told(error: Refused) -> Response:
    """A refusal of the domain, in the words that the screens show."""
    db.session.rollback()
    return problem(
        error.status, words(error), error.code, errors=sentences(error), **(getattr(error, "now", None) or {})
    )


def sentences(error: Refused) -> dict[str, list[str]]:
    said = {name: [gettext(one) for one in several] for name, several in error.errors.items()}
    return {name: [one % error.values if error.values else one for one in several] for name, several in said.items()}


def unreadable(error: ValidationError, *, deep: bool = True) -> Invalid:
    """What pydantic found, as a refusal that names the fields; `deep` with the place inside of each."""
    errors: dict[str, list[str]] = {}
    for one in error.errors(include_url=False, include_input=False):
        place = field_of(one["loc"])
        said = errors.setdefault(".".join(place if deep else place[:1]) or "body", [])
        if (words := sentence(one["type"], one.get("ctx") or {}, one["msg"])) not in said:
            said.append(words)
    return Invalid("Some of these values can't be used.", errors=errors)


def field_of(place: tuple[str | int, ...]) -> list[str]:
    """The path to the field, without the names that pydantic gives to the branches of a choice."""
    return [str(step) for step in place if not (isinstance(step, str) and ("[" in step or "-" in step))]


def sentence(kind: str, values: Mapping[str, Any], otherwise: str) -> str:
    if kind == "json_invalid":
        return str(gettext("This is not JSON."))
    return str(gettext(SENTENCES[kind])) % values if kind in SENTENCES else otherwise


def lost_race(error: Exception) -> Response:
    return told(Stale("Someone else changed this at the same moment. Look again and repeat your change."))


def broken_reference(error: IntegrityError) -> Response:
    logger.warning("refused by a constraint", extra={"constraint": str(getattr(error.orig, "diag", ""))})
    return told(Conflict("This no longer fits what is stored: someone changed it meanwhile. Look again."))


def impossible_value(error: DataError) -> Response:
    logger.warning("refused by a column", extra={"cause": str(error.orig)})
    return told(Invalid("One of these values is too long or too large. Nothing was saved."))


def database_fault(error: OperationalError) -> Response:
    if isinstance(error.orig, DeadlockDetected | SerializationFailure):
        return told(Conflict("Someone else changed this at the same moment. Repeat your change."))
    return broken(error)


def http_problem(error: HTTPException) -> Response:
    """Werkzeug's errors; Allow and Retry-After are kept."""
    status = error.code or 500
    detail = gettext(DETAILS[status]) if status in DETAILS else (error.description or "")
    response = problem(status, detail, CODES.get(status, "ERROR"))
    for name, value in error.get_headers():
        if name in KEPT:
            response.headers[name] = value
    if isinstance(error, TooManyRequests):
        response.headers.setdefault("Retry-After", "60")
    return response


def broken(error: Exception) -> Response:
    """Our fault: nothing was saved, the log has the number."""
    db.session.rollback()
    logger.exception("unhandled", exc_info=error)
    return problem(500, gettext("Something went wrong on our side. Nothing was saved."), "INTERNAL_ERROR")


def init_app(app: Flask, blueprint: Any) -> None:
    """The API's handlers; an address that no endpoint has is a problem too when it lies below /api/."""
    for kind, handler in (
        (Refused, told),
        (StaleDataError, lost_race),
        (IntegrityError, broken_reference),
        (DataError, impossible_value),
        (OperationalError, database_fault),
        (HTTPException, http_problem),
        (Exception, broken),
    ):
        blueprint.register_error_handler(kind, handler)
    for code in (400, 404, 405):
        app.register_error_handler(code, outside)


def outside(error: HTTPException) -> Any:
    return http_problem(error) if request.path.startswith(PREFIX) else http_fault(error)
