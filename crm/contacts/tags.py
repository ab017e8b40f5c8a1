"""Tags: the organization's list of them, and which ones a deal, contact or company has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from crm.contacts.rules import tidy
from crm.database import Base, TenantOwned, session_of, tenant_key
from crm.errors import Conflict, Invalid
from crm.organizations.models import COLOURS, Membership
from crm.timeline.models import Recorded
from crm.trail import audit

LONGEST_TAG = 60
HIGHEST_ID = 2**63 - 1
NOT_ALLOWED = "Only owners and admins can change the list of tags."


class Tag(TenantOwned, Base):
    """A word in one of the ten colours, one list per organization."""

    __tablename__ = "tags"

    name: Mapped[str] = mapped_column(String(LONGEST_TAG))
    color: Mapped[str] = mapped_column(String(12), default="slate", server_default="slate")

    def rename(self, name: str, *, by: Membership) -> None:
        """On every record that has it. Raises Conflict when another tag has that name, whatever its capitals."""
        by.must("tags.edit", words=NOT_ALLOWED)
        old, new = self.name, free_name(session_of(self), name, by, but=self)
        if new != old:
            self.name = new
            audit(session_of(self), "tag_renamed", by=by, subject=new, old=old)

    def recolour(self, color: str, *, by: Membership) -> None:
        """Raises Invalid unless it is one of the ten."""
        by.must("tags.edit", words=NOT_ALLOWED)
        check_color(color)
        if color != self.color:
            old, self.color = self.color, color
            audit(session_of(self), "tag_recoloured", by=by, subject=self.name, old=old, new=color)

    def delete(self, *, by: Membership) -> None:
        """Gone from the list and from every record that had it."""
        by.must("tags.edit", words=NOT_ALLOWED)
        audit(session_of(self), "tag_deleted", by=by, subject=self.name)
        session_of(self).delete(self)


Index("uq_tags_name", Tag.organization_id, func.lower(Tag.name), unique=True)


def add_tag(session: Session, name: str, color: str = COLOURS[0], *, by: Membership) -> Tag:
    """A new tag for the list. Raises Invalid at `name` or `color`, Conflict when the name is taken."""
    by.must("tags.edit", words=NOT_ALLOWED)
    check_color(color)
    tag = Tag(organization_id=by.organization_id, name=free_name(session, name, by), color=color)
    session.add(tag)
    session.flush()
    audit(session, "tag_added", by=by, subject=tag.name)
    return tag


def free_name(session: Session, name: str | None, by: Membership, *, but: Tag | None = None) -> str:
    """The name in one line. Raises Invalid for none or a long one, Conflict when it is taken."""
    line = tidy(name)
    if not line:
        raise Invalid("Give it a name.", field="name")
    if len(line) > LONGEST_TAG:
        raise Invalid("Use at most %(longest)s characters.", field="name", longest=LONGEST_TAG)
    same = select(Tag.id).where(Tag.organization_id == by.organization_id, func.lower(Tag.name) == func.lower(line))
    if session.scalar(same) not in (None, but.id if but else None):
        raise Conflict("There is a tag of that name already.", field="name", code="NAME_TAKEN")
    return line


def check_color(color: str) -> None:
    if color not in COLOURS:
        raise Invalid("Choose a colour.", field="color")


class Tagged(Recorded):
    """A record with tags. Its class has `tags` from `tags_through`."""

    if TYPE_CHECKING:
        tags: Mapped[list[Tag]]
        updated_at: Mapped[datetime]

        def expect(self, version: int | None) -> None: ...

    @property
    def tag_ids(self) -> list[int]:
        """In the order of the tags' names; a list of records may have brought them along."""
        known: list[int] | None = getattr(self, "listed_tag_ids", None)
        return [tag.id for tag in self.tags] if known is None else known

    def tag_with(self, tag_ids: Iterable[int], *, by: Membership, version: int | None = None) -> None:
        """Gives it exactly these tags. Raises Invalid at `tag_ids` for an unknown one, Conflict for a stale version."""
        by.must("records.edit", self, words="Only the owner or a manager can change this record.")
        self.expect(version)
        before, tags = list(self.tags), tags_chosen(session_of(self), tag_ids, by)
        added = [tag.name for tag in tags if tag not in before]
        removed = [tag.name for tag in before if tag not in tags]
        if added or removed:
            self.tags = tags
            self.updated_at = func.now()  # links alone would leave the record's version as it is
            self.record("system", by=by, event="tagged", added=added, removed=removed)


def tags_chosen(session: Session, tag_ids: Iterable[int] | None, by: Membership) -> list[Tag]:
    """Those tags of the list; nobody deletes one until this transaction ends. Raises Invalid at `tag_ids`."""
    if not (wanted := set(tag_ids or ())):
        return []
    known = (Tag.organization_id == by.organization_id, Tag.id.in_([id for id in wanted if 0 < id <= HIGHEST_ID]))
    held = select(Tag).where(*known).order_by(Tag.name).with_for_update(read=True, key_share=True)
    tags = list(session.scalars(held))
    if len(tags) < len(wanted):
        raise Invalid("No such tag.", field="tag_ids")
    return tags


def tags_through(record: str, link: str, column: str, table: str) -> Any:
    """The tags of a record in the order of their names; assigning them writes the links."""
    here = f"and_({record}.id == {link}.{column}, {record}.organization_id == {link}.organization_id)"
    there = f"and_(Tag.id == {link}.tag_id, Tag.organization_id == {link}.organization_id)"
    return relationship(
        "Tag", secondary=table, primaryjoin=here, secondaryjoin=there, order_by="Tag.name", passive_deletes=True
    )


def link(table: str, column: str, target: str) -> tuple[Any, ...]:
    """What the table of links is made of: the keys of both ends, with which a link goes."""
    return (
        tenant_key(column, target, ondelete="CASCADE"),
        tenant_key("tag_id", "tags.id", ondelete="CASCADE"),
        Index(f"ix_{table}_tag", "organization_id", "tag_id"),
    )
