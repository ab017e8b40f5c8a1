"""What a deal's page and panel show."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from crm.database import db
from crm.deals.models import Deal
from crm.deals.queries import deal_to_show
from crm.hypermedia import changed, go, one_or_404
from crm.sessions import current
from crm.timeline.pages import timeline_page


def record_context(deal: Deal) -> dict[str, Any]:
    """The deal as it is now, with a page of its timeline (?before= leads to earlier ones)."""
    db.session.expire(deal)
    fresh = one_or_404(deal_to_show(current.member, deal.id))
    timeline = timeline_page(fresh, url_for("deals.show", deal_id=fresh.id))
    return timeline | {"deal": fresh, "next_steps": current.member.may("tasks.create", fresh)}


def home_of(deal: Deal) -> str:
    """The deal's page; the board, when the deal was given away and is out of sight."""
    if current.member.may("records.view", deal):
        return url_for("deals.show", deal_id=deal.id)
    return url_for("board.show", pipeline_id=deal.stage.pipeline_id)


def answer(
    deal: Deal, template: str = "deals/changed.html", *, events: dict[str, Any] | None = None, **context: Any
) -> ResponseReturnValue:
    """The record's parts after a change; the board below asks for its card by itself."""
    home = home_of(deal)
    if not current.member.may("records.view", deal):
        return go(home)
    told = (events or {}) | {"deal-changed": {"deal": deal.id}}
    return changed(template, otherwise=home, events=told, **record_context(deal) | context)
