"""Lost reasons: the organization's own list of why deals are lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session

from crm.contacts.rules import tidy
from crm.errors import Conflict, Invalid
from crm.organizations.models import Membership, hold
from crm.pipelines.models import NOT_ALLOWED, LostReason, check_name
from crm.pipelines.queries import lost_reason_of, lost_reasons_of
from crm.trail import audit

LONGEST_REASON = 60
# The slice of deals lies above this one: all that is known of it here is why they were lost.
DEALS = table("deals", column("organization_id"), column("lost_reason_id"))


def add_lost_reason(session: Session, name: str, *, asks_note: bool = False, by: Membership) -> LostReason:
    """A new reason at the end of the list. Raises Invalid at `name`, Conflict when the name is taken."""
    by.must("pipelines.edit", words=NOT_ALLOWED)
    reason = LostReason(organization_id=by.organization_id, name=free_name(session, name, by), asks_note=asks_note)
    last = select(func.max(LostReason.position)).where(LostReason.organization_id == by.organization_id)
    reason.position = (session.scalar(last) or 0) + 1
    session.add(reason)
    session.flush()
    return reason


def change_lost_reason(session: Session, reason: LostReason, values: dict[str, Any], *, by: Membership) -> None:
    """Sets `name` and `asks_note`, also for the deals lost before. Raises Conflict when the name is taken."""
    by.must("pipelines.edit", words=NOT_ALLOWED)
    if "name" in values:
        reason.name = free_name(session, values["name"], by, but=reason)
    reason.asks_note = values.get("asks_note", reason.asks_note)


def order_lost_reasons(session: Session, ids: Sequence[int], *, by: Membership) -> None:
    """Puts the reasons into this order. Raises Invalid unless it names each of them once."""
    by.must("pipelines.edit", words=NOT_ALLOWED)
    reasons = {reason.id: reason for reason in session.scalars(lost_reasons_of(by))}
    if sorted(ids) != sorted(reasons):
        raise Invalid("The reasons have changed in the meantime. Load the page again.", field="order")
    for position, id in enumerate(ids):
        reasons[id].position = position


def delete_lost_reason(session: Session, reason: LostReason, *, by: Membership) -> None:
    """Raises Conflict while deals have it, and for the last one while losing a deal asks for a reason."""
    by.must("pipelines.edit", words=NOT_ALLOWED)
    hold(by.organization)
    if session.scalar(lost_reason_of(by, reason.id).with_for_update()) is None:
        raise Conflict("This reason was deleted in the meantime.", code="REASON_GONE")
    refuse_needed(session, reason, by)
    audit(session, "lost_reason_deleted", by=by, subject=reason.name)
    session.delete(reason)
    session.flush()


def refuse_needed(session: Session, reason: LostReason, by: Membership) -> None:
    """Raises Conflict when deals have it, and for the last one while losing a deal asks for a reason."""
    here = (DEALS.c.organization_id == by.organization_id, DEALS.c.lost_reason_id == reason.id)
    if count := session.scalar(select(func.count()).where(*here)):
        words = "Deals were lost for this reason (%(count)s), so it stays. Rename it instead."
        raise Conflict(words, code="REASON_IN_USE", count=count)
    if by.organization.lost_reason_required and len(session.scalars(lost_reasons_of(by)).all()) == 1:
        raise Conflict("Losing a deal asks for a reason, so at least one stays.", code="REASON_NEEDED")


def free_name(session: Session, name: str | None, by: Membership, *, but: LostReason | None = None) -> str:
    """The name in one line. Raises Invalid for none or a long one, Conflict when it is taken, whatever its capitals."""
    line = tidy(name)
    check_name(line, LONGEST_REASON)
    same = lost_reasons_of(by).where(func.lower(LostReason.name) == func.lower(line))
    if session.scalar(same) not in (None, but):
        raise Conflict("There is a reason of that name already.", field="name", code="NAME_TAKEN")
    return line
