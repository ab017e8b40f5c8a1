"""Why deals are lost: the organization's own list, by program."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm.api.calls import named_here, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import Listed, page_of
from crm.api.schemas import MOST, Body, Id, Line, Page, Paged, optional
from crm.database import db
from crm.hypermedia import one_or_404
from crm.pipelines.models import LostReason
from crm.pipelines.queries import lost_reason_of, lost_reasons_of
from crm.pipelines.reasons import (
    LONGEST_REASON,
    add_lost_reason,
    change_lost_reason,
    delete_lost_reason,
    order_lost_reasons,
)
from crm.pipelines.shown import LostReasonShown
from crm.sessions import current
from crm.tenancy import names

reasons = Endpoints("lost reasons", scope="pipelines")
names("reason_id", lost_reason_of)
TAKEN = "The name is taken."
NEEDED = "Deals have it, or it is the last one while losing a deal asks for a reason."


class ReasonFields(Body):
    name: Line = Field(max_length=LONGEST_REASON, examples=["Price"])
    asks_note: bool = Field(False, description="Whether who chooses it must say more in `lost_note`.")


class ReasonChange(ReasonFields):
    name: Line = optional(max_length=LONGEST_REASON, examples=["Price"])


class ReasonOrder(Body):
    reason_ids: list[Id] = Field(description="All of them.", examples=[[9, 10]])


@reasons.get("/lost-reasons", "organization.view", gives=Page[LostReasonShown])
def list_reasons(query: Paged) -> Any:
    """List the reasons in their order."""
    return listed(query)


def listed(query: Paged) -> Listed:
    return page_of(lost_reasons_of(current.member), query, {"position": LostReason.position}, LostReason.id)


@reasons.post("/lost-reasons", "pipelines.edit", gives=LostReasonShown, statuses={409: TAKEN})
def add_reason(body: ReasonFields) -> Any:
    """Add a reason at the end of the list."""
    return saved(add_lost_reason(db.session(), by=current.member, **body.full()))


@reasons.put("/lost-reasons/order", "pipelines.edit", gives=Page[LostReasonShown])
def order_reasons(body: ReasonOrder) -> Any:
    """Put the reasons into another order."""
    with named_here(order="reason_ids"):
        order_lost_reasons(db.session(), body.reason_ids, by=current.member)
    return saved(listed(Paged.model_validate({"page_size": MOST})))


@reasons.get("/lost-reasons/<int:reason_id>", "organization.view", gives=LostReasonShown)
def show_reason(reason_id: int) -> LostReason:
    """Get a reason."""
    return one_or_404(lost_reason_of(current.member, reason_id))


@reasons.put("/lost-reasons/<int:reason_id>", "pipelines.edit", gives=LostReasonShown, statuses={409: TAKEN})
def replace_reason(reason_id: int, body: ReasonFields) -> Any:
    """Set name and `asks_note`, also for the deals that were lost before."""
    return changed(show_reason(reason_id), body.full())


@reasons.patch("/lost-reasons/<int:reason_id>", "pipelines.edit", gives=LostReasonShown, statuses={409: TAKEN})
def change_reason(reason_id: int, body: ReasonChange) -> Any:
    """Change what is named."""
    return changed(show_reason(reason_id), body.given())


def changed(reason: LostReason, values: dict[str, Any]) -> Any:
    change_lost_reason(db.session(), reason, values, by=current.member)
    return saved(reason)


@reasons.delete("/lost-reasons/<int:reason_id>", "pipelines.edit", statuses={409: NEEDED})
def delete_reason(reason_id: int) -> Any:
    """Delete a reason that no deal has."""
    delete_lost_reason(db.session(), show_reason(reason_id), by=current.member)
    return saved(None)
