"""What contacts and companies have in common by program: filters, changes, archive, delete and timeline."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, Select, func
from sqlalchemy.orm import selectinload

from crm.api.calls import if_match, named_here, referred, saved
from crm.api.paging import page_of
from crm.api.schemas import Filter, Id, Paged, Text, Versioned
from crm.contacts.assigning import NOT_YOURS
from crm.contacts.models import Company, Contact
from crm.contacts.tags import Tag
from crm.organizations.models import Membership
from crm.organizations.queries import members_of
from crm.sessions import current
from crm.timeline.listing import ORDERS, TimelineQuery, told_to
from crm.timeline.models import Activity
from crm.timeline.shown import Report

Record = Contact | Company
Kind = type[Contact] | type[Company]
NOBODY = "Choose one from the list."


class AddressedQuery(Paged):
    """What both lists can be asked for."""

    search: Text | None = Field(None, max_length=200, description="In names and addresses.", examples=["brandt"])
    owner_id: Filter | None = Field(None, description="A user's id.", examples=[5])
    tag: Filter | None = Field(None, description="A tag's id.", examples=[2])
    archived: bool = Field(False, description="The archived ones in place of those in use.", examples=[False])
    order_by: Literal["created_at", "updated_at", "name"] = Field("created_at", examples=["name"])
    order: Literal["asc", "desc"] = Field("desc", examples=["asc"])


class AddressedFields(Versioned):
    """What both may hold. A PUT sets all of it, a PATCH what it names."""

    name: Text = Field(max_length=400, examples=["Brandt"])
    email: Text | None = Field(None, max_length=400, examples=["jonas@brandt.example"])
    phone: Text | None = Field(None, max_length=200, examples=["+49 421 5550018"])
    note: Text | None = Field(None, max_length=20_000, examples=["Met at the fair."])
    owner_id: Id | None = Field(None, description="A user's id; the own one when left out.", examples=[5])
    tag_ids: list[Id] = Field([], max_length=100, description="All of its tags.", examples=[[2]])


class Receiver(Versioned):
    user_id: Id = Field(description="Who gets it.", examples=[5])


def orders(model: Kind) -> dict[str, ColumnElement[Any]]:
    """What the list can be sorted by."""
    columns = model.__table__.c
    return {"created_at": columns.created_at, "updated_at": columns.updated_at, "name": func.lower(columns.name)}


def filtered(seen: Select[Any], model: Kind, query: AddressedQuery, matches: Any) -> Select[Any]:
    """Those that both lists' parameters ask for; `matches` says what a search finds."""
    kept = seen.where(model.archived_at.is_not(None) if query.archived else model.archived_at.is_(None))
    if query.search:
        kept = kept.where(matches(query.search))
    if query.owner_id is not None:
        kept = kept.where(model.owner_id == query.owner_id)
    if query.tag is not None:
        kept = kept.where(model.tags.any(Tag.id == query.tag))
    return kept.options(selectinload(model.tags))


def owned(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a new one. Raises Invalid at `owner_id` for somebody who is not there."""
    if (owner := values.get("owner_id")) not in (None, current.member.user_id):
        referred(person(owner), "owner_id", NOBODY)
    return values


def replaced(record: Record, values: dict[str, Any], version: int | None) -> Any:
    """The owner stays when left out."""
    return changed(record, values if values["owner_id"] else values | {"owner_id": record.owner_id}, version)


def changed(record: Record, values: dict[str, Any], version: int | None) -> Any:
    if "tag_ids" in values:
        record.tag_with(values["tag_ids"], by=current.member, version=version)
    record.change(values, by=current.member, version=version)
    return saved(record)


def person(user_id: int) -> Select[Membership]:
    return members_of(current.member).where(Membership.user_id == user_id)


def handed(record: Record, body: Receiver) -> Any:
    """To a colleague."""
    current.member.must("records.assign", record, words=NOT_YOURS)
    receiver = referred(person(body.user_id), "user_id", NOBODY)
    with named_here(owner_id="user_id"):
        record.assign(receiver, by=current.member, version=body.version)
    return saved(record)


def archived(record: Record) -> Any:
    record.archive(by=current.member)
    return saved(record)


def restored(record: Record) -> Any:
    record.restore(by=current.member)
    return saved(record)


def deleted(record: Record) -> Any:
    record.expect(if_match())
    record.delete(by=current.member)
    return saved(None)


def told_of(record: Record, query: TimelineQuery) -> Any:
    """Its timeline."""
    here = getattr(Activity, record.timeline_key) == record.id
    return page_of(told_to(current.member, query, here), query, ORDERS, Activity.id, told=True)


def logged(record: Record, body: Report) -> Any:
    with named_here(kind="type", text="payload.text"):
        return saved(record.log(body.type, body.payload.text, by=current.member))
