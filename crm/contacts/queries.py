"""Contacts and companies that a member may see. Whose and which is decided here, nowhere else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from crm.contacts.models import Company, Contact
from crm.contacts.tags import Tag
from crm.organizations.models import Membership
from crm.organizations.visibility import seen_through

OPTIONS = 10
NEIGHBOURS = 20


def seen_by(member: Membership, model: Any) -> ColumnElement[bool]:
    """Which contacts or companies exist for this member: the one place that says so."""
    return and_(model.organization_id == member.organization_id, seen_through(member, model.owner_id))


def contacts_of(member: Membership) -> Select[Contact]:
    """Every contact that the member may see, with company and owner."""
    return (
        select(Contact).where(seen_by(member, Contact)).options(joinedload(Contact.company), joinedload(Contact.owner))
    )


def contact_of(member: Membership, id: int) -> Select[Contact]:
    return contacts_of(member).where(Contact.id == id)


def contacts_named(member: Membership, name: str) -> Select[Contact]:
    """Those in use with exactly this name or e-mail, in any case."""
    same = or_(func.lower(Contact.name) == func.lower(name), func.lower(Contact.email) == func.lower(name))
    return contacts_of(member).where(Contact.archived_at.is_(None), same).order_by(Contact.id)


def contacts_like(member: Membership, text: str) -> Select[Contact]:
    """A few in use to choose from."""
    like = contacts_of(member).where(Contact.archived_at.is_(None), contact_matches(text))
    return like.order_by(func.lower(Contact.name), Contact.id).limit(OPTIONS)


def contacts_at(member: Membership, company: Company) -> Select[Contact]:
    """The people of a company, by name."""
    there = contacts_of(member).where(Contact.company_id == company.id, Contact.archived_at.is_(None))
    return there.order_by(func.lower(Contact.name), Contact.id).limit(NEIGHBOURS)


def companies_of(member: Membership) -> Select[Company]:
    """Every company that the member may see, with its owner."""
    return select(Company).where(seen_by(member, Company)).options(joinedload(Company.owner))


def company_of(member: Membership, id: int) -> Select[Company]:
    return companies_of(member).where(Company.id == id)


def companies_named(member: Membership, name: str) -> Select[Company]:
    """Those in use with exactly this name or domain, in any case."""
    same = or_(func.lower(Company.name) == func.lower(name), Company.domain == func.lower(name))
    return companies_of(member).where(Company.archived_at.is_(None), same).order_by(Company.id)


def companies_like(member: Membership, text: str) -> Select[Company]:
    """A few in use to choose from."""
    like = companies_of(member).where(Company.archived_at.is_(None), company_matches(text))
    return like.order_by(func.lower(Company.name), Company.id).limit(OPTIONS)


def tags_of(member: Membership) -> Select[Tag]:
    """The organization's list of tags, by name."""
    return select(Tag).where(Tag.organization_id == member.organization_id).order_by(func.lower(Tag.name), Tag.id)


def tag_of(member: Membership, id: int) -> Select[Tag]:
    return tags_of(member).where(Tag.id == id)


def contact_matches(text: str) -> ColumnElement[bool]:
    """Name, e-mail, phone or company contains the text."""
    like = pattern(text)
    here = (Company.organization_id == Contact.organization_id, Company.id == Contact.company_id)
    company = select(Company.id).where(*here, Company.name.ilike(like)).correlate(Contact).exists()
    return or_(Contact.name.ilike(like), Contact.email.ilike(like), Contact.phone.ilike(like), company)


def company_matches(text: str) -> ColumnElement[bool]:
    """Name, domain, city or industry contains the text."""
    like = pattern(text)
    return or_(
        Company.name.ilike(like), Company.domain.ilike(like), Company.city.ilike(like), Company.industry.ilike(like)
    )


def pattern(text: str) -> str:
    """The text as it is, anywhere: its own % and _ mean themselves."""
    return "%" + text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
