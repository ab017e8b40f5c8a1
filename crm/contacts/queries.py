"""Contacts and companies that a member may see. Whose and which is decided here, nowhere else."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload

from crm.contacts.models import Company, Contact, Tag
from crm.organizations.models import Membership

PAGE = 50


def contacts_of(member: Membership) -> Select[tuple[Contact]]:
    """Every contact that the member may see, with company and owner."""
    return (
        select(Contact)
        .where(Contact.organization_id == member.organization_id)
        .options(joinedload(Contact.company), joinedload(Contact.owner))
    )


def contact_of(member: Membership, id: int) -> Select[tuple[Contact]]:
    return contacts_of(member).where(Contact.id == id)


def companies_of(member: Membership) -> Select[tuple[Company]]:
    """Every company that the member may see, with its owner."""
    return select(Company).where(Company.organization_id == member.organization_id).options(joinedload(Company.owner))


def company_of(member: Membership, id: int) -> Select[tuple[Company]]:
    return companies_of(member).where(Company.id == id)


def tags_of(member: Membership) -> Select[tuple[Tag]]:
    return select(Tag).where(Tag.organization_id == member.organization_id).order_by(func.lower(Tag.name))


def contact_matches(text: str) -> ColumnElement[bool]:
    """Name, e-mail, phone or company contains the text."""
    like = pattern(text)
    company = select(Company.id).where(
        Company.organization_id == Contact.organization_id, Company.id == Contact.company_id, Company.name.ilike(like)
    )
    return or_(Contact.name.ilike(like), Contact.email.ilike(like), Contact.phone.ilike(like), company.exists())


def company_matches(text: str) -> ColumnElement[bool]:
    """Name, domain, city or industry contains the text."""
    like = pattern(text)
    return or_(
        Company.name.ilike(like), Company.domain.ilike(like), Company.city.ilike(like), Company.industry.ilike(like)
    )


def pattern(text: str) -> str:
    """The text as it is, anywhere: its own % and _ mean themselves."""
    return "%" + text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
