"""A list as its address says it: filters, order and place are all in the URL, and every link is an address too."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Generic

from flask import request, url_for
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from crm.contacts.lists import Cursor, Page, Record, Shown, count_without_filters, orders, page_of
from crm.contacts.rules import STATUSES
from crm.database import db
from crm.organizations.models import Membership
from crm.organizations.queries import members_of
from crm.sessions import current

LONGEST_TEXT = 100
HIGHEST = 2**63 - 1


@dataclass(frozen=True)
class Listing(Generic[Record]):
    """One list on screen, and the addresses of its neighbours."""

    endpoint: str
    model: type[Record]
    shown: Shown
    page: Page[Record]

    def url(self, **changes: Any) -> str:
        """The first page of this list with other filters or another order."""
        return url_for(self.endpoint, **said(replace(self.shown, **changes)))

    def sorted_by(self, name: str) -> str:
        """The same list in that order; a second time turns it."""
        return self.url(sort=name, falling=self.shown.sort == name and not self.shown.falling)

    def direction(self, name: str) -> str | None:
        """What aria-sort says of the column."""
        return ("descending" if self.shown.falling else "ascending") if self.shown.sort == name else None

    def toggled(self, status: str) -> str:
        chosen = self.shown.statuses
        rest = tuple(one for one in STATUSES if (one in chosen) != (one == status))
        return self.url(statuses=rest)

    @property
    def statuses(self) -> tuple[str, ...]:
        """All that can be chosen."""
        return STATUSES

    @property
    def later_url(self) -> str | None:
        page = self.page
        return self.at(after=page.last) if page.later and page.last else None

    @property
    def earlier_url(self) -> str | None:
        page = self.page
        return self.at(before=page.first) if page.earlier and page.first else None

    def at(self, **place: Cursor) -> str:
        return url_for(self.endpoint, **said(self.shown) | {way: written(one) for way, one in place.items()})

    @property
    def hidden(self) -> list[tuple[str, Any]]:
        """What the search form sends besides its text, so that searching keeps the filters."""
        pairs = said(replace(self.shown, text=""))
        return [(name, one) for name, value in pairs.items() for one in (value if name == "status" else [value])]

    @cached_property
    def people(self) -> list[Membership]:
        """Who can be chosen as the owner."""
        return list(db.session.scalars(members_of(current.member)))

    @property
    def owner_name(self) -> str:
        names = {one.user_id: one.name for one in self.people}
        return names.get(self.shown.owner_id or 0, "?")

    @cached_property
    def without_filters(self) -> int:
        return count_without_filters(db.session(), current.member, self.model)


def listing(endpoint: str, model: type[Record]) -> Listing[Record]:
    """The list that this request's address asks for."""
    shown = read(request.args, orders(model))
    page = page_of(db.session(), current.member, model, shown, read_place(request.args, shown))
    return Listing(endpoint, model, shown, page)


def read(args: MultiDict[str, str], sorts: Iterable[str]) -> Shown:
    """The filters and the order that an address names; what it can't mean is left out."""
    sort, owner = args.get("sort", ""), args.get("owner", "")
    return Shown(
        text=" ".join(args.get("q", "").replace("\x00", "").split())[:LONGEST_TEXT],
        statuses=tuple(status for status in STATUSES if status in args.getlist("status")),
        owner_id=int(owner) if owner.isascii() and owner.isdecimal() and len(owner) < 19 else None,
        archived=args.get("archived") == "1",
        sort=sort.removeprefix("-") if sort.removeprefix("-") in sorts else "name",
        falling=sort.startswith("-") and sort[1:] in sorts,
    )


def said(shown: Shown) -> dict[str, Any]:
    """The parameters of an address that say this; what goes without saying is left out."""
    order = ("-" if shown.falling else "") + shown.sort
    pairs = {
        "q": shown.text,
        "status": list(shown.statuses),
        "owner": shown.owner_id,
        "archived": 1 if shown.archived else None,
        "sort": None if order == "name" else order,
    }
    return {name: value for name, value in pairs.items() if value}


def written(cursor: Cursor) -> str:
    """The cursor as a word in an address."""
    value = cursor.value.isoformat() if isinstance(cursor.value, datetime) else cursor.value
    return base64.urlsafe_b64encode(json.dumps([value, cursor.id]).encode()).decode().rstrip("=")


def read_place(args: MultiDict[str, str], shown: Shown) -> Cursor | None:
    """The cursor in the address; None, which is the first page, when it makes no sense."""
    way = "after" if "after" in args else "before"
    text = args.get(way, "")
    try:
        value, number = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        place = datetime.fromisoformat(value) if shown.sort == "created" else str(value)
        if b"\0" in str(place).encode() or not (isinstance(number, int) and 0 <= number <= HIGHEST):
            return None
    except (ValueError, TypeError, RecursionError, binascii.Error):
        return None
    return Cursor(place, number, backwards=way == "before")


def offered(words: Iterable[str]) -> Markup:
    """What a datalist offers."""
    return Markup("\n").join(Markup('<option value="{}"></option>').format(one) for one in words)
