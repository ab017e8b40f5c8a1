"""One PostgreSQL for the run, one database for each worker, one outer transaction for each test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from crm import create_app
from crm.accounts.passwords import passwords
from crm.database import db
from crm.embedded import EmbeddedPostgres
from tests.databases import new_database, settings_for
from tests.program import Program
from tests.world import Browser, World

passwords.rounds = 4  # the least that bcrypt takes


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


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database of this worker's own."""
    return new_database(request.config, "tests")


@pytest.fixture(scope="session")
def app(database_url: str) -> Iterator[Flask]:
    """The application on its database."""
    app = create_app(settings_for(database_url))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def stored_cast(request: pytest.FixtureRequest, app: Flask) -> Iterator[tuple[Engine, dict[str, int], dict[str, int]]]:
    """A second database, in which the cast is stored for good, and the keys under which it is found there."""
    there = create_app(settings_for(new_database(request.config, "cast")))
    with there.app_context():
        made = World.make(db.session())
        db.session.remove()
    yield db._app_engines[there][None], made.keys, made.foreign
    db._app_engines[there][None].dispose()


@pytest.fixture
def session(app: Flask, request: pytest.FixtureRequest) -> Iterator[Session]:
    """The application's own session inside a transaction that is rolled back; commits become savepoints.

    Its database is empty, or holds the cast for a test that has not its own.
    """
    with app.app_context():
        engines = db._app_engines[app]
        own = engines[None]
        real = request.getfixturevalue("stored_cast")[0] if "stored_cast" in request.fixturenames else own
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
            engines[None] = own
            outer.rollback()
            connection.close()


@pytest.fixture
def world(session: Session, stored_cast: tuple[Engine, dict[str, int], dict[str, int]]) -> World:
    """The cast: Olga owns Acme, Adam admin, Mona manager, Max member, Lena leads a team, Vera viewer; Ruslan's Bolt."""
    return World.found(session, *stored_cast[1:])


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
