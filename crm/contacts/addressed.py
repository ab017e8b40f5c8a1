"""What companies and contacts have in common: an owner, versions, archive and delete."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import column, select, table
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.accounts.models import initials
from crm.contacts.rules import checked
from crm.database import session_of
from crm.errors import Conflict
from crm.organizations.models import Membership, color_of
from crm.organizations.receiving import refuse_unfit_owner
from crm.organizations.visibility import seen_through
from crm.timeline.models import Recorded
from crm.trail import audit

# The slice of deals lies above this one: all that is known of it here are the columns that point down.
DEALS = table(
    "deals",
    column("id"),
    column("organization_id"),
    column("owner_id"),
    column("title"),
    column("contact_id"),
    column("company_id"),
)


class Addressed(Recorded):
    """What companies and contacts have in common: an owner, versions, archive and delete."""

    EDITABLE: ClassVar[tuple[str, ...]]
    if TYPE_CHECKING:
        name: Mapped[str]
        owner_id: Mapped[int]
        version: Mapped[int]
        phone: Mapped[str | None]

        def expect(self, version: int | None) -> None: ...

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
        if "owner_id" in changed:
            refuse_unfit_owner(self.session, kept["owner_id"], by=by)
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
        self.refuse_with_deals(by)
        self.let_go()
        audit(self.session, f"{self.timeline_key.removesuffix('_id')}_deleted", by=by, subject=self.name)
        self.session.delete(self)

    def let_go(self) -> None:
        """What pointed here stays, and points nowhere."""

    def refuse_with_deals(self, by: Membership) -> None:
        """Rule 2: what has deals can't be deleted; it can be archived. Only deals that the person sees are named."""
        same = (DEALS.c.organization_id == self.organization_id, DEALS.c[self.timeline_key] == self.id)
        named = select(DEALS.c.title).where(*same, seen_through(by, DEALS.c.owner_id)).order_by(DEALS.c.id)
        if titles := self.session.scalars(named.limit(4)).all():
            deals = ", ".join(titles[:3]) + (" …" if len(titles) > 3 else "")
            words = "There are deals with %(name)s: %(deals)s. Archive it instead."
            raise Conflict(words, code="HAS_DEALS", name=self.name, deals=deals)
        if self.session.scalar(select(DEALS.c.id).where(*same).limit(1)):
            words = "Colleagues have deals with %(name)s. Archive it instead."
            raise Conflict(words, code="HAS_DEALS", name=self.name)

    @property
    def session(self) -> Session:
        return session_of(self)

    @property
    def initials(self) -> str:
        """Two letters for the round mark beside the name."""
        return initials(self.name)

    @property
    def color(self) -> str:
        return color_of(self.id)

    @property
    def dialled(self) -> str:
        """The phone number as a telephone wants it."""
        return "".join(sign for sign in self.phone or "" if sign.isdigit() or sign in "+#*")
