"""What a deal's values must be, and how the timeline tells a change of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from crm.errors import Invalid
from crm.organizations.rules import CHOOSE, currencies

if TYPE_CHECKING:
    from crm.deals.models import Deal
    from crm.organizations.models import Membership

HIGHEST = Decimal("999999999999.99")
KINDS = {"owner_id": "owner_changed", "expected_close_date": "close_date_changed"}
PRICE = ("amount", "currency")


def check_values(deal: Deal, values: dict[str, Any]) -> None:
    """Rules about the values themselves. Raises Invalid at the field."""
    amount = values.get("amount", deal.amount)
    if amount is None or not Decimal(0) <= amount <= HIGHEST:
        raise Invalid("Use an amount between 0 and 999,999,999,999.99.", field="amount")
    if amount == 0 and deal.status == "won":
        raise Invalid("A won deal needs an amount above zero.", field="amount", code="WON_NEEDS_AMOUNT")
    if "title" in values and not (values["title"] or "").strip():
        raise Invalid("Give the deal a title.", field="title")


def check_currency(values: dict[str, Any], by: Membership) -> None:
    """Raises Invalid unless it is the organization's own or legal tender somewhere; it needs no rate."""
    if "currency" in values and values["currency"] not in {by.organization.currency, *currencies()}:
        raise Invalid(CHOOSE, field="currency")


def record_changes(deal: Deal, changed: dict[str, tuple[Any, Any]], by: Membership) -> None:
    """One activity for the amount with its currency, one each for owner and close date, one for all the rest."""
    if changed.keys() & set(PRICE):
        record_price(deal, changed, by)
    for name, kind in KINDS.items():
        if name in changed:
            old, new = changed[name]
            deal.record(kind, by=by, old=told(old), new=told(new))
    if rest := {name: [told(old), told(new)] for name, (old, new) in changed.items() if name not in (*KINDS, *PRICE)}:
        deal.record("system", by=by, event="edited", changed=rest)


def record_price(deal: Deal, changed: dict[str, tuple[Any, Any]], by: Membership) -> None:
    """Old and new amount; `old_currency` only when the currency is another one, and the amount may be the same."""
    old, new = changed.get("amount", (deal.amount, deal.amount))
    more = {"old_currency": changed["currency"][0]} if "currency" in changed else {}
    deal.record("amount_changed", by=by, old=told(old), new=told(new), currency=deal.currency, **more)


def told(value: Any) -> Any:
    """A value as the timeline keeps it: money and dates as text, never as floating point."""
    return value if value is None or isinstance(value, int | str) else str(value)
