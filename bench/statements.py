"""What the application says to PostgreSQL, word by word, and the same said again by psycopg alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import event

from crm.database import db

Said = list[tuple[str, Any]]
ENDS = ("commit", "rollback")


@contextmanager
def recorded(app: Flask) -> Iterator[Said]:
    """Every statement with its parameters, and the ends of transactions, in their order."""
    said: Said = []

    def execute(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        assert not isinstance(parameters, list), "one round trip each, or the counts would lie"
        said.append((statement, parameters))

    def ended(how: str) -> Callable[[Any], None]:
        return lambda _: said.append((how, None))

    heard = [("before_cursor_execute", execute), *((end, ended(end)) for end in ENDS)]
    with app.app_context():
        engine = db.engine
    for name, listener in heard:
        event.listen(engine, name, listener)
    try:
        yield said
    finally:
        for name, listener in heard:
            event.remove(engine, name, listener)


def count(said: Said) -> int:
    """Statements, without BEGIN, SET and COMMIT."""
    return sum(text not in ENDS and not text.startswith("select set_config") for text, _ in said)


def bare(connection: psycopg.Connection, said: Said) -> Callable[..., Iterable[bytes]]:
    """A minimal WSGI application: the statements, all their rows, nothing else. BEGIN comes from psycopg itself."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        rows = replay(connection, said)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(rows).encode()]

    return app


def replay(connection: psycopg.Connection, said: Said) -> int:
    rows = 0
    with connection.cursor() as cursor:
        for text, parameters in said:
            if text in ENDS:
                getattr(connection, text)()
                continue
            cursor.execute(text, parameters)
            rows += len(cursor.fetchall()) if cursor.description else 0
    return rows
