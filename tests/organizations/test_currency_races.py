"""A rate is meant in the organization's currency: neither is set while the other changes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import delete, update

from crm.database import db, scope
from crm.deals.models import Deal
from crm.errors import Refused
from crm.organizations.currencies import Currency, add_currency
from crm.organizations.models import Membership
from tests.crowd import at_once, crowd


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, dict[str, int]]]:
    with crowd(request, "rates") as made:
        yield made


def olga(ids):
    scope(db.session(), organization_id=ids["organization"], user_id=ids["olga"])
    return db.session.get_one(Membership, (ids["organization"], ids["olga"]))


def begin_in_euros(ids):
    by = olga(ids)
    db.session.execute(delete(Currency))
    db.session.execute(update(Deal).values(currency="GBP"))
    by.organization.currency = "EUR"
    db.session.commit()
    db.session.remove()


def add_rate(ids):
    """In which currency it was meant."""
    by = olga(ids)
    seen = by.organization.currency
    add_currency(db.session(), "USD", Decimal("0.92"), by=by)
    db.session.commit()
    return seen


def change_currency(ids):
    by = olga(ids)
    by.organization.change({"currency": "GBP"}, by=by)
    db.session.commit()
    return "done"


def rate_and_currency(ids):
    by = olga(ids)
    found = (bool(db.session.query(Currency).count()), by.organization.currency)
    db.session.remove()
    return found


def test_a_rate_never_outlives_the_currency_it_is_meant_in(crowded):
    """Either the rate is there and its currency stays, or the currency is another one and the rate is refused."""
    app, ids = crowded
    for _ in range(20):
        with app.app_context():
            begin_in_euros(ids)
        ends = at_once(app, [lambda: add_rate(ids), lambda: change_currency(ids)])
        with app.app_context():
            has_rate, currency = rate_and_currency(ids)
        assert currency == ends[0] if has_rate else isinstance(ends[0], Refused), (ends, currency)
        assert currency == ("GBP" if ends[1] == "done" else "EUR"), (ends, currency)


def test_a_currency_added_twice_at_once_is_there_once(crowded):
    app, ids = crowded
    for _ in range(5):
        with app.app_context():
            begin_in_euros(ids)
        ends = at_once(app, [lambda: add_rate(ids)] * 2)
        assert ends.count("EUR") == 1 and sum(isinstance(end, Refused) for end in ends) == 1, ends
