"""Background jobs: a job's row is written in the transaction of the change that wants it, so neither comes alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

import psycopg
from flask import Flask
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.tasks import Task
from sqlalchemy import text
from sqlalchemy.orm import Session

from crm.database import db

jobs = App(connector=PsycopgConnector(), import_paths=["crm.accounts.jobs", "crm.people.mails", "crm.webhooks.jobs"])

AT_ONCE = 4
"""Jobs that a worker runs at once: a receiver that takes its time holds up no mail."""

AT_START = ("jobs.rescue", "webhooks.sweep")

# Its worker said nothing for two minutes, or is forgotten already. One with a queueing lock comes again by itself.
STALLED = """
    select job.id from procrastinate_jobs job left join procrastinate_workers worker on worker.id = job.worker_id
    where job.status = 'doing' and (worker.id is null or worker.last_heartbeat < now() - interval '2 minutes')
"""
DROP_STALLED = text(f"delete from procrastinate_jobs where id in ({STALLED} and job.queueing_lock is not null)")  # noqa: S608
RETRY_STALLED = text(f"""
    select procrastinate_retry_job_v2(id, now(), null, null, null)
    from ({STALLED} and job.queueing_lock is null and job.attempts < 5) stalled
""")  # noqa: S608


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


@jobs.periodic(cron="* * * * *")
@jobs.task(name="jobs.rescue", queueing_lock="jobs.rescue")
@in_application
def rescue(timestamp: int = 0) -> None:
    """Queues the jobs of dead workers again. Runs every minute, and when a worker starts."""
    db.session.execute(DROP_STALLED)
    db.session.execute(RETRY_STALLED)
    db.session.commit()


def look_around(app: Flask) -> None:
    """A worker that starts asks at once what another has left behind."""
    jobs.perform_import_paths()  # type: ignore[no-untyped-call]
    with app.app_context():
        for name in AT_START:
            with suppress(AlreadyEnqueued), db.session.begin_nested():
                enqueue(db.session(), jobs.tasks[name], timestamp=0)
        db.session.commit()


def run_jobs(app: Flask, url: str, *, polling: float = 5.0) -> None:
    """Works off the queue until the process is told to stop; a failed job stays, with its error, for the operator.

    `polling` is in seconds: how often it asks for jobs whose time has come.
    """
    Application.flask = app
    look_around(app)
    connector = PsycopgConnector(conninfo=url, kwargs={"application_name": "crm worker"})
    with jobs.replace_connector(connector) as connected:
        connected.run_worker(
            concurrency=AT_ONCE,
            fetch_job_polling_interval=polling,
            delete_jobs="successful",
            shutdown_graceful_timeout=20,
        )
