"""Contacts by program."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm.api.calls import referred, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Filter, Id, Page, Text
from crm.contacts.api_addressed import (
    AddressedFields,
    AddressedQuery,
    Receiver,
    archived,
    changed,
    deleted,
    filtered,
    handed,
    logged,
    orders,
    owned,
    replaced,
    restored,
    told_of,
)
from crm.contacts.models import Contact
from crm.contacts.operations import add_contact
from crm.contacts.queries import company_of, contact_matches, contact_of, contacts_of
from crm.contacts.shown import ContactShown, Status
from crm.database import db
from crm.hypermedia import one_or_404
from crm.sessions import current
from crm.tenancy import names
from crm.timeline.listing import TimelineQuery
from crm.timeline.shown import ActivityShown, Report

contacts = Endpoints("contacts")
names("contact_id", contact_of)
ORDERS = orders(Contact)


class ContactQuery(AddressedQuery):
    status: list[Status] = Field([], description="May be given several times.", examples=[["new"]])
    company_id: Filter | None = Field(None, examples=[4])


class ContactFields(AddressedFields):
    name: Text = Field(max_length=400, examples=["Jonas Brandt"])
    position: Text | None = Field(None, max_length=400, examples=["Head of purchasing"])
    status: Status = Field("new", examples=["in_work"])
    company_id: Id | None = Field(None, examples=[4])


class ContactChange(ContactFields, partial=True):
    """What is left out stays as it is."""


def found(contact_id: int) -> Contact:
    return one_or_404(contact_of(current.member, contact_id))


def checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values, when what they refer to is there for this member."""
    if (company := values.get("company_id")) is not None:
        referred(company_of(current.member, company), "company_id", "No such company.")
    return values


@contacts.get("/contacts", "records.view", gives=Page[ContactShown])
def index(query: ContactQuery) -> Any:
    """List contacts."""
    kept = filtered(contacts_of(current.member), Contact, query, contact_matches)
    if query.status:
        kept = kept.where(Contact.status.in_(query.status))
    if query.company_id is not None:
        kept = kept.where(Contact.company_id == query.company_id)
    return page_of(kept, query, ORDERS, Contact.id, told=True)


@contacts.post("/contacts", "records.create", gives=ContactShown)
def add(body: ContactFields) -> Any:
    """Add a contact."""
    return saved(add_contact(db.session(), owned(checked(body.given())), by=current.member))


@contacts.get("/contacts/<int:contact_id>", "records.view", gives=ContactShown)
def show(contact_id: int) -> Contact:
    """Get a contact."""
    return found(contact_id)


@contacts.put("/contacts/<int:contact_id>", "records.edit", gives=ContactShown, shows=show)
def replace(contact_id: int, body: ContactFields) -> Any:
    """Set all fields of a contact; what is left out becomes empty. The owner stays when left out."""
    return replaced(found(contact_id), checked(body.full()), body.version)


@contacts.patch("/contacts/<int:contact_id>", "records.edit", gives=ContactShown, shows=show)
def change(contact_id: int, body: ContactChange) -> Any:
    """Change some fields of a contact."""
    return changed(found(contact_id), checked(body.given()), body.version)


@contacts.delete("/contacts/<int:contact_id>", "records.delete", shows=show, statuses={409: "The contact has deals."})
def delete(contact_id: int) -> Any:
    """Delete a contact without deals."""
    return deleted(found(contact_id))


@contacts.post("/contacts/<int:contact_id>/archive", "records.edit", gives=ContactShown, status=200)
def archive(contact_id: int) -> Any:
    """Archive a contact: it leaves the lists, its deals stay."""
    return archived(found(contact_id))


@contacts.post("/contacts/<int:contact_id>/restore", "records.edit", gives=ContactShown, status=200)
def restore(contact_id: int) -> Any:
    """Bring an archived contact back."""
    return restored(found(contact_id))


@contacts.post("/contacts/<int:contact_id>/assign", "records.assign", gives=ContactShown, status=200, shows=show)
def assign(contact_id: int, body: Receiver) -> Any:
    """Give a contact to a colleague."""
    return handed(found(contact_id), body)


@contacts.get("/contacts/<int:contact_id>/activities", "records.view", gives=Page[ActivityShown])
def activities(contact_id: int, query: TimelineQuery) -> Any:
    """List what happened with a contact, newest first."""
    return told_of(found(contact_id), query)


@contacts.post("/contacts/<int:contact_id>/activities", "activities.create", gives=ActivityShown)
def post_activity(contact_id: int, body: Report) -> Any:
    """Log a comment, call, e-mail or meeting with a contact."""
    return logged(found(contact_id), body)
