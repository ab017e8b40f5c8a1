"""A board's address: all that is shown of it, read and written, so that a link is a view."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from crm.board.filters import CLOSES, GROUPS, ME, SORTS, Filter
from crm.deals.changes import HIGHEST
from crm.forms import amount

LONGEST_TEXT, MOST_IDS = 100, 50
Args = MultiDict[str, str]
T = TypeVar("T")


def read_filter(args: Args) -> Filter:
    """The filter, order and grouping that an address names; what it can't mean is left out."""
    return Filter(
        text=" ".join(args.get("q", "").replace("\x00", "").split())[:LONGEST_TEXT].strip(),
        owner_ids=numbers(["0" if one == "me" else one for one in args.getlist("owner") if one != "0"], lowest=ME),
        team_ids=numbers(args.getlist("team")),
        tag_ids=numbers(args.getlist("tag")),
        least=meant(money, args.get("min")),
        most=meant(money, args.get("max")),
        closes=one_of(CLOSES, args.get("closes"), ""),
        closes_from=meant(date.fromisoformat, args.get("from")),
        closes_to=meant(date.fromisoformat, args.get("to")),
        idle=args.get("next") == "none",
        rotting=args.get("rotting") == "1",
        sort=one_of(SORTS, args.get("sort"), SORTS[0]),
        group=one_of(GROUPS, args.get("group"), GROUPS[0]),
    )


@lru_cache(maxsize=4096)
def query_of(shown: Filter, **other: Any) -> str:
    """The part of an address that says this filter, with "?" in front when there is something to say."""
    said = urlencode(pairs_of(shown) + [(name, value) for name, value in other.items() if value])
    return "?" + said if said else ""


def pairs_of(shown: Filter) -> list[tuple[str, Any]]:
    """Names and values of an address that says this filter; of a form's hidden fields too."""
    told: dict[str, Any] = {
        "q": shown.text,
        "owner": tuple("me" if one == ME else one for one in shown.owner_ids),
        "team": shown.team_ids,
        "tag": shown.tag_ids,
        "min": written(shown.least),
        "max": written(shown.most),
        "closes": shown.closes,
        "from": shown.closes_from,
        "to": shown.closes_to,
        "next": "none" if shown.idle else None,
        "rotting": 1 if shown.rotting else None,
        "sort": shown.sort if shown.sort != SORTS[0] else None,
        "group": shown.group if shown.group != GROUPS[0] else None,
    }
    return [(name, one) for name, value in told.items() for one in several(value)]


def several(value: Any) -> tuple[Any, ...]:
    """All values of a name; none for what says nothing."""
    return value if isinstance(value, tuple) else (value,) if value else ()


def numbers(texts: list[str], *, lowest: int = 1) -> tuple[int, ...]:
    """Ids, each once and in order."""
    known = {int(one) for one in texts[:MOST_IDS] if one.isascii() and one.isdecimal() and len(one) < 18}
    return tuple(sorted(one for one in known if one >= lowest))


def one_of(known: tuple[str, ...], asked: str | None, otherwise: str) -> str:
    return asked if asked in known else otherwise


def meant(read: Callable[[str], T], text: str | None) -> T | None:
    try:
        return read(text.strip()) if text else None
    except ValueError:
        return None


def money(text: str) -> Decimal | None:
    number = amount(text)
    return number if 0 <= number <= HIGHEST else None


def written(number: Decimal | None) -> str:
    return "" if number is None else f"{number:.2f}".removesuffix(".00")
