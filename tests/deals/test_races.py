"""Several people at once, each on a connection of their own: nothing is lost, doubled or left half."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, text

from crm.database import db, scope
from crm.deals.models import Deal
from crm.deals.operations import delete_stage
from crm.deals.queries import deal_to_change
from crm.errors import Conflict
from crm.organizations.models import Membership
from crm.pipelines.models import Stage
from crm.pipelines.queries import stage_of
from tests.crowd import at_once, crowd


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, dict[str, int]]]:
    """A database of its own in which things stay, with the cast in it."""
    with crowd(request, "races") as made:
        yield made


def person(ids: dict[str, int]) -> Membership:
    scope(db.session(), organization_id=ids["organization"], user_id=ids["olga"])
    return db.session.get_one(Membership, (ids["organization"], ids["olga"]))


def stage(ids: dict[str, int], slug: str) -> Stage:
    return db.session.get_one(Stage, (ids["organization"], ids[slug]))


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


def test_a_limit_that_was_set_meanwhile_holds(crowded):
    app, ids = crowded
    with app.app_context():
        open_deals(ids, 1, "qualification")
        ((number, _),) = open_deals(ids, 1)
        by = person(ids)
        deal = db.session.scalars(deal_to_change(by, number)).unique().one()
        known = stage(ids, "qualification")
        assert known.wip_limit is None

        def limit() -> None:
            by = person(ids)
            stage(ids, "qualification").change({"wip_limit": 1, "wip_strict": True}, by=by)
            db.session.commit()

        assert at_once(app, [limit]) == [None]
        with pytest.raises(Conflict, match="full"):
            deal.move_to(known, by=by)


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
