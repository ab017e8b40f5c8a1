"""Which deals a program asks for, and in which order."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, Date, Select, func, literal

from crm.api.schemas import Filter, Money, Paged, Text
from crm.contacts.queries import pattern
from crm.deals.models import Deal
from crm.deals.queries import deals_in_brief, has_tag, in_stages, mentions
from crm.deals.shown import Status
from crm.organizations.models import Membership
from crm.pipelines.models import Stage

NEVER = literal(date(9999, 12, 31), Date)
ORDERS: dict[str, ColumnElement[Any]] = {
    "created_at": Deal.__table__.c.created_at,
    "updated_at": Deal.__table__.c.updated_at,
    "amount": Deal.__table__.c.amount,
    "title": func.lower(Deal.title),
    "expected_close_date": func.coalesce(Deal.expected_close_date, NEVER),
}
EXACT = ("stage_id", "owner_id", "contact_id", "company_id")


class DealQuery(Paged):
    search: Text | None = Field(None, max_length=200, description="In title, company and contact.")
    status: list[Status] = Field([], description="May be given several times.")
    min_amount: Money | None = Field(None, description="In the deal's own currency, inclusive.")
    max_amount: Money | None = Field(None, description="In the deal's own currency, inclusive.")
    stage: Text | None = Field(None, max_length=60, description="A stage's slug.", examples=["proposal"])
    stage_id: Filter | None = None
    pipeline_id: Filter | None = None
    owner_id: Filter | None = Field(None, description="A user's id.")
    contact_id: Filter | None = None
    company_id: Filter | None = None
    tag: Filter | None = Field(None, description="A tag's id.")
    order_by: Literal["created_at", "updated_at", "amount", "title", "expected_close_date"] = Field(
        "created_at", description="By amount regardless of currency; without a close date comes after all dates."
    )
    order: Literal["asc", "desc"] = "desc"


def asked_for(query: DealQuery, by: Membership) -> Select[Deal]:
    """The deals that the query is about."""
    return deals_in_brief(by).where(*conditions(query))


def conditions(query: DealQuery) -> list[ColumnElement[bool]]:
    found = [getattr(Deal, name) == getattr(query, name) for name in EXACT if getattr(query, name) is not None]
    if query.search:
        found.append(mentions(pattern(query.search)))
    if query.status:
        found.append(Deal.status.in_(query.status))
    if query.min_amount is not None:
        found.append(Deal.amount >= query.min_amount)
    if query.max_amount is not None:
        found.append(Deal.amount <= query.max_amount)
    if query.tag is not None:
        found.append(has_tag(query.tag))
    return found + in_asked_stages(query)


def in_asked_stages(query: DealQuery) -> list[ColumnElement[bool]]:
    slug = [Stage.slug == query.stage] if query.stage is not None else []
    pipeline = [Stage.pipeline_id == query.pipeline_id] if query.pipeline_id is not None else []
    return [in_stages(*slug, *pipeline)] if slug or pipeline else []
