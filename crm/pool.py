"""Database connections that lay idle are tried before they serve a request: the server may have gone meanwhile.

SQLAlchemy's own pre-ping asks before each request, a round trip that a busy installation pays for nothing.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from crm.database import db

IDLE = 1.0
"""Seconds after which a connection is tried. No server ends and answers again in less."""


def watch(engine: Engine) -> None:
    """From here on the engine's pool tries what lay idle, and makes another connection for one that is dead."""
    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", lambda connection, entry, _: prove(engine, connection, entry))


def note(connection: Any, entry: ConnectionPoolEntry) -> None:
    """When it was given back."""
    entry.info["idle_since"] = time.monotonic()


def prove(engine: Engine, connection: Any, entry: ConnectionPoolEntry) -> None:
    """Raises DisconnectionError for a dead connection: the pool then makes a new one and asks again."""
    since = entry.info.get("idle_since")
    if since is None or time.monotonic() - since < IDLE:
        return
    try:
        engine.dialect.do_ping(connection)
    except psycopg.Error as error:
        raise DisconnectionError from error


def init_app(app: Flask) -> None:
    with app.app_context():
        watch(db.engine)
