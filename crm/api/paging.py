"""Lists by page, or from a cursor on: how deep one reads costs nothing then."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeAlias

from flask import request
from sqlalchemy import ColumnElement, Select, func, tuple_

from crm.api.schemas import HIGHEST_ID, Paged
from crm.cached import kept
from crm.database import db
from crm.errors import Invalid
from crm.sessions import current

Listed: TypeAlias = dict[str, Any]
Facts: TypeAlias = Mapping[str, Any] | None
READERS: dict[type, Callable[[str], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    Decimal: Decimal,
    int: int,
}
PLACE = {"page", "page_size", "cursor", "order_by", "order"}
WORDS = "This is no cursor of this list."


class Order(NamedTuple):
    """How a list is sorted: by a key that is never NULL, then by id."""

    name: str
    key: Any
    id: Any
    falling: bool

    @property
    def by(self) -> tuple[Any, Any]:
        return (self.key.desc(), self.id.desc()) if self.falling else (self.key, self.id)

    def beyond(self, place: tuple[Any, int]) -> ColumnElement[bool]:
        row = tuple_(self.key, self.id)
        return row < tuple_(*place) if self.falling else row > tuple_(*place)


def page_of(
    query: Select[Any], asked: Paged, orders: Mapping[str, Any], id: Any, *, told: bool = False, facts: Facts = None
) -> Listed:
    """The answer for a list. `orders` are what `asked.order_by` may name, none of them ever NULL.

    `told`: every change of the list leaves an activity or an audit entry, so its length is kept until there is one.
    `facts` are the values of the query's parameters.
    Raises Invalid at `cursor`.
    """
    name, falling = getattr(asked, "order_by", next(iter(orders))), getattr(asked, "order", "asc") == "desc"
    order = Order(name, orders[name], id, falling)
    rows = placed(query, asked, order).add_columns(order.key, order.id).limit(asked.page_size + 1)
    found = db.session.execute(rows, facts).unique().all()
    here, more = found[: asked.page_size], len(found) > asked.page_size
    return {
        "items": [row[0] for row in here],
        "total": length(query, asked, facts) if told else count(query, facts),
        "page": asked.page,
        "page_size": asked.page_size,
        "next_cursor": written(order, *here[-1][-2:]) if more else None,
    }


def placed(query: Select[Any], asked: Paged, order: Order) -> Select[Any]:
    """The rows in their order, from where they are asked for."""
    ordered = query.order_by(None).order_by(*order.by)
    if asked.cursor is None:
        return ordered.offset((asked.page - 1) * asked.page_size)
    return ordered.where(order.beyond(read(asked.cursor, order)))


def length(query: Select[Any], asked: Paged, facts: Facts = None) -> int:
    """How many rows there are in all, for whoever sees the same and asks the same."""
    member = current.member
    filters = asked.model_dump_json(exclude=PLACE)
    key = ("length", request.path, filters, member.sees)
    return kept(db.session(), member.organization_id, key, lambda: count(query, facts))


def count(query: Select[Any], facts: Facts = None) -> int:
    """How many rows there are in all."""
    plain = query.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    return db.session.scalar(plain, facts) or 0


def written(order: Order, value: Any, id: int) -> str:
    """A place in a list, as a word."""
    said = value.isoformat() if isinstance(value, date) else str(value)
    return base64.urlsafe_b64encode(json.dumps([order.name, order.falling, said, id]).encode()).decode().rstrip("=")


def read(cursor: str, order: Order) -> tuple[Any, int]:
    """The value and id after which the page begins. Raises Invalid for another list's cursor, or none at all."""
    try:
        name, falling, value, id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = READERS.get(order.key.type.python_type, str)(value)
        if [name, falling] != [order.name, order.falling] or not (type(id) is int and 0 < id <= HIGHEST_ID):
            raise ValueError
        if (isinstance(place, int) and abs(place) > HIGHEST_ID) or "\x00" in value:
            raise ValueError
    except (ValueError, TypeError, RecursionError, InvalidOperation, binascii.Error):
        raise Invalid(WORDS, field="cursor") from None
    return place, id
