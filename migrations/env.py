"""Alembic: migrations run as the tables' owner, one transaction for all of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from crm.database import db


def ours(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """What other parts keep in our schema is theirs to migrate."""
    return not (kind == "table" and name and (name.startswith("procrastinate_") or name == "rate_limits"))


def run() -> None:
    engine = sa.create_engine(current_app.config["SETTINGS"].owner_database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=db.metadata, include_object=ours, compare_type=True)
        with context.begin_transaction():
            connection.execute(sa.text("select pg_advisory_xact_lock(724003)"))
            context.run_migrations()


run()
