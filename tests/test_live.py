"""What the database tells the open streams: whose deal it is and was, and that what people see has changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from crm.config import libpq_url
from crm.database import db, scope
from crm.deals.queries import deal_to_change
from crm.organizations.models import Membership, Organization, Team
from crm.organizations.operations import join_team
from tests.crowd import crowd


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest, database_url: str) -> Iterator[tuple[Flask, dict[str, int]]]:
    with crowd(request, database_url, "live") as made:
        yield made


def told(crowded: tuple[Flask, dict[str, int]], change: Callable[[Membership, dict[str, int]], Any]) -> list[Any]:
    """The notes that this change of Mona's sends to every process."""
    app, ids = crowded
    with (
        psycopg.connect(libpq_url(app.config["SQLALCHEMY_DATABASE_URI"]), autocommit=True) as ear,
        app.app_context(),
    ):
        ear.execute("listen crm_live")
        scope(db.session(), organization_id=ids["organization"], user_id=ids["mona"])
        change(db.session.get_one(Membership, (ids["organization"], ids["mona"])), ids)
        db.session.commit()
        db.session.remove()
        return [json.loads(note.payload) for note in ear.notifies(timeout=5, stop_after=1)]


def test_a_note_names_the_owner(crowded):
    def comment(mona, ids):
        db.session.scalars(deal_to_change(mona, ids["deal"])).unique().one().log("comment", "Hello", by=mona)

    ids = crowded[1]
    (note,) = told(crowded, comment)
    assert (note["deal"], note["by"], note["owners"]) == (ids["deal"], ids["mona"], [ids["max"]])


def test_a_handed_over_deal_is_told_to_who_had_it_and_who_has_it(crowded):
    def hand_over(mona, ids):
        deal = db.session.scalars(deal_to_change(mona, ids["deal"])).unique().one()
        deal.change({"owner_id": ids["mona"], "amount": 7}, by=mona)

    (note,) = told(crowded, hand_over)
    assert set(note["owners"]) == {crowded[1]["max"], crowded[1]["mona"]}


def test_a_change_of_teams_or_of_the_setting_makes_streams_look_again(crowded):
    def join(mona, ids):
        team = db.session.query(Team).one()
        join_team(db.session(), team, mona)

    def narrow(mona, ids):
        db.session.get_one(Organization, ids["organization"]).visibility = "own"

    here = crowded[1]["organization"]
    assert told(crowded, join) == told(crowded, narrow) == [{"organization": here, "sight": True}]


def test_a_deleted_deal_is_told_with_its_owner(crowded):
    def delete(mona, ids):
        deal = db.session.scalars(deal_to_change(mona, ids["deal"])).unique().one()
        owners.append(deal.owner_id)
        deal.delete(by=mona)

    owners: list[int] = []
    (note,) = told(crowded, delete)
    assert (note["deal"], note["activity"], note["owners"]) == (crowded[1]["deal"], 0, owners)
