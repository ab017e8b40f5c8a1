"""A deal's timeline by program: what happened, and what people report."""

from __future__ import annotations

from typing import Any

from crm.api.calls import named_here, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Page
from crm.deals.models import Deal
from crm.deals.queries import deal_of
from crm.hypermedia import one_or_404
from crm.sessions import current
from crm.timeline.listing import ORDERS, TimelineQuery, told_to
from crm.timeline.models import Activity
from crm.timeline.shown import ActivityShown, Report

reports = Endpoints("activities")


def deal(deal_id: int) -> Deal:
    return one_or_404(deal_of(current.member, deal_id))


@reports.get("/deals/<int:deal_id>/activities", "records.view", gives=Page[ActivityShown])
def list_activities(deal_id: int, query: TimelineQuery) -> Any:
    """List what happened to a deal."""
    here = Activity.deal_id == deal(deal_id).id
    return page_of(told_to(current.member, query, here), query, ORDERS, Activity.id, told=True)


@reports.post("/deals/<int:deal_id>/activities", "activities.create", gives=ActivityShown)
def report(deal_id: int, body: Report) -> Any:
    """Report a comment, call, e-mail or meeting."""
    with named_here(kind="type", text="payload.text"):
        return saved(deal(deal_id).log(body.type, body.payload.text, by=current.member))
