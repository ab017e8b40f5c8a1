"""How far somebody has heard: a position is a database snapshot, which names the transactions that had ended.

Every note carries the snapshot in which it was written, in which its own transaction has not ended; every page carries
the one before its first look. Notes are told in the order of commits, so whoever heard a note, or has that page, knows
all that its snapshot sees. What it doesn't see is asked for. The newest id can't say this: a row with a lower id may be
committed after one with a higher.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, String, and_, cast, func, literal, not_, select
from sqlalchemy.types import UserDefinedType

LONGEST = 1200
SHAPE = re.compile(r"([0-9]{1,19}):([0-9]{1,19}):((?:[0-9]{1,19}(?:,[0-9]{1,19})*)?)")


class Snapshot(UserDefinedType[str]):
    """PostgreSQL's own type: xmin:xmax:those between that had not ended."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "pg_snapshot"


class Transaction(UserDefinedType[str]):
    """The number of a transaction, 64 bits."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


NOW: ColumnElement[str] = cast(func.pg_current_snapshot(), String)
"""The position of the statement in which it stands."""


def position(said: str) -> str | None:
    """The position that a browser names, or None for what no snapshot can be."""
    found = SHAPE.fullmatch(said[:LONGEST])
    if not found:
        return None
    oldest, next_one, open_ones = int(found[1]), int(found[2]), [int(one) for one in found[3].split(",") if one]
    inside = all(oldest <= one < next_one for one in open_ones)
    ordered = all(one < other for one, other in pairwise(open_ones))
    return said if 0 < oldest <= next_one < 2**63 and inside and ordered else None


def unseen(txid: Any, place: str) -> ColumnElement[bool]:
    """Rows of transactions that the snapshot doesn't see. The comparison finds the few by index."""
    snapshot = cast(literal(place, String), Snapshot())
    oldest = cast(cast(func.pg_snapshot_xmin(snapshot), String), BigInteger)
    number = cast(cast(txid, String), Transaction())
    return and_(txid >= oldest, not_(func.pg_visible_in_snapshot(number, snapshot, type_=Boolean)))


def is_ahead(place: str) -> Any:
    """Whether the position lies in the future: then it is another cluster's, from before a restored backup."""
    mine, theirs = func.pg_current_snapshot(), cast(literal(place, String), Snapshot())
    return select(func.pg_snapshot_xmax(theirs) > func.pg_snapshot_xmax(mine))
