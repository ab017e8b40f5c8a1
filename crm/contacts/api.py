"""Contacts by program."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, Select, func

from crm.api.calls import if_match, referred, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Id, Page, Paged, Text, Versioned
from crm.contacts.models import Contact
from crm.contacts.operations import add_contact
from crm.contacts.queries import company_of, contact_matches, contact_of, contacts_of
from crm.contacts.shown import ContactShown, Status
from crm.database import db
from crm.hypermedia import one_or_404
from crm.sessions import current
from crm.tenancy import names

contacts = Endpoints("contacts")
names("contact_id", contact_of)
ORDERS: dict[str, ColumnElement[Any]] = {
    "created_at": Contact.__table__.c.created_at,
    "updated_at": Contact.__table__.c.updated_at,
    "name": func.lower(Contact.name),
}


class ContactQuery(Paged):
    search: Text | None = Field(None, max_length=200, description="In name, e-mail, phone and company.")
    status: list[Status] = Field([], description="May be given several times.")
    owner_id: int | None = Field(None, ge=1, le=2**63 - 1)
    company_id: int | None = Field(None, ge=1, le=2**63 - 1)
    archived: bool = Field(False, description="The archived ones in place of those in use.")
    order_by: Literal["created_at", "updated_at", "name"] = "created_at"
    order: Literal["asc", "desc"] = "desc"


class ContactFields(Versioned):
    """What a contact may hold. A PUT sets all of it, a PATCH what it names."""

    name: Text = Field(max_length=400, examples=["Jonas Brandt"])
    position: Text | None = Field(None, max_length=400, examples=["Head of purchasing"])
    email: Text | None = Field(None, max_length=400, examples=["jonas@brandt.example"])
    phone: Text | None = Field(None, max_length=200, examples=["+49 421 5550018"])
    status: Status = "new"
    note: Text | None = Field(None, max_length=20_000, examples=["Met at the fair."])
    company_id: Id | None = None
    owner_id: Id | None = Field(None, description="A user's id; the own one when left out.", examples=[5])


class ContactChange(ContactFields):
    name: Text = Field("", max_length=400, examples=["Jonas Brandt"])


@contacts.get("/contacts", "records.view", gives=Page[ContactShown])
def index(query: ContactQuery) -> Any:
    """List contacts."""
    return page_of(filtered(query), query, ORDERS, Contact.id)


def filtered(query: ContactQuery) -> Select[Contact]:
    found = contacts_of(current.member)
    kept = Contact.archived_at.is_not(None) if query.archived else Contact.archived_at.is_(None)
    found = found.where(kept)
    if query.search:
        found = found.where(contact_matches(query.search))
    if query.status:
        found = found.where(Contact.status.in_(query.status))
    for name in ("owner_id", "company_id"):
        if (wanted := getattr(query, name)) is not None:
            found = found.where(getattr(Contact, name) == wanted)
    return found


@contacts.post("/contacts", "records.create", gives=ContactShown)
def add(body: ContactFields) -> Any:
    """Add a contact."""
    return saved(add_contact(db.session(), checked(body.given()), by=current.member))


def checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values, when what they refer to is there for this member."""
    if (company := values.get("company_id")) is not None:
        referred(company_of(current.member, company), "company_id", "No such company.")
    return values


def found(contact_id: int) -> Contact:
    return one_or_404(contact_of(current.member, contact_id))


@contacts.get("/contacts/<int:contact_id>", "records.view", gives=ContactShown)
def show(contact_id: int) -> Contact:
    """Get a contact."""
    return found(contact_id)


@contacts.put("/contacts/<int:contact_id>", "records.edit", gives=ContactShown, shows=show)
def replace(contact_id: int, body: ContactFields) -> Any:
    """Set all fields of a contact; what is left out becomes empty. The owner stays when left out."""
    return changed(found(contact_id), body.full(*([] if body.owner_id else ["owner_id"])), body.version)


@contacts.patch("/contacts/<int:contact_id>", "records.edit", gives=ContactShown, shows=show)
def change(contact_id: int, body: ContactChange) -> Any:
    """Change some fields of a contact."""
    return changed(found(contact_id), body.given(), body.version)


def changed(contact: Contact, values: dict[str, Any], version: int | None) -> Any:
    contact.change(checked(values), by=current.member, version=version)
    return saved(contact)


@contacts.delete("/contacts/<int:contact_id>", "records.delete", shows=show, statuses={409: "The contact has deals."})
def delete(contact_id: int) -> Any:
    """Delete a contact without deals."""
    contact = found(contact_id)
    contact.expect(if_match())
    contact.delete(by=current.member)
    return saved(None)


@contacts.post("/contacts/<int:contact_id>/archive", "records.edit", gives=ContactShown, status=200)
def archive(contact_id: int) -> Any:
    """Archive a contact: it leaves the lists, its deals stay."""
    contact = found(contact_id)
    contact.archive(by=current.member)
    return saved(contact)


@contacts.post("/contacts/<int:contact_id>/restore", "records.edit", gives=ContactShown, status=200)
def restore(contact_id: int) -> Any:
    """Bring an archived contact back."""
    contact = found(contact_id)
    contact.restore(by=current.member)
    return saved(contact)
