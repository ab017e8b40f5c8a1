"""Connections that the server has ended while they lay idle."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from crm import pool
from crm.config import psycopg_url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A pool of one connection."""
    engine = create_engine(psycopg_url(database_url), pool_size=1, max_overflow=0)
    pool.watch(engine)
    yield engine
    engine.dispose()


def end_the_pooled_connection(engine: Engine, database_url: str) -> None:
    with engine.connect() as connection:
        number = connection.scalar(text("select pg_backend_pid()"))
    other = create_engine(psycopg_url(database_url))
    with other.connect() as connection:
        connection.execute(text("select pg_terminate_backend(:number, 5000)"), {"number": number})
    other.dispose()


def test_an_idle_connection_that_is_dead_is_replaced_before_use(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_the_pooled_connection(engine, database_url)
    monkeypatch.setattr(pool, "IDLE", 0)
    with engine.connect() as connection:
        assert connection.scalar(text("select 1")) == 1


def test_one_that_was_used_just_now_is_not_asked(engine: Engine, database_url: str) -> None:
    end_the_pooled_connection(engine, database_url)
    with pytest.raises(OperationalError), engine.connect() as connection:
        connection.scalar(text("select 1"))
