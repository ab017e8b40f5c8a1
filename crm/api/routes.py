"""Where the API is: its endpoints below /api/v1, the document that describes them, and the pages that show it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import simplejson
from flask import Blueprint, Flask, Response, current_app
from flask.typing import ResponseReturnValue

from crm.api import problems
from crm.api.calls import call
from crm.api.endpoints import Endpoints, mount
from crm.api.openapi import document
from crm.api.reference import chapters
from crm.hypermedia import render
from crm.tenancy import public

PREFIX = "/api/v1"
reference = Blueprint("reference", __name__)


@reference.get(f"{PREFIX}/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    return Response(current_app.extensions["openapi"](), mimetype="application/json")


@reference.get("/docs")
@public
def docs() -> ResponseReturnValue:
    """The same document for people; it works without script."""
    described = simplejson.loads(current_app.extensions["openapi"]())
    return render("api/docs.html", document=described, chapters=chapters(described))


def init_app(app: Flask, groups: Sequence[Endpoints]) -> None:
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    endpoints = mount(api, groups, call)
    problems.init_app(app, api)
    app.extensions["openapi"] = cache(lambda: simplejson.dumps(document(endpoints, PREFIX)))  # when somebody asks
    app.extensions["endpoints"] = endpoints
    app.register_blueprint(api)
    app.register_blueprint(reference)
