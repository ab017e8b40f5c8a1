"""One record is given to a colleague: by whom, and to whom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from crm.errors import Conflict, Forbidden, Invalid
from crm.timeline.models import Activity

KINDS = ("deal", "contact", "company")
pytestmark = pytest.mark.parametrize("kind", KINDS)


def owner_of(world, record):
    world.session.flush()
    world.session.expire(record)
    return record.owner_id


@pytest.mark.parametrize("who", ["olga", "adam", "mona"])
def test_a_manager_and_above_give_to_anybody_who_works(world, kind, who):
    record, old = getattr(world, kind), world.max.user_id
    record.assign(world.adam, by=getattr(world, who))
    assert owner_of(world, record) == world.adam.user_id
    mine = select(Activity.payload).where(getattr(Activity, record.timeline_key) == record.id)
    told = world.session.scalars(mine.where(Activity.type == "owner_changed")).all()
    assert told == [{"old": old, "new": world.adam.user_id}]


def test_a_lead_gives_within_the_own_teams_only(world, kind):
    record = getattr(world, kind)
    with pytest.raises(Invalid):
        record.assign(world.mona, by=world.lena)
    assert owner_of(world, record) == world.max.user_id
    record.assign(world.lena, by=world.lena)
    record.assign(world.max, by=world.lena)
    theirs = getattr(world.book_of(world.mona), kind)
    with pytest.raises(Forbidden):
        theirs.assign(world.max, by=world.lena)


@pytest.mark.parametrize("who", ["max", "vera"])
def test_who_leads_no_team_gives_nothing(world, kind, who):
    with pytest.raises(Forbidden):
        getattr(world, kind).assign(world.lena, by=getattr(world, who))


@pytest.mark.parametrize("to", ["vera", "ruslan", "ended"])
def test_viewers_strangers_and_who_left_get_nothing(world, kind, to):
    if to == "ended":
        world.adam.ended_at = datetime.now(UTC)
        world.session.flush()
    record, receiver = getattr(world, kind), world.adam if to == "ended" else getattr(world, to)
    with pytest.raises(Invalid) as refusal:
        record.assign(receiver, by=world.olga)
    assert list(refusal.value.errors) == ["owner_id"] and owner_of(world, record) == world.max.user_id


def test_a_stale_version_is_a_conflict(world, kind):
    record = getattr(world, kind)
    with pytest.raises(Conflict):
        record.assign(world.mona, by=world.olga, version=record.version + 1)


def test_who_has_it_already_gets_it_without_a_word(world, kind):
    record = getattr(world, kind)
    before = record.version
    record.assign(world.max, by=world.olga)
    assert owner_of(world, record) == world.max.user_id and record.version == before
