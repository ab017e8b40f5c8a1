"""In which order the cards of a column stand: by one whole number each, rising from the top, then by their ids."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    and_,
    bindparam,
    func,
    literal,
    or_,
    type_coerce,
)

from crm.board.filters import OWN, Filter
from crm.deals.models import Deal
from crm.deals.money import worth
from crm.deals.queries import NEVER
from crm.pipelines.models import Stage

EPOCH = literal(date(1, 1, 1), Date)
RANKS = 2**63
LARGEST = 10**29
AFTER_ALL_AMOUNTS = 1


def is_placed(shown: Filter) -> bool:
    """Whether people put the cards in their order; else the order says where a card stands."""
    return (shown.sort, shown.group) == ("order", "stage")


def sort_key(shape: Filter) -> ColumnElement[Any]:
    """The number. Needs the stage joined."""
    if is_placed(shape):
        return Deal.__table__.c.rank
    return {"order": staged, "next_step": stepped, "amount": valued, "age": aged}[shape.sort]()


def staged() -> ColumnElement[Any]:
    """Where deals of several stages stand together: stage after stage, in each the order that people gave it."""
    return Stage.position * literal(2 * RANKS, Numeric) + Deal.rank


def stepped() -> ColumnElement[Any]:
    """The next step that is due first on top, those without one last."""
    return type_coerce(func.coalesce(Deal.next_on, NEVER) - EPOCH, Integer)


def valued() -> ColumnElement[Any]:
    """The largest on top, by what they are worth at the organization's rates; those without a rate last."""
    return func.coalesce(-func.round(100 * worth(OWN)), AFTER_ALL_AMOUNTS)


def aged() -> ColumnElement[Any]:
    """Those that are in their stage for longest on top."""
    return func.extract("epoch", Deal.stage_entered_at) * 1_000_000


def downwards(shape: Filter) -> list[Any]:
    """What to order by; ranks are unique in their stage, which spares sorting."""
    return [sort_key(shape)] if is_placed(shape) else [sort_key(shape), Deal.id]


def below(shape: Filter) -> ColumnElement[bool]:
    """Further down than the card of the number `after` and the id `after_id`."""
    key = sort_key(shape)
    after = bindparam("after", type_=BigInteger if is_placed(shape) else Numeric)
    if is_placed(shape):
        return key > after
    return or_(key > after, and_(key == after, Deal.id > bindparam("after_id", type_=BigInteger)))


def top(shown: Filter) -> int:
    """A number before all others; its opposite is beyond all."""
    return -(RANKS if is_placed(shown) else LARGEST)
