"""Sums of money are exact until they are shown or leave: this is the one place where they are rounded."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

WIDE = Context(prec=100)


def rounded(amount: Decimal, places: int = 2) -> Decimal:
    """To so many decimals, half away from zero, as PostgreSQL rounds numeric."""
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, WIDE)
