"""The organization's list of why deals are lost."""

from __future__ import annotations

import pytest

from crm.errors import Conflict, Forbidden, Invalid
from crm.pipelines.queries import lost_reason_of, lost_reasons_of
from crm.pipelines.reasons import add_lost_reason, change_lost_reason, delete_lost_reason, order_lost_reasons

FIRST = ["Price", "Chose a competitor", "No budget", "No answer", "Other"]


def reasons(world):
    world.session.flush()
    return list(world.session.scalars(lost_reasons_of(world.olga)))


def names(world):
    return [reason.name for reason in reasons(world)]


def lose(world, reason):
    world.deal.lose(by=world.olga, filled={"lost_reason_id": reason.id, "lost_note": "So it was"})
    world.session.flush()


@pytest.mark.parametrize("who", ["olga", "adam"])
def test_owners_and_admins_add_change_order_and_delete(world, who):
    by, session = getattr(world, who), world.session
    added = add_lost_reason(session, " Bad  timing", asks_note=True, by=by)
    assert names(world) == [*FIRST, "Bad timing"] and added.asks_note
    change_lost_reason(session, added, {"name": "Timing", "asks_note": False}, by=by)
    order_lost_reasons(session, [reason.id for reason in reversed(reasons(world))], by=by)
    assert names(world) == ["Timing", *reversed(FIRST)] and not added.asks_note
    delete_lost_reason(session, added, by=by)
    assert names(world) == FIRST[::-1]


@pytest.mark.parametrize("who", ["mona", "max", "lena", "vera"])
def test_others_do_not(world, who):
    by, session, (first, *_) = getattr(world, who), world.session, reasons(world)
    acts = (
        lambda: add_lost_reason(session, "New", by=by),
        lambda: change_lost_reason(session, first, {"name": "New"}, by=by),
        lambda: order_lost_reasons(session, [reason.id for reason in reasons(world)], by=by),
        lambda: delete_lost_reason(session, first, by=by),
    )
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    assert names(world) == FIRST


@pytest.mark.parametrize("name", ["", " ", "\x00", None, "n" * 61])
def test_a_reason_needs_a_short_name(world, name):
    first = reasons(world)[0]
    for act in (
        lambda: add_lost_reason(world.session, name, by=world.olga),
        lambda: change_lost_reason(world.session, first, {"name": name}, by=world.olga),
    ):
        with pytest.raises(Invalid) as refusal:
            act()
        assert list(refusal.value.errors) == ["name"]


def test_a_name_is_taken_whatever_its_capitals(world):
    first, second, *_ = reasons(world)
    for act in (
        lambda: add_lost_reason(world.session, "pRICE", by=world.olga),
        lambda: change_lost_reason(world.session, second, {"name": "pRICE"}, by=world.olga),
    ):
        with pytest.raises(Conflict) as refusal:
            act()
        assert refusal.value.code == "NAME_TAKEN"
    change_lost_reason(world.session, first, {"name": "PRICE"}, by=world.olga)
    assert names(world)[0] == "PRICE"


def test_a_change_of_the_note_alone_keeps_the_name(world):
    first = reasons(world)[0]
    change_lost_reason(world.session, first, {"asks_note": True}, by=world.olga)
    assert (first.name, first.asks_note) == ("Price", True)


@pytest.mark.parametrize("wrong", ["missing", "twice", "foreign"])
def test_an_order_names_each_reason_once(world, wrong):
    ids = [reason.id for reason in reasons(world)]
    sent = {"missing": ids[1:], "twice": [*ids[1:], ids[1]], "foreign": [*ids[1:], 999_999]}[wrong]
    with pytest.raises(Invalid):
        order_lost_reasons(world.session, sent, by=world.olga)
    assert names(world) == FIRST


def test_a_reason_that_deals_have_stays(world):
    first, second, *_ = reasons(world)
    lose(world, first)
    with pytest.raises(Conflict) as refusal:
        delete_lost_reason(world.session, first, by=world.olga)
    assert (refusal.value.code, refusal.value.values) == ("REASON_IN_USE", {"count": 1})
    delete_lost_reason(world.session, second, by=world.olga)
    assert "Price" in names(world) and "Chose a competitor" not in names(world)


def test_the_last_reason_stays_while_losing_asks_for_one(world):
    *rest, last = reasons(world)
    for reason in rest:
        delete_lost_reason(world.session, reason, by=world.olga)
    with pytest.raises(Conflict) as refusal:
        delete_lost_reason(world.session, last, by=world.olga)
    assert refusal.value.code == "REASON_NEEDED"
    world.acme.change({"lost_reason_required": False}, by=world.olga)
    delete_lost_reason(world.session, last, by=world.olga)
    assert names(world) == []


def test_a_reason_that_wants_a_note_asks_for_one(world):
    reason = add_lost_reason(world.session, "Something else", asks_note=True, by=world.olga)
    with pytest.raises(Invalid) as refusal:
        world.deal.lose(by=world.max, filled={"lost_reason_id": reason.id})
    assert list(refusal.value.errors) == ["lost_note"]
    lose(world, reason)
    assert world.deal.status == "lost"


def test_another_organizations_reason_is_not_found(world):
    mine = reasons(world)[0]
    assert world.session.scalar(lost_reason_of(world.olga, mine.id)) is mine
    world.in_bolt()
    assert world.session.scalar(lost_reason_of(world.ruslan, mine.id)) is None
