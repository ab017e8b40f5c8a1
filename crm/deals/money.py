"""What deals are worth in the organization's currency: the one expression behind every sum."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import ColumnElement, Numeric, Select, case, func, literal, select

from crm.database import Rows
from crm.deals.models import Deal
from crm.organizations.currencies import Currency
from crm.pipelines.models import Stage

PERCENT = literal(Decimal("0.01"), Numeric)
"""Divided by 100 PostgreSQL would keep some sixteen digits; multiplied it keeps them all."""


def worth(own: ColumnElement[str]) -> ColumnElement[Decimal | None]:
    """A deal's amount in `own`, the organization's currency; NULL when its currency has no rate.

    Exact: only a sum is rounded, once, where it is shown or leaves (`crm/rounding.py`). Needs no join.
    """
    here = (Currency.organization_id == Deal.organization_id, Currency.code == Deal.currency)
    rate = select(Currency.rate).where(*here).correlate(Deal).scalar_subquery()
    return case((Deal.currency == own, Deal.amount), else_=Deal.amount * rate)


def weighted(own: ColumnElement[str]) -> ColumnElement[Decimal | None]:
    """What it is worth times its own chance, else its stage's; exact. Needs the stage joined."""
    return worth(own) * func.coalesce(Deal.probability, Stage.probability) * PERCENT


def unconverted(deals: Select[Deal], own: ColumnElement[str]) -> Rows:
    """Of these deals those without a rate: currency, count and total_amount (in that currency), by currency.

    `deals` selects each deal once, in any order and without a limit.
    """
    apart = deals.where(worth(own).is_(None)).order_by(None)
    counted = apart.with_only_columns(
        Deal.currency, func.count().label("count"), func.sum(Deal.amount).label("total_amount")
    )
    return counted.group_by(Deal.currency).order_by(Deal.currency)
