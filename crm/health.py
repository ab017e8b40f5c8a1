"""For the operator: is it alive, is it ready?"""

from __future__ import annotations

from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from crm.database import db
from crm.limits import limiter
from crm.tenancy import public

health = Blueprint("operations", __name__)
QUEUE = text(
    "select count(*) filter (where status = 'todo') as waiting,"
    " coalesce(extract(epoch from now() - min(scheduled_at)"
    " filter (where status = 'todo' and scheduled_at < now())), 0) as late from procrastinate_jobs"
)


@health.get("/health")
@limiter.exempt
@public
def alive() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "ok"}


@health.get("/health/ready")
@limiter.exempt
@public
def ready() -> ResponseReturnValue:
    """The database answers, its schema is this version's, and the job queue can be read. 503 while not."""
    try:
        found = db.session.scalar(text("select version_num from alembic_version"))
        queue = db.session.execute(QUEUE).one()
    except SQLAlchemyError:
        return {"status": "unavailable", "database": "unreachable or not migrated"}, 503
    wanted = current_app.extensions["schema_head"]
    body = {"database": "ok", "migrations": found, "queue": {"waiting": queue.waiting, "late_seconds": int(queue.late)}}
    if found != wanted:
        return body | {"status": "unavailable", "migrations": f"{found}, wanted {wanted}"}, 503
    return body | {"status": "ok"}


def init_app(app: Flask) -> None:
    folder = Path(str(app.config["MIGRATIONS"]))
    app.extensions["schema_head"] = ScriptDirectory(str(folder)).get_current_head()
    app.register_blueprint(health)
