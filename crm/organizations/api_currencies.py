"""Currencies and their rates by program."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from crm.api.calls import if_match, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Page, Paged, Text, Versioned, number_of
from crm.database import db
from crm.hypermedia import one_or_404
from crm.organizations.currencies import HIGHEST_RATE, Currency, add_currency
from crm.organizations.queries import currencies_of, currency_of
from crm.organizations.shown import CurrencyShown
from crm.sessions import current
from crm.tenancy import names

currencies = Endpoints("currencies")
names("currency_id", currency_of)
ORDERS = {"code": Currency.__table__.c.code}
Rate = Annotated[
    Decimal,
    BeforeValidator(number_of),
    Field(
        le=HIGHEST_RATE,
        description="What one unit is worth in the organization's own currency; at most eight decimals.",
        examples=[1.0825],
        json_schema_extra={"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}]},
    ),
]


class RateFields(Versioned):
    rate: Rate


class RateChange(RateFields, partial=True):
    """What is left out stays as it is."""


class CurrencyFields(RateFields):
    code: Text = Field(max_length=10, description="ISO 4217.", examples=["USD"])


def found(currency_id: int) -> Currency:
    return one_or_404(currency_of(current.member, currency_id))


@currencies.get("/currencies", "records.view", gives=Page[CurrencyShown])
def index(query: Paged) -> Any:
    """List currencies with a rate, by code; the organization's own is not among them."""
    return page_of(currencies_of(current.member), query, ORDERS, Currency.id)


@currencies.post(
    "/currencies", "currencies.edit", gives=CurrencyShown, statuses={409: "This currency has its rate already."}
)
def add(body: CurrencyFields) -> Any:
    """Add a currency with its rate."""
    return saved(add_currency(db.session(), body.code, body.rate, by=current.member))


@currencies.get("/currencies/<int:currency_id>", "records.view", gives=CurrencyShown)
def show(currency_id: int) -> Currency:
    """Get a currency."""
    return found(currency_id)


@currencies.put("/currencies/<int:currency_id>", "currencies.edit", gives=CurrencyShown, shows=show)
def replace(currency_id: int, body: RateFields) -> Any:
    """Set the rate of a currency."""
    return rated(found(currency_id), body)


@currencies.patch("/currencies/<int:currency_id>", "currencies.edit", gives=CurrencyShown, shows=show)
def change(currency_id: int, body: RateChange) -> Any:
    """Change the rate of a currency."""
    return rated(found(currency_id), body)


def rated(currency: Currency, body: RateFields) -> Any:
    currency.change_rate(body.given().get("rate", currency.rate), by=current.member, version=body.version)
    return saved(currency)


@currencies.delete("/currencies/<int:currency_id>", "currencies.edit", shows=show)
def delete(currency_id: int) -> Any:
    """Remove a currency: what deals have in it is shown apart from now on."""
    currency = found(currency_id)
    currency.expect(if_match())
    currency.delete(by=current.member)
    return saved(None)
