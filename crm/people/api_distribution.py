"""Contacts and deals dealt out among people by program."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm.api.calls import named_here, saved
from crm.api.endpoints import Endpoints
from crm.api.schemas import Body, Id, Shown
from crm.database import db
from crm.errors import Invalid
from crm.people.distribution import MOST, distribute, owners_of
from crm.sessions import current

distribution = Endpoints("distribution")


class Distribution(Body):
    ids: list[Id] = Field(min_length=1, max_length=MOST, description="The records.", examples=[[17, 18]])
    user_ids: list[Id] = Field(
        min_length=1, max_length=MOST, description="Who gets them, evenly in turn.", examples=[[5, 6]]
    )


class Distributed(Shown):
    count: int = Field(description="How many records there were.", examples=[2])


@distribution.post("/contacts/distribute", "records.distribute", gives=Distributed, status=200, scope="contacts:write")
def contacts(body: Distribution) -> Any:
    """Distribute contacts evenly among people."""
    return dealt("contacts", body)


@distribution.post("/deals/distribute", "records.distribute", gives=Distributed, status=200, scope="deals:write")
def deals(body: Distribution) -> Any:
    """Distribute deals evenly among people."""
    return dealt("deals", body)


def dealt(kind: str, body: Distribution) -> Any:
    """Raises Invalid when one of the records isn't there for this member."""
    me = current.member
    if set(body.ids) - owners_of(db.session(), kind, body.ids, me).keys():
        raise Invalid("No such record.", field="ids")
    with named_here(id="ids", people="user_ids"):
        return saved({"count": distribute(db.session(), kind, body.ids, body.user_ids, by=me)})
