"""Several people at once, each on a connection of their own: nothing is lost, doubled or left half."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, NoResultFound

from crm import create_app
from crm.database import db, scope
from crm.deals.models import Deal
from crm.deals.operations import delete_stage
from crm.deals.queries import deal_to_change
from crm.errors import Conflict, Refused
from crm.organizations.models import Membership
from crm.pipelines.models import Stage
from crm.pipelines.queries import stage_of
from tests.conftest import settings_for
from tests.world import World


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest, database_url: str) -> Iterator[tuple[Flask, dict[str, int]]]:
    """A database of its own in which things stay, with the cast in it."""
    name = database_url.partition("?")[0].rpartition("/")[2] + "_races"
    with psycopg.connect(request.config.server_url, autocommit=True) as connection:  # type: ignore[attr-defined]
        connection.execute(f"drop database if exists {name}")
        connection.execute(f"create database {name}")
    app = create_app(settings_for(request.config.server_url.replace("/postgres?", f"/{name}?")))  # type: ignore[attr-defined]
    with app.app_context():
        upgrade()
        world = World.make(db.session())
        ids = {"organization": world.acme.id, "olga": world.olga.user_id}
        ids |= {stage.slug: stage.id for stage in world.pipeline.stages}
        db.session.remove()
    yield app, ids
    with app.app_context():
        db.engine.dispose()


def person(ids: dict[str, int]) -> Membership:
    scope(db.session(), organization_id=ids["organization"], user_id=ids["olga"])
    return db.session.get_one(Membership, (ids["organization"], ids["olga"]))


def stage(ids: dict[str, int], slug: str) -> Stage:
    return db.session.get_one(Stage, (ids["organization"], ids[slug]))


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


def open_deals(ids: dict[str, int], count: int, slug: str = "lead") -> list[tuple[int, int]]:
    from crm.deals.operations import open_deal

    by = person(ids)
    made = [open_deal(db.session(), stage(ids, slug), {"title": str(n), "amount": 1}, by=by) for n in range(count)]
    db.session.commit()
    found = [(deal.id, deal.version) for deal in made]
    db.session.remove()
    return found


def test_eight_moves_to_one_place_get_eight_ranks(crowded):
    app, ids = crowded
    with app.app_context():
        (mark, _), *_ = open_deals(ids, 1, "proposal")
        deals = open_deals(ids, 8)

    def move(number: int) -> None:
        by = person(ids)
        deal = db.session.scalars(deal_to_change(by, number)).unique().one()
        deal.move_to(stage(ids, "proposal"), after=mark, by=by)
        db.session.commit()

    ends = at_once(app, [lambda number=number: move(number) for number, _ in deals])
    with app.app_context():
        person(ids)
        ranks = db.session.scalars(select(Deal.rank).where(Deal.stage_id == ids["proposal"])).all()
    assert ends == [None] * 8 and len(ranks) == len(set(ranks)) == 9


def test_of_eight_moves_of_one_card_one_wins_and_seven_are_told(crowded):
    app, ids = crowded
    with app.app_context():
        ((number, version),) = open_deals(ids, 1)

    def move() -> str:
        by = person(ids)
        deal = db.session.scalars(deal_to_change(by, number)).unique().one()
        deal.move_to(stage(ids, "qualification"), version=version, by=by)
        db.session.commit()
        return "moved"

    ends = at_once(app, [move] * 8)
    assert ends.count("moved") == 1 and sum(isinstance(end, Conflict) for end in ends) == 7


def test_deleting_a_stage_while_deals_move_into_it_loses_none(crowded):
    app, ids = crowded
    with app.app_context():
        deals = open_deals(ids, 6)

    def move(number: int) -> None:
        by = person(ids)
        deal = db.session.scalars(deal_to_change(by, number)).unique().one()
        deal.move_to(db.session.scalars(stage_of(by, ids["contract"])).unique().one(), by=by)
        db.session.commit()

    def delete() -> None:
        by = person(ids)
        gone = db.session.scalars(stage_of(by, ids["contract"])).unique().one()
        target = next(one for one in gone.pipeline.stages if one.id == ids["negotiation"])
        delete_stage(db.session(), gone, move_to=target, by=by)
        db.session.commit()

    at_once(app, [delete, *(lambda number=number: move(number) for number, _ in deals)])
    with app.app_context():
        person(ids)
        left = "select count(*) from deals d join stages s on s.id = d.stage_id where d.id = any(:ids)"
        assert db.session.scalar(text(left), {"ids": [number for number, _ in deals]}) == 6
