"""The list of tags by program."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlalchemy import func

from crm.api.calls import saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Body, Page, Paged, Text
from crm.contacts.queries import tag_of, tags_of
from crm.contacts.shown import TagShown
from crm.contacts.tags import Tag, add_tag
from crm.database import db
from crm.hypermedia import one_or_404
from crm.organizations.models import COLOURS
from crm.sessions import current
from crm.tenancy import names

tags = Endpoints("tags")
names("tag_id", tag_of)
ORDERS = {"name": func.lower(Tag.__table__.c.name)}
TAKEN = {409: "There is a tag of that name already."}


class TagFields(Body):
    name: Text = Field(max_length=400, examples=["Key account"])
    color: Text = Field(COLOURS[0], max_length=40, examples=["rose"], json_schema_extra={"enum": list(COLOURS)})


class TagChange(TagFields, partial=True):
    """What is left out stays as it is."""


def found(tag_id: int) -> Tag:
    return one_or_404(tag_of(current.member, tag_id))


@tags.get("/tags", "records.view", gives=Page[TagShown])
def index(query: Paged) -> Any:
    """List tags by name."""
    return page_of(tags_of(current.member), query, ORDERS, Tag.id)


@tags.post("/tags", "tags.edit", gives=TagShown, statuses=TAKEN)
def add(body: TagFields) -> Any:
    """Add a tag."""
    return saved(add_tag(db.session(), body.name, body.color, by=current.member))


@tags.get("/tags/<int:tag_id>", "records.view", gives=TagShown)
def show(tag_id: int) -> Tag:
    """Get a tag."""
    return found(tag_id)


@tags.put("/tags/<int:tag_id>", "tags.edit", gives=TagShown, statuses=TAKEN)
def replace(tag_id: int, body: TagFields) -> Any:
    """Set name and colour of a tag."""
    return changed(found(tag_id), body.full())


@tags.patch("/tags/<int:tag_id>", "tags.edit", gives=TagShown, statuses=TAKEN)
def change(tag_id: int, body: TagChange) -> Any:
    """Rename a tag, or give it another colour."""
    return changed(found(tag_id), body.given())


def changed(tag: Tag, values: dict[str, Any]) -> Any:
    if "name" in values:
        tag.rename(values["name"], by=current.member)
    if "color" in values:
        tag.recolour(values["color"], by=current.member)
    return saved(tag)


@tags.delete("/tags/<int:tag_id>", "tags.edit")
def delete(tag_id: int) -> Any:
    """Delete a tag, from every record that has it."""
    found(tag_id).delete(by=current.member)
    return saved(None)
