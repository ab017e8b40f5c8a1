"""Endpoints and their deliveries, as a member sees them; what a worker needs to know of an organization."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.sql import func

from crm.organizations.models import Membership
from crm.organizations.permissions import Reach, Role, reach_of
from crm.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookSecret

PAGE = 50
STATES: dict[str, ColumnElement[bool]] = {
    "waiting": WebhookDelivery.next_attempt_at.is_not(None),
    "delivered": WebhookDelivery.delivered_at.is_not(None),
    "failed": WebhookDelivery.failed_at.is_not(None),
}


def living() -> ColumnElement[bool]:
    """Secrets that messages are signed with now."""
    return or_(WebhookSecret.expires_at.is_(None), WebhookSecret.expires_at > func.now())


def endpoints_of(member: Membership) -> Select[WebhookEndpoint]:
    """The organization's endpoints, the oldest first."""
    here = select(WebhookEndpoint).where(WebhookEndpoint.organization_id == member.organization_id)
    return here.order_by(WebhookEndpoint.id)


def endpoint_of(member: Membership, id: int) -> Select[WebhookEndpoint]:
    return endpoints_of(member).where(WebhookEndpoint.id == id)


def secrets_of(member: Membership, endpoint: WebhookEndpoint) -> Select[WebhookSecret]:
    """Those that still sign, the newest first."""
    here = WebhookSecret.organization_id == member.organization_id
    mine = select(WebhookSecret).where(here, WebhookSecret.endpoint_id == endpoint.id, living())
    return mine.order_by(WebhookSecret.id.desc())


def deliveries_of(
    member: Membership,
    endpoint: WebhookEndpoint,
    *,
    state: str | None = None,
    before: int | None = None,
    most: int | None = PAGE,
) -> Select[WebhookDelivery]:
    """One page, the newest first; `state` as in STATES, `before` the last id of the page above, `most` None for all."""
    here = WebhookDelivery.organization_id == member.organization_id
    page = select(WebhookDelivery).where(here, WebhookDelivery.endpoint_id == endpoint.id)
    page = page.order_by(WebhookDelivery.id.desc()).limit(most)
    if state is not None:
        page = page.where(STATES[state])
    return page.where(WebhookDelivery.id < before) if before else page


def delivery_of(member: Membership, id: int) -> Select[WebhookDelivery]:
    here = WebhookDelivery.organization_id == member.organization_id
    return select(WebhookDelivery).where(here, WebhookDelivery.id == id)


def delivery_to(member: Membership, endpoint_id: int, id: int) -> Select[WebhookDelivery]:
    """The delivery, if it is one to this endpoint."""
    return delivery_of(member, id).where(WebhookDelivery.endpoint_id == endpoint_id)


def keepers_of(organization_id: int) -> Select[Membership]:
    """Who looks after the webhooks of an organization: they hear of trouble."""
    roles = [role for role in Role if reach_of(role, "webhooks.edit") is not Reach.NONE]
    here = (Membership.organization_id == organization_id, Membership.ended_at.is_(None))
    return select(Membership).where(*here, Membership.role.in_(roles)).order_by(Membership.user_id)
