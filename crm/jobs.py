"""Background jobs: a job's row is written in the transaction of the change that wants it, so neither comes alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import psycopg
from flask import Flask
from procrastinate import App, PsycopgConnector
from procrastinate.tasks import Task
from sqlalchemy.orm import Session

jobs = App(connector=PsycopgConnector(), import_paths=["crm.accounts.jobs", "crm.people.mails"])


class Application:
    """The Flask application of this worker process."""

    flask: Flask | None = None


def in_application(task: Callable[..., None]) -> Callable[..., None]:
    """Runs a task with the database and the settings of the application at hand."""

    @wraps(task)
    def run(*args: Any, **kwargs: Any) -> None:
        assert Application.flask is not None, "jobs run in the worker"
        with Application.flask.app_context():
            task(*args, **kwargs)

    return run


def enqueue(session: Session, task: Task[Any, Any, Any], **arguments: Any) -> None:
    """Runs the task after this session's commit, and never if it is rolled back. Arguments are ids."""
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    task.configure(connection=raw).defer(**arguments)


def run_jobs(app: Flask, url: str) -> None:
    """Works off the queue until the process is told to stop; a failed job stays, with its error, for the operator."""
    Application.flask = app
    connector = PsycopgConnector(conninfo=url, kwargs={"application_name": "crm worker"})
    with jobs.replace_connector(connector) as connected:
        connected.run_worker(delete_jobs="successful", shutdown_graceful_timeout=20)
