"""What the database tells the open streams: whose deal it is and was, and that what people see has changed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from crm.config import libpq_url
from crm.database import db, scope
from crm.deals.queries import deal_to_change
from crm.deals.ranking import space
from crm.hub import Hub, Viewer
from crm.organizations.models import Membership, Organization, Team
from crm.organizations.operations import join_team
from crm.pipelines.models import Stage
from crm.positions import position
from crm.timeline.queries import deleted_since, told_since
from tests.crowd import crowd
from tests.world import Browser


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, dict[str, int]]]:
    with crowd(request, "live") as made:
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


def dsn_of(app: Flask) -> str:
    return libpq_url(app.config["SQLALCHEMY_DATABASE_URI"])


WROTE = """
    insert into activities (organization_id, type, payload, deal_id)
    values (%(organization)s, 'comment', '{"text": "Hello"}', %(deal)s)
"""
DEAL = """
    insert into deals (organization_id, title, currency, stage_id, rank, owner_id)
    values (%(organization)s, 'Another', 'EUR', %(stage)s, (random() * 1e12)::bigint, %(owner)s) returning id
"""


@pytest.fixture
def two_deals(crowded: tuple[Flask, dict[str, int]]) -> list[dict[str, int]]:
    app, ids = crowded
    here = {"organization": ids["organization"], "stage": ids["lead"], "owner": ids["max"]}
    with psycopg.connect(dsn_of(app), autocommit=True) as owner:
        return [here | {"deal": owner.execute(DEAL, here).fetchone()[0]} for _ in range(2)]


def asked_since(crowded: tuple[Flask, dict[str, int]], place: str, who: str = "mona") -> dict[str, list[int]]:
    app, ids = crowded
    with app.app_context():
        scope(db.session(), organization_id=ids["organization"], user_id=ids[who])
        member = db.session.get_one(Membership, (ids["organization"], ids[who]))
        found = {
            query.__name__: list(db.session.scalars(query(member, place))) for query in (told_since, deleted_since)
        }
        db.session.remove()
        return found


@pytest.fixture
def connections(crowded: tuple[Flask, dict[str, int]]) -> Iterator[tuple[psycopg.Connection, ...]]:
    """One that commits late, one that does at once, one that listens from when it is told to."""
    dsn = dsn_of(crowded[0])
    with (
        psycopg.connect(dsn) as slow,
        psycopg.connect(dsn, autocommit=True) as quick,
        psycopg.connect(dsn, autocommit=True) as ear,
    ):
        yield slow, quick, ear


def test_what_is_committed_later_under_a_lower_number_is_not_missed(crowded, two_deals, connections):
    late, early = two_deals
    slow, quick, ear = connections
    ear.execute("listen crm_live")
    slow.execute(WROTE, late)
    quick.execute(WROTE, early)
    page = ear.execute("select pg_current_snapshot()::text").fetchone()[0]
    quick.execute(WROTE, early)
    first = [json.loads(note.payload) for note in ear.notifies(timeout=5, stop_after=2)][-1]
    slow.commit()
    second = next(json.loads(note.payload) for note in ear.notifies(timeout=5, stop_after=1))
    assert (first["deal"], second["deal"]) == (early["deal"], late["deal"]) and first["activity"] > second["activity"]
    assert set(asked_since(crowded, first["position"])["told_since"]) == {late["deal"], early["deal"]}
    assert late["deal"] in asked_since(crowded, page)["told_since"]
    assert late["deal"] in asked_since(crowded, second["position"])["told_since"]


def test_a_note_claims_no_other_of_its_own_transaction(crowded, two_deals, connections):
    """Of several notes of one transaction somebody may hear only the first."""
    first, other = two_deals
    slow, quick, ear = connections
    slow.execute(WROTE, other)
    quick.execute(WROTE, first)
    ear.execute("listen crm_live")
    slow.execute(WROTE, first)
    slow.commit()
    notes = [json.loads(note.payload) for note in ear.notifies(timeout=5, stop_after=2)]
    assert {note["deal"] for note in notes} == {first["deal"], other["deal"]}
    for note in notes:
        assert set(asked_since(crowded, note["position"])["told_since"]) == {first["deal"], other["deal"]}


def test_what_was_deleted_is_told_to_who_saw_it(crowded, two_deals):
    deals = []

    def delete(mona, ids):
        deal = db.session.scalars(deal_to_change(mona, two_deals[0]["deal"])).unique().one()
        deals.append(deal.id)
        deal.delete(by=mona)

    app, ids = crowded
    with psycopg.connect(dsn_of(app)) as connection:
        before = connection.execute("select pg_current_snapshot()::text").fetchone()[0]
    (note,) = told(crowded, delete)
    assert note["deal"] == deals[0] and note["position"]
    assert asked_since(crowded, before)["deleted_since"] == deals
    with psycopg.connect(dsn_of(app), autocommit=True) as owner:
        owner.execute("update organizations set visibility = 'own' where id = %s", (ids["organization"],))
    assert asked_since(crowded, before, "vera")["deleted_since"] == []
    with psycopg.connect(dsn_of(app), autocommit=True) as owner:
        owner.execute("update organizations set visibility = 'everyone' where id = %s", (ids["organization"],))


def test_a_tab_without_a_stream_hears_what_happened_since_and_nothing_twice(crowded, two_deals):
    app, ids = crowded
    with app.app_context(), psycopg.connect(dsn_of(app), autocommit=True) as owner:
        scope(db.session(), organization_id=ids["organization"], user_id=ids["mona"])
        tab = Browser(app).as_(db.session.get_one(Membership, (ids["organization"], ids["mona"])))
        before = owner.execute("select pg_current_snapshot()::text").fetchone()[0]
        for deal in two_deals:
            owner.execute(WROTE, deal)
            told = tab.get("/live/since", query_string={"after": before}).json
            assert told["notes"] == [{"deal": deal["deal"]}]
            before = told["position"]
        assert tab.get("/live/since", query_string={"after": before}).json["notes"] == []
        db.session.remove()


class SlowHub(Hub):
    def hear(self, dsn: str) -> None:
        threading.Event().wait(0.3)
        super().hear(dsn)


def test_who_joins_hears_at_once_and_who_was_cut_off_comes_back(crowded, two_deals):
    app, ids = crowded
    hub, viewer = SlowHub(), Viewer(ids["organization"], ids["mona"], "a session")
    with psycopg.connect(dsn_of(app), autocommit=True) as owner:
        try:
            assert hub.join(viewer, dsn_of(app))
            owner.execute(WROTE, two_deals[0])
            assert [note["deal"] for note in viewer.waits(5)] == [two_deals[0]["deal"]]
            owner.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'crm live'")
            assert viewer.waits(5) == [None]
            assert hub.join(viewer, dsn_of(app))
        finally:
            hub.close()


def test_a_changed_column_and_a_spaced_one_make_boards_load_anew(crowded):
    def rename(mona, ids):
        db.session.get_one(Stage, (ids["organization"], ids["lead"])).name = "Fresh"

    def respace(mona, ids):
        space(db.session(), db.session.get_one(Stage, (ids["organization"], ids["lead"])))

    for change in (rename, respace):
        (note,) = told(crowded, change)
        assert note["reload"] and position(note["position"])
