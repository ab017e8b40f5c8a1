"""Adding contacts and companies, and finding them by what a person typed."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy.orm import Session

from crm.contacts.addressed import refuse_stranger
from crm.contacts.models import Company, Contact
from crm.contacts.queries import companies_named, contacts_named
from crm.contacts.rules import tidy
from crm.contacts.tags import tags_chosen
from crm.errors import Invalid
from crm.organizations.models import Membership

Kind = TypeVar("Kind", Company, Contact)
READ_ONLY = "Viewers can read, not write."


def add_contact(session: Session, values: dict[str, Any], *, by: Membership) -> Contact:
    """A new contact of the person's own unless `values` names an owner. Raises Forbidden to add one for others."""
    return add(session, Contact(organization_id=by.organization_id), values, by)


def add_company(session: Session, values: dict[str, Any], *, by: Membership) -> Company:
    """A new company, under the same rules as a contact."""
    return add(session, Company(organization_id=by.organization_id), values, by)


def add(session: Session, record: Kind, values: dict[str, Any], by: Membership) -> Kind:
    by.must("records.create", words=READ_ONLY)
    record.fill(values, by=by)
    by.must("records.assign", record, words="You can add records for yourself only.")
    if record.owner_id != by.user_id:
        refuse_stranger(session, by.organization_id, record.owner_id)
    if values.get("tag_ids"):
        record.tags = tags_chosen(session, values["tag_ids"], by)
    session.add(record)
    session.flush()
    record.record("system", by=by, event="created")
    return record


def find_company(session: Session, member: Membership, text: str | None) -> Company | None:
    """The company of exactly this name or domain, in any case; None for an empty text. Raises Invalid at `company`."""
    if not (name := tidy(text)):
        return None
    found = session.scalars(companies_named(member, name).limit(2)).all()
    if not found:
        raise Invalid("No such company. Choose one from the list, or add it first.", field="company")
    if len(found) > 1:
        raise Invalid("Several companies have this name: type the domain instead.", field="company")
    return found[0]


def find_or_make_company(session: Session, text: str | None, *, by: Membership) -> Company | None:
    """The company of this name, made when there is none; None for an empty text."""
    if not (name := tidy(text)):
        return None
    return session.scalars(companies_named(by, name).limit(1)).first() or add_company(session, {"name": name}, by=by)


def find_contact(session: Session, member: Membership, text: str | None) -> Contact | None:
    """The contact of exactly this name or e-mail, in any case; None for an empty text. Raises Invalid at `contact`."""
    if not (name := tidy(text)):
        return None
    found = session.scalars(contacts_named(member, name).limit(2)).all()
    if not found:
        raise Invalid("No such contact. Choose one from the list, or add it first.", field="contact")
    if len(found) > 1:
        raise Invalid("Several contacts have this name: type the e-mail instead.", field="contact")
    return found[0]
