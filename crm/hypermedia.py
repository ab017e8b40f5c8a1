"""Pages and parts: the whole page for a browser, the part for htmx, a notice for a refusal."""

from __future__ import annotations

import json
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy import Select
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from crm.database import db
from crm.errors import Conflict, Invalid, Missing, Refused
from crm.logs import logger, request_id

T = TypeVar("T")


def is_fragment() -> bool:
    """Did htmx ask for a part of the page, rather than a browser for all of it?"""
    headers = request.headers
    return "HX-Request" in headers and "HX-Boosted" not in headers and "HX-History-Restore-Request" not in headers


def render(page: str, *, fragment: str | None = None, status: int = 200, **context: Any) -> ResponseReturnValue:
    """The page, or only its fragment when htmx asks for that. A status of 400 says that fields are at fault."""
    return render_template(fragment if fragment and is_fragment() else page, **context), status


def changed(template: str, *, otherwise: str, events: dict[str, Any] | None = None, **context: Any) -> Response:
    """Answer a change: htmx gets the parts that changed, a plain form post goes `otherwise`."""
    if not is_fragment():
        return make_response(redirect(otherwise, 303))
    return make_response(telling(render_template(template, oob=True, **context), events or {}))


def telling(answer: ResponseReturnValue, events: dict[str, Any]) -> ResponseReturnValue:
    """The answer to htmx, which fires these events with it."""
    response = make_response(answer)
    if events and is_fragment():
        response.headers["HX-Trigger"] = json.dumps(events)
    return response


def go(target: str) -> ResponseReturnValue:
    """Send the whole browser to another page, whether it asked by htmx or by a form."""
    return ("", 200, {"HX-Redirect": target}) if is_fragment() else redirect(target, 303)


def one_or_404(query: Select[T]) -> T:
    """The one record, or 404: unknown, foreign and hidden alike."""
    found = db.session.scalars(query).unique().one_or_none()
    if found is None:
        raise Missing("This is not here, or not yours to see.")
    return found


def words(error: Refused) -> str:
    """The refusal in the reader's language."""
    said = str(gettext(error.message))
    return said % error.values if error.values else said


def refused(error: Refused, *, template: str = "_notice.html", **context: Any) -> ResponseReturnValue:
    """A notice beside what is on the screen, so that nothing typed is lost; or a page of its own."""
    db.session.rollback()
    context |= {"error": error, "words": words(error), "back": back()}
    if is_fragment():
        return render_template(template, oob=True, **context), error.status, {"HX-Reswap": "none"}
    page = "missing.html" if error.status == 404 else "refused.html"
    return render_template(page, **context), error.status


def back() -> str | None:
    """The path of the page that the person came from, when it was ours."""
    parts = urlsplit(request.referrer or "")
    return parts.path if parts.netloc == request.host else None


def lost_race(error: Exception) -> ResponseReturnValue:
    """Two changes met in the database: one won, this one says so."""
    return refused(Conflict("Someone else changed this at the same moment. Look again and repeat your change."))


def broken_reference(error: IntegrityError) -> ResponseReturnValue:
    """The database's own fences. Verbs should have refused before: so it is logged, and answered as a conflict."""
    logger.warning("refused by a constraint", extra={"constraint": str(getattr(error.orig, "diag", ""))})
    return refused(Conflict("This no longer fits what is stored: someone changed it meanwhile. Load the page again."))


def impossible_value(error: DataError) -> ResponseReturnValue:
    """A value that no column takes and no form refused: bad input all the same, and logged to be refused earlier."""
    logger.warning("refused by a column", extra={"cause": str(error.orig)})
    return refused(Invalid("One of these values is too long or too large. Nothing was saved."))


def database_fault(error: OperationalError) -> ResponseReturnValue:
    if isinstance(error.orig, DeadlockDetected | SerializationFailure):
        return lost_race(error)
    return broken(error)


def http_fault(error: HTTPException) -> ResponseReturnValue:
    """Werkzeug's own errors in our words; headers such as Allow and Retry-After are kept."""
    no_host = error.code == 400 and request.routing_exception is error  # then a page can't have links
    if error.code is None or error.code < 400 or no_host:
        return error
    page = {404: "missing.html", 405: "missing.html", 429: "busy.html"}.get(error.code, "fault.html")
    response = make_response(render_template(page, status=error.code), error.code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def broken(error: Exception) -> ResponseReturnValue:
    """Our fault: nothing was saved. The number on the page finds the line in the log."""
    db.session.rollback()
    logger.exception("unhandled", exc_info=error)
    return render_template("broken.html", number=request_id()), 500


def init_app(app: Flask) -> None:
    app.register_error_handler(Refused, refused)
    app.register_error_handler(StaleDataError, lost_race)
    app.register_error_handler(IntegrityError, broken_reference)
    app.register_error_handler(DataError, impossible_value)
    app.register_error_handler(OperationalError, database_fault)
    app.register_error_handler(HTTPException, http_fault)
    app.register_error_handler(Exception, broken)

    @app.after_request
    def vary(response: Response) -> Response:
        response.vary.add("HX-Request")
        return response
