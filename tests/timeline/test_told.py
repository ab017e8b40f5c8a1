"""Activities are written by the flush of what they tell of, in its transaction, in order; else they never were."""

from __future__ import annotations

from sqlalchemy import select

from crm.timeline.models import Activity
from tests.world import World


def told(world: World) -> list[str]:
    """What was recorded with a note, oldest first."""
    notes = Activity.payload["note"].astext
    return list(world.session.scalars(select(notes).where(notes.is_not(None)).order_by(Activity.id)))


def record(world: World, *notes: str) -> None:
    for note in notes:
        world.deal.record("system", by=world.max, note=note)


def test_it_is_there_for_the_next_question_though_nothing_else_changed(world):
    version = world.deal.version
    record(world, "alone")
    assert told(world) == ["alone"]
    world.session.refresh(world.deal)
    assert world.deal.version == version


def test_many_are_told_in_their_order_in_one_statement(world):
    notes = [str(number) for number in range(50)]
    record(world, *notes)
    world.contact.record("system", by=None, note="of another")
    assert told(world) == [*notes, "of another"]


def test_a_commit_writes_it_once(world):
    record(world, "once")
    world.session.commit()
    world.deal.change({"title": "Renamed"}, by=world.olga)
    world.session.commit()
    assert told(world) == ["once"]


def test_what_is_rolled_back_is_told_by_no_later_flush(world):
    record(world, "never")
    world.session.rollback()
    world.deal.change({"title": "Renamed"}, by=world.olga)
    assert told(world) == []


def test_what_is_rolled_back_to_a_savepoint_is_forgotten_and_what_was_before_stays(world):
    record(world, "before")
    inner = world.session.begin_nested()
    record(world, "within")
    inner.rollback()
    record(world, "after")
    assert told(world) == ["before", "after"]


def test_a_record_that_is_deleted_with_it_takes_it_along(world):
    deal = world.another_deal("Gone")
    deal.record("system", by=world.max, note="gone")
    record(world, "stays")
    world.session.delete(deal)
    assert told(world) == ["stays"]


def test_a_deal_that_is_just_being_opened_has_its_number_in_it(world):
    deal = world.another_deal("New")
    kinds = select(Activity.type, Activity.actor_id).where(Activity.deal_id == deal.id)
    assert world.session.execute(kinds).all() == [("deal_created", world.max.user_id)]
