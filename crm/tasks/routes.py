"""Pages of tasks."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from crm.tenancy import requires

tasks = Blueprint("tasks", __name__)


@tasks.get("/tasks/new")
@requires("records.create")
def new() -> ResponseReturnValue:
    return "tasks"
