"""What happened, by program."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Filter, Page
from crm.hypermedia import one_or_404
from crm.sessions import current
from crm.tenancy import names
from crm.timeline.listing import ORDERS, TimelineQuery, told_to
from crm.timeline.models import Activity
from crm.timeline.queries import activity_of
from crm.timeline.shown import ActivityShown

activities = Endpoints("activities")
names("activity_id", activity_of)


class ActivityQuery(TimelineQuery):
    deal_id: Filter | None = None
    contact_id: Filter | None = None
    company_id: Filter | None = None


@activities.get("/activities", "records.view", gives=Page[ActivityShown])
def index(query: ActivityQuery) -> Any:
    """List what happened to the records that the member may see."""
    return page_of(told_to(current.member, query, *about(query)), query, ORDERS, Activity.id, told=True)


def about(query: ActivityQuery) -> list[ColumnElement[bool]]:
    """Which records it happened to."""
    wanted = {name: getattr(query, name) for name in ("deal_id", "contact_id", "company_id")}
    return [getattr(Activity, name) == number for name, number in wanted.items() if number is not None]


@activities.get("/activities/<int:activity_id>", "records.view", gives=ActivityShown)
def show(activity_id: int) -> Activity:
    """Get one of them."""
    return one_or_404(activity_of(current.member, activity_id))
