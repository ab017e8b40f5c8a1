"""Pages of deals."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from crm.tenancy import requires

deals = Blueprint("deals", __name__)


@deals.get("/deals/new")
@requires("records.create")
def new() -> ResponseReturnValue:
    return "deals"
