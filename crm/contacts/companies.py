"""Pages of companies."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from crm.tenancy import requires

companies = Blueprint("companies", __name__)


@companies.get("/companies/")
@requires("records.view")
def index() -> ResponseReturnValue:
    return "companies"
