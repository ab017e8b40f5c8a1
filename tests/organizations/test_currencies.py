"""Currencies and their rates: who may change them, and what a rate may be."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from crm.errors import Conflict, Forbidden, Invalid
from crm.organizations.currencies import add_currency
from crm.organizations.queries import currencies_of, currency_of

RATE = Decimal("0.92")


def codes(world):
    return [one.code for one in world.session.scalars(currencies_of(world.olga))]


@pytest.fixture
def dollars(world):
    return add_currency(world.session, "USD", RATE, by=world.olga)


@pytest.mark.parametrize("who", ["olga", "adam"])
def test_owners_and_admins_add_change_and_delete_a_rate(world, who):
    by = getattr(world, who)
    made = add_currency(world.session, "GBP", Decimal("1.17"), by=by)
    made.change_rate(Decimal("1.18"), by=by)
    world.session.flush()
    assert (codes(world), made.rate, made.version) == (["GBP"], Decimal("1.18"), 2)
    made.delete(by=by)
    assert codes(world) == []


@pytest.mark.parametrize("who", ["mona", "max", "lena", "vera"])
def test_others_change_no_rate(world, dollars, who):
    by = getattr(world, who)
    acts = (
        lambda: add_currency(world.session, "GBP", RATE, by=by),
        lambda: dollars.change_rate(Decimal(1), by=by),
        lambda: dollars.delete(by=by),
    )
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    assert (codes(world), dollars.rate) == (["USD"], RATE)


@pytest.mark.parametrize("code", ["DEM", "usd", "XXX", "", "EUR"])
def test_only_a_tender_of_today_other_than_the_own_has_a_rate(world, code):
    with pytest.raises(Invalid) as refusal:
        add_currency(world.session, code, RATE, by=world.olga)
    assert list(refusal.value.errors) == ["code"]


@pytest.mark.parametrize("rate", ["0", "-1", "1000000000.00000001", "1000000001", "0.000000001", "NaN", "Infinity"])
def test_an_impossible_rate_is_refused(world, dollars, rate):
    for act in (dollars.change_rate, lambda rate, by: add_currency(world.session, "GBP", rate, by=by)):
        with pytest.raises(Invalid) as refusal:
            act(Decimal(rate), by=world.olga)
        assert list(refusal.value.errors) == ["rate"]


@pytest.mark.parametrize("rate", ["0.00000001", "1000000000", "1E+3", "0.920000000000"])
def test_the_smallest_and_the_highest_rate_are_kept_exactly(world, dollars, rate):
    dollars.change_rate(Decimal(rate), by=world.olga)
    world.session.flush()
    world.session.expire(dollars)
    assert dollars.rate == Decimal(rate)


def test_a_currency_is_there_once(world, dollars):
    with pytest.raises(Conflict) as refusal:
        add_currency(world.session, "USD", Decimal(2), by=world.adam)
    assert refusal.value.code == "CURRENCY_TAKEN"
    twice = "insert into currencies (organization_id, code, rate) values (:here, 'USD', 1)"
    with pytest.raises(IntegrityError):
        world.session.execute(text(twice), {"here": world.acme.id})


def test_a_stale_change_of_a_rate_is_a_conflict(world, dollars):
    with pytest.raises(Conflict):
        dollars.change_rate(Decimal(2), by=world.olga, version=dollars.version + 1)
    dollars.change_rate(Decimal(2), by=world.olga, version=dollars.version)
    assert dollars.rate == 2


def test_another_organization_has_rates_of_its_own(world, dollars):
    world.session.flush()
    world.in_bolt()
    add_currency(world.session, "USD", Decimal(3), by=world.ruslan)
    assert [one.rate for one in world.session.scalars(currencies_of(world.ruslan))] == [3]
    assert world.session.scalar(currency_of(world.ruslan, dollars.id)) is None
    assert world.session.scalar(text("select count(*) from currencies")) == 1


def test_the_own_currency_stays_while_there_are_rates(world, dollars):
    world.deal.currency = "GBP"
    world.session.flush()
    with pytest.raises(Conflict) as refusal:
        world.acme.change({"currency": "GBP"}, by=world.olga)
    assert refusal.value.message == "Remove the exchange rates first."
    world.acme.change({"currency": "EUR", "name": "Acme Ltd"}, by=world.olga)
    dollars.delete(by=world.olga)
    world.acme.change({"currency": "GBP"}, by=world.olga)
    assert world.acme.currency == "GBP"
