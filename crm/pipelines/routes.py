"""Pages of pipelines."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from crm.tenancy import requires

pipelines = Blueprint("pipelines", __name__)


@pipelines.get("/pipelines/")
@requires("records.view")
def index() -> ResponseReturnValue:
    return "pipelines"
