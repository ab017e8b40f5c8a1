"""Pages of contacts."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from crm.tenancy import requires

contacts = Blueprint("contacts", __name__)


@contacts.get("/contacts/")
@requires("records.view")
def index() -> ResponseReturnValue:
    return "contacts"
