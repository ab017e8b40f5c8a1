"""Databases on the run's PostgreSQL: migrated once, then copied."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import psycopg
from flask_migrate import upgrade

from crm import create_app
from crm.config import Settings
from crm.database import db

PATTERN, MAKING = "crm_pattern", "crm_pattern_in_the_making"


def new_database(config: Any, purpose: str) -> str:
    """An empty, migrated database of this worker's own; one of that name goes. Gives its address."""
    server: str = config.server_url
    name = f"crm_{purpose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(1)")  # until it ends: others wait for the pattern
        if not connection.execute("select from pg_database where datname = %s", [PATTERN]).fetchall():
            connection.execute(f"drop database if exists {MAKING} with (force)")
            connection.execute(f"create database {MAKING}")
            migrate(server, MAKING)
            connection.execute(f"alter database {MAKING} rename to {PATTERN}")
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name} template {PATTERN}")
    return address(server, name)


def migrate(server: str, name: str) -> None:
    with create_app(settings_for(address(server, name))).app_context():
        upgrade()
        db.engine.dispose()


def address(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


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
