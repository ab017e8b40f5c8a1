"""Several people at once, each on a connection of their own, in a database in which things stay."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError, NoResultFound

from crm import create_app
from crm.database import db
from crm.errors import Refused
from tests.databases import new_database, settings_for
from tests.world import World


@contextmanager
def crowd(request: pytest.FixtureRequest, name: str) -> Iterator[tuple[Flask, dict[str, int]]]:
    """A database of its own with the cast in it: the application, and the ids of organization, people and stages."""
    app = create_app(settings_for(new_database(request.config, name)))
    with app.app_context():
        world = World.make(db.session())
        ids = {"organization": world.acme.id, "deal": world.deal.id}
        ids |= {name: getattr(world, name).user_id for name in ("olga", "adam", "mona", "max", "lena", "vera")}
        ids |= {"bolt": world.bolt.id, "ruslan": world.ruslan.user_id}
        ids |= {stage.slug: stage.id for stage in world.pipeline.stages}
        db.session.remove()
    yield app, ids
    with app.app_context():
        db.engine.dispose()


def at_once(app: Flask, acts: list[Callable[[], Any]]) -> list[Any]:
    """Runs all acts on threads that start together; gives what each returned or raised."""
    start, ends = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait()
            try:
                ends[place] = act()
            except (Refused, DBAPIError, NoResultFound) as refusal:  # what the edges answer with 404 or 409
                ends[place] = refusal
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends
