"""One PostgreSQL for the run, one migrated database for each worker, one outer transaction for each test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event
from sqlalchemy.orm import Session

from crm import create_app
from crm.accounts.passwords import passwords
from crm.config import Settings
from crm.database import db
from crm.embedded import EmbeddedPostgres
from tests.program import Program
from tests.world import Browser, World


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts the server; workers of pytest-xdist find its address in their input."""
    if hasattr(config, "workerinput"):
        config.server_url = config.workerinput["server_url"]  # type: ignore[attr-defined]
        return
    folder = Path(tempfile.mkdtemp(prefix="crm-test-"))
    config.server = EmbeddedPostgres(folder / "cluster", throwaway=True)  # type: ignore[attr-defined]
    config.server.start()  # type: ignore[attr-defined]
    config.server_url = config.server.url("postgres")  # type: ignore[attr-defined]
    config.server_folder = folder  # type: ignore[attr-defined]


def pytest_configure_node(node: object) -> None:
    node.workerinput["server_url"] = node.config.server_url  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    if server := getattr(config, "server", None):
        server.stop()
        import shutil

        shutil.rmtree(config.server_folder, ignore_errors=True)  # type: ignore[attr-defined]


def settings_for(url: str) -> Settings:
    return Settings.from_environment(
        {
            "CRM_ENV": "test",
            "DATABASE_URL": url,
            "RATELIMIT_ENABLED": "false",
            "SECRET_KEY": "for tests",
            "CRM_DATA_DIR": tempfile.gettempdir(),
        }
    )


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of this worker's own."""
    import psycopg

    name = f"crm_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    server = request.config.server_url  # type: ignore[attr-defined]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name}")
        connection.execute(f"create database {name}")
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def app(database_url: str) -> Iterator[Flask]:
    """The application on its migrated database."""
    passwords.rounds = 4
    app = create_app(settings_for(database_url))
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The application's own session inside a transaction that is rolled back; commits become savepoints."""
    with app.app_context():
        engines = db._app_engines[app]
        real = engines[None]
        connection = real.connect()
        outer = connection.begin()
        engines[None] = connection  # type: ignore[assignment]
        factory = db.session.session_factory
        before = dict(factory.kw)
        factory.configure(join_transaction_mode="create_savepoint")
        try:
            yield db.session()
        finally:
            db.session.remove()
            factory.kw.clear()
            factory.kw.update(before)
            engines[None] = real
            outer.rollback()
            connection.close()


@pytest.fixture
def world(session: Session) -> World:
    """The cast: Olga owns Acme, Adam admin, Mona manager, Max member, Lena leads a team, Vera viewer; Ruslan's Bolt."""
    return World.make(session)


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    """A browser in which nobody is signed in yet: `browser.as_(world.max)`."""
    return Browser(app)


@pytest.fixture
def statements(app: Flask, session: Session) -> Iterator[list[str]]:
    """What the code under test sends to the database, without BEGIN, COMMIT and the tenant's SET."""
    sent: list[str] = []

    def note(conn: object, cursor: object, statement: str, *_: object) -> None:
        if not statement.lstrip().lower().startswith(("savepoint", "release", "rollback", "select set_config")):
            sent.append(statement)

    connection = db.engine
    event.listen(connection, "before_cursor_execute", note)
    yield sent
    event.remove(connection, "before_cursor_execute", note)


@pytest.fixture
def api(app: Flask, world: World) -> Program:
    """A program that has not signed in: `api.as_(world.max)`."""
    return Program(app)
