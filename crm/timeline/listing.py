"""Which activities a program asks for."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, Select

from crm.api.schemas import Paged
from crm.organizations.models import Membership
from crm.timeline.models import Activity
from crm.timeline.queries import events_of, is_news
from crm.timeline.shown import Kind

ORDERS: dict[str, Any] = {"id": Activity.id}


class TimelineQuery(Paged):
    type: list[Kind] = Field([], description="May be given several times.")
    order: Literal["asc", "desc"] = Field("desc", description="The newest first, or last.")


def told_to(member: Membership, query: TimelineQuery, *about: ColumnElement[bool]) -> Select[Activity]:
    """What happened there, as far as the member may see it."""
    kinds = [Activity.type.in_(query.type)] if query.type else []
    return events_of(member).where(is_news(), *kinds, *about)
