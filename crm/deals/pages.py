"""What a deal's page and panel show."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from crm.database import db
from crm.deals.models import Deal
from crm.deals.queries import deal_to_show
from crm.hypermedia import changed, one_or_404
from crm.organizations.queries import members_of
from crm.sessions import current
from crm.timeline.queries import PAGE, timeline_of


def record_context(deal: Deal, *, before: int | None = None) -> dict[str, Any]:
    """The deal as it is now, with its timeline and the names in it."""
    db.session.expire(deal)
    fresh = one_or_404(deal_to_show(current.member, deal.id))
    people = {one.user_id: one.name for one in db.session.scalars(members_of(current.member))}
    return {"deal": fresh, "record": fresh, "people": people, **page_of_timeline(fresh, before)}


def page_of_timeline(deal: Deal, before: int | None = None) -> dict[str, Any]:
    """One page of activities, and the address of the next one if there may be one."""
    activities = list(db.session.scalars(timeline_of(current.member, deal, before=before)))
    more = url_for("deals.timeline", deal_id=deal.id, before=activities[-1].id) if len(activities) == PAGE else None
    return {"activities": activities, "more_url": more}


def answer(deal: Deal, template: str = "deals/changed.html", **context: Any) -> ResponseReturnValue:
    """The record's parts after a change; the board below asks for its card by itself."""
    home = url_for("deals.show", deal_id=deal.id)
    events = {"deal-changed": {"deal": deal.id}}
    return changed(template, otherwise=home, events=events, **record_context(deal) | context)
