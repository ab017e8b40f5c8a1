"""Owners who leave at the same moment: one always stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from crm.database import db, scope
from crm.errors import Conflict
from crm.organizations.ending import transfer_ownership
from crm.organizations.models import Membership
from crm.people.operations import leave
from tests.crowd import at_once, crowd


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, dict[str, int]]]:
    with crowd(request, "owners") as made:
        yield made


def member(ids, who):
    scope(db.session(), organization_id=ids["organization"], user_id=ids[who])
    return db.session.get_one(Membership, (ids["organization"], ids[who]))


def two_owners(ids):
    for who in ("olga", "adam"):
        one = member(ids, who)
        one.role, one.ended_at = "owner", None
    db.session.commit()
    db.session.remove()


def owners(ids):
    member(ids, "olga")
    count = "select count(*) from memberships where role = 'owner' and ended_at is null and organization_id = :id"
    found = db.session.scalar(text(count), {"id": ids["organization"]})
    db.session.remove()
    return found


def walk_out(ids, who):
    leave(db.session(), member=member(ids, who))
    db.session.commit()
    return "left"


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_two_owners_who_leave_at_once_leave_one(crowded, rounds):
    app, ids = crowded
    for _ in range(rounds):
        with app.app_context():
            two_owners(ids)
        ends = at_once(app, [lambda who=who: walk_out(ids, who) for who in ("olga", "adam")])
        with app.app_context():
            assert owners(ids) == 1
        assert ends.count("left") == 1 and sum(isinstance(end, Conflict) for end in ends) == 1


def test_an_owner_can_not_hand_over_twice_at_once(crowded):
    app, ids = crowded

    def hand_over(who):
        by, to = member(ids, "olga"), db.session.get_one(Membership, (ids["organization"], ids[who]))
        transfer_ownership(db.session(), to=to, by=by)
        db.session.commit()
        return "done"

    for _ in range(5):
        with app.app_context():
            two_owners(ids)
            for who, role in (("adam", "admin"), ("mona", "manager"), ("max", "member")):
                member(ids, who).role = role
            db.session.commit()
            db.session.remove()
        ends = at_once(app, [lambda who=who: hand_over(who) for who in ("mona", "max")])
        with app.app_context():
            assert ends.count("done") == 1 and owners(ids) == 1
