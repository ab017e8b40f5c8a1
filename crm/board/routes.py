"""The board."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from crm.hypermedia import render
from crm.tenancy import requires

board = Blueprint("board", __name__)


@board.get("/deals/")
@requires("records.view")
def index() -> ResponseReturnValue:
    return render("board/index.html")
