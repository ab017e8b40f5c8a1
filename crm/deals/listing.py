"""Which deals a program asks for, and in which order."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, Select, func, literal

from crm.api.schemas import Day, Filter, Money, Paged, Text
from crm.contacts.queries import pattern
from crm.deals.models import Deal
from crm.deals.queries import NEVER, deals_in_brief, in_stages, mentions, owned_in_teams, tagged_with
from crm.deals.shown import Status
from crm.organizations.models import Membership
from crm.organizations.visibility import USER_IDS
from crm.pipelines.models import Stage

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
    tag_id: list[Filter] = Field([], description="A tag's id; given several times: any of them.")
    team_id: list[Filter] = Field([], description="Of deals whose owner is in that team; given several times: any.")
    close_from: Day | None = Field(None, description="Expected to close on that day or later.")
    close_to: Day | None = Field(None, description="Expected to close on that day or earlier.")
    order_by: Literal["created_at", "updated_at", "amount", "title", "expected_close_date"] = Field(
        "created_at", description="By amount regardless of currency; without a close date comes after all dates."
    )
    order: Literal["asc", "desc"] = "desc"


def asked_for(query: DealQuery, by: Membership) -> Select[Deal]:
    """The deals that the query is about; `facts_of` names the member."""
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
    return found + of_any(query) + closing(query) + in_asked_stages(query)


def of_any(query: DealQuery) -> list[ColumnElement[bool]]:
    one = [] if query.tag is None else [query.tag]
    asked = ((tagged_with, one), (tagged_with, query.tag_id), (owned_in_teams, query.team_id))
    return [condition(literal(ids, USER_IDS)) for condition, ids in asked if ids]


def closing(query: DealQuery) -> list[ColumnElement[bool]]:
    day = Deal.__table__.c.expected_close_date
    first = [day >= query.close_from] if query.close_from else []
    return first + ([day <= query.close_to] if query.close_to else [])


def in_asked_stages(query: DealQuery) -> list[ColumnElement[bool]]:
    slug = [Stage.slug == query.stage] if query.stage is not None else []
    pipeline = [Stage.pipeline_id == query.pipeline_id] if query.pipeline_id is not None else []
    return [in_stages(*slug, *pipeline)] if slug or pipeline else []
