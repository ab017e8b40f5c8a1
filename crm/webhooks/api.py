"""Webhooks by program."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy.orm import defer

from crm.api.calls import if_match, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Body, Page, Paged, Text, Versioned
from crm.database import db
from crm.hypermedia import one_or_404
from crm.sessions import current
from crm.webhooks.installation import Secret, current_secret, private_allowed
from crm.webhooks.models import EVENT_TYPES, WebhookDelivery, WebhookEndpoint
from crm.webhooks.operations import add_endpoint, delete_endpoint, rotate_secret, send_again, send_test
from crm.webhooks.queries import deliveries_of, delivery_to, endpoint_of, endpoints_of
from crm.webhooks.rules import LONGEST_DESCRIPTION, LONGEST_URL
from crm.webhooks.shown import (
    DeliveryInFull,
    DeliveryShown,
    EventType,
    SecretShown,
    State,
    WebhookAdded,
    WebhookShown,
)

webhooks = Endpoints("webhooks")
EDIT = "webhooks.edit"
ONE, DELIVERIES = "/webhooks/<int:webhook_id>", "/webhooks/<int:webhook_id>/deliveries"
DELIVERY = f"{DELIVERIES}/<int:delivery_id>"
OFF = {409: "The webhook is switched off."}
Address = Annotated[
    Text,
    Field(
        description="On the public internet, port 80, 443 or one from 1024 on.",
        examples=["https://hooks.example.com/crm"],
        json_schema_extra={"maxLength": LONGEST_URL},
    ),
]


class DeliveryQuery(Paged):
    state: State | None = None
    order: Literal["asc", "desc"] = "desc"


class WebhookFields(Versioned):
    """What a webhook may hold. A PUT sets all of it, a PATCH what it names."""

    url: Address
    description: Text = Field("", max_length=LONGEST_DESCRIPTION, examples=["Tells the warehouse."])
    event_types: list[EventType] = Field(
        [],
        max_length=len(EVENT_TYPES),
        description="What it hears of; everything when the list is empty.",
        json_schema_extra={"uniqueItems": True},
    )
    enabled: bool = True


class WebhookChange(WebhookFields):
    url: Address = ""


class Rotation(Body):
    at_once: bool = Field(False, description="The old secrets end now; else they sign for 24 hours more.")


@webhooks.get("/webhooks", EDIT, gives=Page[WebhookShown])
def index(query: Paged) -> Any:
    """List webhooks, the oldest first."""
    return page_of(endpoints_of(current.member), query, {"id": WebhookEndpoint.id}, WebhookEndpoint.id)


@webhooks.post("/webhooks", EDIT, gives=WebhookAdded, statuses={409: "There are twenty, which is the most."})
def add(body: WebhookFields) -> Any:
    """Add a webhook. The answer has its secret."""
    endpoint = add_endpoint(db.session(), body.given(), by=current.member, private=private_allowed())
    return told(endpoint, endpoint)


def told(endpoint: WebhookEndpoint, record: Any = None) -> Any:
    """Ends a change with the secret in the answer, but not in the answer that is stored."""
    secret = current_secret(endpoint, by=current.member)
    return saved(with_secret(record, secret), kept=with_secret(record, replace(secret, secret=None)))


def with_secret(record: WebhookEndpoint | None, secret: Secret) -> dict[str, Any]:
    shown = WebhookShown.model_validate(record).__dict__ if record else {}
    return shown | asdict(secret)


def found(webhook_id: int) -> WebhookEndpoint:
    return one_or_404(endpoint_of(current.member, webhook_id))


def delivered(webhook_id: int, delivery_id: int) -> WebhookDelivery:
    return one_or_404(delivery_to(current.member, webhook_id, delivery_id))


@webhooks.get(ONE, EDIT, gives=WebhookShown)
def show(webhook_id: int) -> WebhookEndpoint:
    """Get a webhook, without its secret."""
    return found(webhook_id)


@webhooks.put(ONE, EDIT, gives=WebhookShown, shows=show)
def replace_all(webhook_id: int, body: WebhookFields) -> Any:
    """Set all fields of a webhook; what is left out has its default."""
    return changed(webhook_id, body.full(), body.version)


@webhooks.patch(ONE, EDIT, gives=WebhookShown, shows=show)
def change(webhook_id: int, body: WebhookChange) -> Any:
    """Change some fields of a webhook. Switched off, it gives up what waits."""
    return changed(webhook_id, body.given(), body.version)


def changed(webhook_id: int, values: dict[str, Any], version: int | None) -> Any:
    endpoint = found(webhook_id)
    endpoint.change(values, by=current.member, version=version, private=private_allowed())
    return saved(endpoint)


@webhooks.delete(ONE, EDIT, shows=show)
def delete(webhook_id: int) -> Any:
    """Delete a webhook with its deliveries; what waits is not sent any more."""
    endpoint = found(webhook_id)
    endpoint.expect(if_match())
    delete_endpoint(db.session(), endpoint, by=current.member)
    return saved(None)


@webhooks.get(f"{ONE}/secret", EDIT, gives=SecretShown, scope="webhooks:write")
def secret(webhook_id: int) -> Secret:
    """Get the secret that messages are signed with.

    Who knows it can sign messages in our name, so a token that may only read does not get it.
    """
    return current_secret(found(webhook_id), by=current.member)


@webhooks.post(
    f"{ONE}/rotate-secret", EDIT, gives=SecretShown, status=200, statuses={409: "It was changed too often today."}
)
def rotate(webhook_id: int, body: Rotation) -> Any:
    """Make a new secret. The answer has it."""
    endpoint = found(webhook_id)
    rotate_secret(db.session(), endpoint, by=current.member, at_once=body.at_once)
    return told(endpoint)


@webhooks.post(f"{ONE}/test", EDIT, gives=DeliveryInFull, statuses=OFF)
def test(webhook_id: int) -> Any:
    """Send a message of the type `test`, to this webhook only."""
    return saved(send_test(db.session(), found(webhook_id), by=current.member))


@webhooks.get(DELIVERIES, EDIT, gives=Page[DeliveryShown])
def deliveries(webhook_id: int, query: DeliveryQuery) -> Any:
    """List the messages of the last 30 days to a webhook, the newest first."""
    here = deliveries_of(current.member, found(webhook_id), state=query.state, most=None)
    brief = here.options(defer(WebhookDelivery.payload), defer(WebhookDelivery.answer))
    return page_of(brief, query, {"id": WebhookDelivery.id}, WebhookDelivery.id)


@webhooks.get(DELIVERY, EDIT, gives=DeliveryInFull)
def delivery(webhook_id: int, delivery_id: int) -> WebhookDelivery:
    """Get a message with its body and the answer to it."""
    return delivered(webhook_id, delivery_id)


@webhooks.post(f"{DELIVERY}/retry", EDIT, gives=DeliveryInFull, status=200, statuses=OFF)
def retry(webhook_id: int, delivery_id: int) -> Any:
    """Send a message again, at once and under the same id, with all its retries."""
    message = delivered(webhook_id, delivery_id)
    send_again(db.session(), message, by=current.member)
    return saved(message)
