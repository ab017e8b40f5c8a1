"""Deals by program."""

from __future__ import annotations

from typing import Any

from crm.api.calls import if_match, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Page
from crm.database import db
from crm.deals.listing import ORDERS, DealQuery, asked_for
from crm.deals.models import NOT_YOURS, Deal
from crm.deals.operations import open_deal
from crm.deals.queries import deal_of, deal_to_change
from crm.deals.references import checked, stage_for
from crm.deals.revising import revise
from crm.deals.sent import DealChange, DealFields, StageChange, StatusChange
from crm.deals.shown import DealShown
from crm.errors import Invalid
from crm.hypermedia import one_or_404
from crm.organizations.queries import facts_of
from crm.sessions import current
from crm.tenancy import names

deals = Endpoints("deals")
names("deal_id", deal_of)
ASKS = "It is another version, or the stage is full."


@deals.get("/deals", "records.view", gives=Page[DealShown])
def index(query: DealQuery) -> Any:
    """List deals."""
    asked = asked_for(query, current.member)
    return page_of(asked, query, ORDERS, Deal.id, told=True, facts=facts_of(current.member))


@deals.post("/deals", "records.create", gives=DealShown, statuses={409: "The stage is full."})
def add(body: DealFields) -> Any:
    """Open a deal. In a later stage it stays `new` until it moves; as won it needs an amount, as lost a reason."""
    values = checked(body.given())
    deal = open_deal(db.session(), stage_for(values), values, by=current.member)
    if values.get("status") == "in_progress":
        deal.start(by=current.member)
    return saved(deal)


@deals.get("/deals/<int:deal_id>", "records.view", gives=DealShown)
def show(deal_id: int) -> Deal:
    """Get a deal."""
    return one_or_404(deal_of(current.member, deal_id))


@deals.put("/deals/<int:deal_id>", "records.edit", gives=DealShown, shows=show, statuses={409: ASKS})
def replace(deal_id: int, body: DealFields) -> Any:
    """Set all fields of a deal. What is left out becomes empty; owner, stage, status and a loss's reason stay."""
    return revised(deal_id, body.replacing(), body.version)


@deals.patch("/deals/<int:deal_id>", "records.edit", gives=DealShown, shows=show, statuses={409: ASKS})
def change(deal_id: int, body: DealChange) -> Any:
    """Change some fields of a deal, its stage and its status together or not at all.

    `won` and `lost` enter the pipeline's stage of that kind; `in_progress` and `new` reopen a closed deal. Going back
    to an earlier stage, or to open, is for owners and admins. A `status` that contradicts `stage` is refused.
    """
    return revised(deal_id, body.given(), body.version)


def revised(deal_id: int, values: dict[str, Any], version: int | None) -> Any:
    deal = one_or_404(deal_to_change(current.member, deal_id))
    current.member.must("records.edit", deal, words=NOT_YOURS)
    if values.get("pipeline_id", deal.stage.pipeline_id) != deal.stage.pipeline_id:
        raise Invalid("A deal stays in its pipeline.", field="pipeline_id")
    revise(deal, checked(values, deal), by=current.member, version=version)
    return saved(deal)


@deals.delete("/deals/<int:deal_id>", "records.delete", shows=show)
def delete(deal_id: int) -> Any:
    """Delete a deal with its tasks and its timeline."""
    deal = one_or_404(deal_to_change(current.member, deal_id))
    deal.expect(if_match())
    deal.delete(by=current.member)
    return saved(None)


@deals.patch("/deals/<int:deal_id>/stage", "records.edit", gives=DealShown, shows=show, statuses={409: ASKS})
def enter(deal_id: int, body: StageChange) -> Any:
    """Enter a stage, on top of it, bringing what it asks for."""
    if not {"stage", "stage_id"} & body.model_fields_set:
        raise Invalid("Name a stage.", field="stage")
    return revised(deal_id, body.given(), body.version)


@deals.patch("/deals/<int:deal_id>/status", "records.edit", gives=DealShown, shows=show, statuses={409: ASKS})
def close(deal_id: int, body: StatusChange) -> Any:
    """Win, lose or reopen a deal; `in_progress` also says that work on a new one has begun."""
    return revised(deal_id, body.given(), body.version)
