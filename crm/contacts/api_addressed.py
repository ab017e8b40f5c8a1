"""What contacts and companies have in common by program: filters, changes, archive, delete and timeline."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, Select, func

from crm.api.calls import if_match, named_here, saved
from crm.api.paging import page_of
from crm.api.schemas import HIGHEST_ID, Id, Paged, Text, Versioned
from crm.contacts.addressed import Addressed
from crm.contacts.models import Company, Contact
from crm.sessions import current
from crm.timeline.models import Activity
from crm.timeline.queries import activities_of
from crm.timeline.shown import ActivityPosted, ActivityQuery

Kind = type[Contact] | type[Company]
ACTIVITY_ORDERS = {"id": Activity.__table__.c.id}


class AddressedQuery(Paged):
    """What both lists can be asked for."""

    search: Text | None = Field(None, max_length=200, description="In names and addresses.", examples=["brandt"])
    owner_id: int | None = Field(None, ge=1, le=HIGHEST_ID, description="A user's id.", examples=[5])
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


def orders(model: Kind) -> dict[str, ColumnElement[Any]]:
    """What the list can be sorted by."""
    columns = model.__table__.c
    return {"created_at": columns.created_at, "updated_at": columns.updated_at, "name": func.lower(columns.name)}


def filtered(seen: Select[Any], model: Kind, query: AddressedQuery, matches: Any) -> Select[Any]:
    """Those that both lists' parameters ask for; `matches` says what a search finds."""
    kept = seen.where(model.archived_at.is_not(None) if query.archived else model.archived_at.is_(None))
    if query.search:
        kept = kept.where(matches(query.search))
    return kept if query.owner_id is None else kept.where(model.owner_id == query.owner_id)


def replaced(record: Addressed, values: dict[str, Any], version: int | None) -> Any:
    """The owner stays when left out."""
    return changed(record, values if values["owner_id"] else values | {"owner_id": record.owner_id}, version)


def changed(record: Addressed, values: dict[str, Any], version: int | None) -> Any:
    record.change(values, by=current.member, version=version)
    return saved(record)


def archived(record: Addressed) -> Any:
    record.archive(by=current.member)
    return saved(record)


def restored(record: Addressed) -> Any:
    record.restore(by=current.member)
    return saved(record)


def deleted(record: Addressed) -> Any:
    record.expect(if_match())
    record.delete(by=current.member)
    return saved(None)


def told_of(record: Addressed, query: ActivityQuery) -> Any:
    """Its timeline."""
    told = activities_of(current.member).where(getattr(Activity, record.timeline_key) == record.id)
    return page_of(told, query, ACTIVITY_ORDERS, Activity.id)


def logged(record: Addressed, body: ActivityPosted) -> Any:
    with named_here(kind="type", text="payload.text"):
        return saved(record.log(body.type, body.payload.text, by=current.member))
