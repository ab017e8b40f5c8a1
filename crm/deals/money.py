"""A deal's money in the organization's currency: the one expression behind every sum."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import ColumnElement, case, func

from crm.deals.models import Deal
from crm.pipelines.models import Stage


def worth(own: ColumnElement[str]) -> ColumnElement[Decimal | None]:
    """The deal's amount in the currency `own`; NULL without a rate. Needs no join."""
    return case((Deal.currency == own, Deal.amount))


def weighted(own: ColumnElement[str]) -> ColumnElement[Decimal | None]:
    """The same times the chance to win, the deal's own or its stage's. Needs Stage joined."""
    return worth(own) * func.coalesce(Deal.probability, Stage.probability) / 100
