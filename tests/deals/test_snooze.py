"""Snoozing: a quiet deal is left in peace until a day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.board.filters import in_stage, rots
from crm.deals.models import Deal
from crm.errors import Forbidden, Invalid, Stale
from crm.pipelines.models import Stage
from crm.timeline.models import Activity


@pytest.fixture
def today(world):
    return world.max.today()


@pytest.fixture
def quiet(world):
    """A deal that rots: forty days without news, no next step."""
    deal = world.another_deal("Quiet")
    world.session.flush()
    deal.stage_entered_at = datetime.now(UTC) - timedelta(days=40)
    world.session.flush()
    return deal


def rotting(world, deal, today):
    query = select(Deal.id).join(Stage, in_stage()).where(Deal.id == deal.id, rots(today))
    return world.session.scalar(query) == deal.id


def test_a_snoozed_deal_does_not_rot_until_its_day(world, quiet, today):
    assert rotting(world, quiet, today)
    quiet.snooze(today + timedelta(days=2), by=world.max)
    world.session.flush()
    assert not rotting(world, quiet, today) and not rotting(world, quiet, today + timedelta(days=1))
    assert rotting(world, quiet, today + timedelta(days=2)), "on the day itself it is awake"


def test_waking_it_lets_it_rot_again(world, quiet, today):
    quiet.snooze(today + timedelta(days=30), by=world.max)
    quiet.snooze(None, by=world.max)
    world.session.flush()
    assert rotting(world, quiet, today)


@pytest.mark.parametrize("days", [0, -1])
def test_today_or_earlier_is_refused(world, today, days):
    with pytest.raises(Invalid) as refusal:
        world.deal.snooze(today + timedelta(days=days), by=world.max)
    assert "until" in refusal.value.errors and world.deal.snoozed_until is None


def test_today_is_the_persons_own(world, monkeypatch):
    monkeypatch.setattr(
        type(world.max), "today", lambda self: date(2031, 5, 1) if self is world.max else date(2031, 5, 2)
    )
    world.deal.snooze(date(2031, 5, 2), by=world.max)
    with pytest.raises(Invalid):
        world.deal.snooze(date(2031, 5, 2), by=world.mona)


def test_the_timeline_tells_it_once(world, today):
    until = today + timedelta(days=7)
    for _ in range(2):
        world.deal.snooze(until, by=world.max)
    world.session.flush()
    told = world.session.scalars(select(Activity.payload).where(Activity.payload["event"].astext == "snoozed")).all()
    assert told == [{"event": "snoozed", "until": until.isoformat()}]


def test_somebody_elses_deal_is_not_snoozed(world, today):
    for who in (world.lena, world.mona):  # the team's lead, a manager
        world.deal.snooze(today + timedelta(days=3), by=who)
    foreign = world.another_deal("Mona's", by=world.mona)
    for who in (world.max, world.vera):
        with pytest.raises(Forbidden):
            foreign.snooze(today + timedelta(days=3), by=who)


def test_a_stale_snooze_is_refused(world, today):
    with pytest.raises(Stale):
        world.deal.snooze(today + timedelta(days=1), by=world.max, version=world.deal.version + 1)


def test_programs_snooze_and_wake(api, world, today):
    max_, path = api.as_(world.max), f"/deals/{world.deal.id}"
    until = (today + timedelta(days=1)).isoformat()
    snoozed = max_.post(f"{path}/snooze", {"until": until})
    assert (snoozed.status_code, snoozed.json["snoozed_until"]) == (200, until)
    assert max_.get(path).json["snoozed_until"] == until
    late = max_.post(f"{path}/snooze", {"until": today.isoformat()})
    assert late.status_code == 400 and list(late.json["errors"]) == ["until"]
    assert (
        max_.post(f"{path}/snooze", {"until": None, "version": snoozed.json["version"]}).json["snoozed_until"] is None
    )
    assert max_.post(f"{path}/snooze", {"until": until, "version": 1}).status_code == 409
    assert max_.post(f"{path}/snooze", {}).status_code == 400
