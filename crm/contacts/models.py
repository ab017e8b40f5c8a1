"""Whom we sell to: companies and contacts, and the tags that sort them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, String, column, func, select, table, update
from sqlalchemy.orm import Mapped, mapped_column, object_session

from crm.contacts.rules import checked
from crm.database import Base, TenantOwned, Versioned, collected, related, tenant_key
from crm.errors import Conflict
from crm.organizations.models import Membership, color_of
from crm.timeline.models import Activity, Recorded

# The slice of deals lies above this one: all that is known of it here are the columns that point down.
DEALS = table(
    "deals", column("id"), column("organization_id"), column("title"), column("contact_id"), column("company_id")
)

STATUSES = ("new", "in_work", "stuck", "closed", "dead")


class Tag(TenantOwned, Base):
    """A word in one of the ten colours, one list per organization."""

    __tablename__ = "tags"

    name: Mapped[str] = mapped_column(String(60))
    color: Mapped[str] = mapped_column(String(12), default="slate", server_default="slate")


Index("uq_tags_name", Tag.organization_id, func.lower(Tag.name), unique=True)


class Addressed(Recorded):
    """What companies and contacts have in common: an owner, versions, archive and delete."""

    EDITABLE: ClassVar[tuple[str, ...]]
    if TYPE_CHECKING:
        name: Mapped[str]
        owner_id: Mapped[int]
        version: Mapped[int]
        phone: Mapped[str | None]
    archived_at: Mapped[datetime | None] = mapped_column()

    def fill(self, values: dict[str, Any], *, by: Membership) -> None:
        """A new record's first values; its owner is the person who adds it unless `values` names another."""
        known = checked({"name": None} | {name: values[name] for name in self.EDITABLE if name in values})
        self.owner_id = known.pop("owner_id", None) or by.user_id
        for name, value in known.items():
            setattr(self, name, value)

    def change(self, values: dict[str, Any], *, by: Membership, version: int | None = None) -> None:
        """Sets the named fields, with an activity of what changed. Raises Conflict when `version` is stale."""
        by.must("records.edit", self, words="Only the owner or a manager can change this record.")
        self.expect(version)
        kept = checked({name: values[name] for name in self.EDITABLE if name in values})
        changed = {name: (getattr(self, name), new) for name, new in kept.items() if new != getattr(self, name)}
        for name, (_, new) in changed.items():
            setattr(self, name, new)
        self.record_changes(changed, by=by)

    def record_changes(self, changed: dict[str, tuple[Any, Any]], *, by: Membership) -> None:
        """One activity for the status, one for the owner, one for all the rest."""
        if status := changed.pop("status", None):
            self.record("status_changed", by=by, old_status=status[0], new_status=status[1])
        if owner := changed.pop("owner_id", None):
            self.record("owner_changed", by=by, old=owner[0], new=owner[1])
        if changed:
            self.record("system", by=by, event="edited", changed={name: list(pair) for name, pair in changed.items()})

    def expect(self, version: int | None) -> None:
        """Raises Conflict unless this is the version that the person looked at."""
        if version is not None and version != self.version:
            raise Conflict("Someone changed this record while you were editing. Your text is still here.", code="STALE")

    def archive(self, *, by: Membership) -> None:
        """Takes the record out of lists and pickers; its deals stay."""
        by.must("records.edit", self, words="Only the owner or a manager can archive this record.")
        if self.archived_at is None:
            self.archived_at = datetime.now(UTC)
            self.record("system", by=by, event="archived")

    def restore(self, *, by: Membership) -> None:
        """Brings an archived record back."""
        by.must("records.edit", self, words="Only the owner or a manager can restore this record.")
        if self.archived_at is not None:
            self.archived_at = None
            self.record("system", by=by, event="restored")

    def delete(self, *, by: Membership) -> None:
        """Raises Conflict, naming the deals, when there are any."""
        by.must("records.delete", self, words="Only the owner or a manager can delete this record.")
        self.refuse_with_deals()
        session = object_session(self)
        assert session is not None
        session.delete(self)

    def refuse_with_deals(self) -> None:
        """Rule 2: what has deals can't be deleted; it can be archived."""
        session = object_session(self)
        assert session is not None
        same = (DEALS.c.organization_id == self.organization_id, DEALS.c[self.timeline_key] == self.id)
        if titles := session.scalars(select(DEALS.c.title).where(*same).order_by(DEALS.c.id).limit(4)).all():
            raise Conflict(
                "There are deals with %(name)s: %(deals)s. Archive it instead.",
                code="HAS_DEALS",
                name=self.name,
                deals=", ".join(titles[:3]) + (" …" if len(titles) > 3 else ""),
            )

    @property
    def initials(self) -> str:
        """Two letters for the round mark beside the name."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def color(self) -> str:
        return color_of(self.id)

    @property
    def dialled(self) -> str:
        """The phone number as a telephone wants it."""
        return "".join(sign for sign in self.phone or "" if sign.isdigit() or sign in "+#*")


class Company(TenantOwned, Versioned, Addressed, Base):
    """An organization that buys, with or without contacts."""

    __tablename__ = "companies"
    __table_args__ = (
        tenant_key("owner_id", "memberships.user_id"),
        Index("ix_companies_owner", "organization_id", "owner_id"),
    )
    timeline_key = "company_id"
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

    owner: Mapped[Membership] = related("Company", "owner_id", "Membership", "user_id", viewonly=True)
    activities: Mapped[list[Activity]] = collected("Company", "Activity", "company_id")
    contacts: Mapped[list[Contact]] = collected("Company", "Contact", "company_id", order_by="Contact.name")

    def delete(self, *, by: Membership) -> None:
        """Its contacts stay, without a company. Raises Conflict, naming the deals, when there are any."""
        super().delete(by=by)
        session = object_session(self)
        assert session is not None
        left = update(Contact).where(Contact.organization_id == self.organization_id, Contact.company_id == self.id)
        session.execute(left.values(company_id=None, version=Contact.version + 1))


class Contact(TenantOwned, Versioned, Addressed, Base):
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

    company: Mapped[Company | None] = related("Contact", "company_id", "Company", viewonly=True)
    owner: Mapped[Membership] = related("Contact", "owner_id", "Membership", "user_id", viewonly=True)
    activities: Mapped[list[Activity]] = collected("Contact", "Activity", "contact_id")


Index("ix_companies_name", Company.organization_id, func.lower(Company.name), Company.id)
Index("ix_contacts_name", Contact.organization_id, func.lower(Contact.name), Contact.id)
