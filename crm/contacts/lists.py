"""A long list read page by page: which records, in what order, from which row on. No page numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session, joinedload

from crm.accounts.models import User
from crm.contacts.models import Company, Contact
from crm.contacts.queries import company_matches, contact_matches, seen_by
from crm.organizations.models import Membership

PAGE = 50
Record = TypeVar("Record", Company, Contact)


@dataclass(frozen=True)
class Shown:
    """What a list shows. `owner_id` is a user id; `archived` adds the archived ones; `falling` turns the order."""

    text: str = ""
    statuses: tuple[str, ...] = ()
    owner_id: int | None = None
    archived: bool = False
    sort: str = "name"
    falling: bool = False

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.statuses or self.owner_id is not None)


@dataclass(frozen=True)
class Cursor:
    """The row from which on the list is read: its value in the order, its id, and which way."""

    value: str | datetime
    id: int
    backwards: bool = False


@dataclass(frozen=True)
class Page(Generic[Record]):
    """Some rows of a list; `start` is the place of the first one, counted from 1."""

    rows: list[Record]
    total: int
    start: int = 0
    first: Cursor | None = None
    last: Cursor | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.rows) - 1

    @property
    def earlier(self) -> bool:
        return self.start > 1

    @property
    def later(self) -> bool:
        return self.end < self.total


def orders(model: type[Record]) -> dict[str, ColumnElement[Any]]:
    """What the list can be sorted by; never NULL, so that every row has its place."""
    known = {
        "name": func.lower(model.name),
        "owner": func.coalesce(func.lower(User.name), ""),
        "created": model.__table__.c.created_at,
    }
    return known | ({"company": func.coalesce(func.lower(Company.name), "")} if model is Contact else {})


def listed(member: Membership, model: type[Record], shown: Shown) -> Select[Record]:
    """Every record that the member may see and the filters let through."""
    query = select(model).outerjoin(User, User.id == model.owner_id)
    query = query.where(seen_by(member, model))
    if model is Contact:
        at = and_(Company.organization_id == Contact.organization_id, Company.id == Contact.company_id)
        query = query.outerjoin(Company, at)
    if shown.text:
        query = query.where((contact_matches if model is Contact else company_matches)(shown.text))
    if shown.statuses and model is Contact:
        query = query.where(Contact.status.in_(shown.statuses))
    if shown.owner_id is not None:
        query = query.where(model.owner_id == shown.owner_id)
    return query if shown.archived else query.where(model.archived_at.is_(None))


def page_of(
    session: Session, member: Membership, model: type[Record], shown: Shown, cursor: Cursor | None = None
) -> Page[Record]:
    """The rows after (or before) the cursor. When nothing is left there, the first page."""
    found = list(session.execute(rows_from(member, model, shown, cursor)))
    if not found and cursor:
        return page_of(session, member, model, shown)
    if cursor and cursor.backwards:
        found.reverse()
    if not found:
        return Page([], 0)
    first, last = (Cursor(row[1], row[0].id) for row in (found[0], found[-1]))
    total, ahead = session.execute(counted(member, model, shown, first)).one()
    return Page([row[0] for row in found], total, ahead + 1, first, last)


def rows_from(member: Membership, model: type[Record], shown: Shown, cursor: Cursor | None) -> Select[Record, Any]:
    key = orders(model)[shown.sort]
    falling = shown.falling != bool(cursor and cursor.backwards)
    query = listed(member, model, shown).add_columns(key)
    if cursor:
        query = query.where(beyond(key, model.id, cursor, falling))
    options = [joinedload(model.owner)] + ([joinedload(Contact.company)] if model is Contact else [])
    order = [key.desc(), model.id.desc()] if falling else [key, model.id]
    return query.options(*options).order_by(*order).limit(PAGE)


def counted(member: Membership, model: type[Record], shown: Shown, first: Cursor) -> Select[int, int]:
    """How many there are, and how many stand before the first row of the page."""
    key = orders(model)[shown.sort]
    places = listed(member, model, shown).with_only_columns(key.label("key"), model.id.label("id")).subquery()
    ahead = beyond(places.c.key, places.c.id, first, not shown.falling)
    return select(func.count(), func.count().filter(ahead)).select_from(places)


def beyond(key: Any, id: Any, cursor: Cursor, falling: bool) -> ColumnElement[bool]:
    """Rows past the cursor in a rising or falling order."""
    row, place = tuple_(key, id), tuple_(cursor.value, cursor.id)
    return row < place if falling else row > place


def count_without_filters(session: Session, member: Membership, model: type[Record]) -> int:
    """How many records in use the member may see."""
    query = listed(member, model, Shown()).with_only_columns(func.count())
    return session.scalar(query) or 0
