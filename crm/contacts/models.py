"""Whom we sell to: companies and contacts, with their tags."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, func, update
from sqlalchemy.orm import Mapped, mapped_column

from crm.contacts.addressed import Addressed
from crm.contacts.assigning import Assignable
from crm.contacts.rules import STATUSES
from crm.contacts.tags import Tag, Tagged, link, tags_through
from crm.database import Base, InOrganization, TenantOwned, Versioned, collected, related, tenant_key
from crm.organizations.models import Membership
from crm.timeline.models import Activity


class ContactTag(InOrganization, Base):
    """A tag on a contact."""

    __tablename__ = "contact_tags"
    __table_args__ = link("contact_tags", "contact_id", "contacts.id")

    contact_id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(primary_key=True)


class CompanyTag(InOrganization, Base):
    """A tag on a company."""

    __tablename__ = "company_tags"
    __table_args__ = link("company_tags", "company_id", "companies.id")

    company_id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(primary_key=True)


class Company(TenantOwned, Versioned, Addressed, Tagged, Assignable, Base):
    """An organization that buys, with or without contacts."""

    __tablename__ = "companies"
    __table_args__ = (
        tenant_key("owner_id", "memberships.user_id"),
        Index("ix_companies_owner", "organization_id", "owner_id"),
    )
    timeline_key = "company_id"
    changed_meanwhile = "Someone changed this record in the meantime."
    EDITABLE = ("name", "domain", "phone", "email", "industry", "city", "note", "owner_id")

    name: Mapped[str] = mapped_column(String(200))
    domain: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(254))
    industry: Mapped[str | None] = mapped_column(String(80))
    city: Mapped[str | None] = mapped_column(String(120))
    note: Mapped[str | None]
    owner_id: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    owner: Mapped[Membership] = related("Company", "owner_id", "Membership", "user_id")
    activities: Mapped[list[Activity]] = collected("Company", "Activity", "company_id")
    tags: Mapped[list[Tag]] = tags_through("Company", "CompanyTag", "company_id", "company_tags")
    contacts: Mapped[list[Contact]] = collected("Company", "Contact", "company_id", order_by="Contact.name")

    def let_go(self) -> None:
        """Its contacts stay, without a company."""
        left = update(Contact).where(Contact.organization_id == self.organization_id, Contact.company_id == self.id)
        self.session.execute(left.values(company_id=None, version=Contact.version + 1))


class Contact(TenantOwned, Versioned, Addressed, Tagged, Assignable, Base):
    """A person to whom we sell, with or without a company."""

    __tablename__ = "contacts"
    __table_args__ = (
        tenant_key("owner_id", "memberships.user_id"),
        tenant_key("company_id", "companies.id"),
        CheckConstraint("status in ({})".format(", ".join(f"'{status}'" for status in STATUSES)), name="status"),
        Index("ix_contacts_owner", "organization_id", "owner_id"),
        Index("ix_contacts_company", "organization_id", "company_id"),
    )
    timeline_key = "contact_id"
    changed_meanwhile = "Someone changed this record in the meantime."
    EDITABLE = ("name", "position", "email", "phone", "company_id", "status", "note", "owner_id")

    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[str | None] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(16), default=STATUSES[0], server_default=STATUSES[0])
    note: Mapped[str | None]
    company_id: Mapped[int | None] = mapped_column(BigInteger)
    owner_id: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    company: Mapped[Company | None] = related("Contact", "company_id", "Company")
    owner: Mapped[Membership] = related("Contact", "owner_id", "Membership", "user_id")
    activities: Mapped[list[Activity]] = collected("Contact", "Activity", "contact_id")
    tags: Mapped[list[Tag]] = tags_through("Contact", "ContactTag", "contact_id", "contact_tags")


Index("ix_companies_created", Company.organization_id, Company.__table__.c.created_at, Company.id)
Index("ix_contacts_created", Contact.organization_id, Contact.__table__.c.created_at, Contact.id)
Index("ix_companies_name", Company.organization_id, func.lower(Company.name), Company.id)
Index("ix_contacts_name", Contact.organization_id, func.lower(Contact.name), Contact.id)
