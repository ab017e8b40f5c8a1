"""Webhooks and their deliveries as programs see them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from crm.api.schemas import Moment, Shown, Text
from crm.webhooks.models import EVENT_TYPES

EventType = Annotated[Text, Field(json_schema_extra={"enum": list(EVENT_TYPES)}, examples=["deal_created"])]
State = Literal["waiting", "delivered", "failed"]


class WebhookShown(Shown):
    id: int = Field(examples=[17])
    url: str = Field(examples=["https://hooks.example.com/crm"])
    description: str = Field(examples=["Tells the warehouse."])
    event_types: list[EventType] = Field(description="It hears of these, or of all when the list is empty.")
    enabled: bool = Field(examples=[True])
    failing_since: Moment | None = Field(description="When the first message failed after the last that arrived.")
    disabled_at: Moment | None = Field(description="When it was switched off, by a person or after days of failures.")
    created_at: Moment
    version: int = Field(examples=[1])


class SecretShown(Shown):
    secret: str | None = Field(
        description="What messages are signed with; null in the answer to a repeated request, which is never stored.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="],
    )
    previous_until: Moment | None = Field(description="Until then the secret before it signs too.")


class WebhookAdded(WebhookShown, SecretShown):
    """The answer that has the secret."""


class DeliveryShown(Shown):
    id: int = Field(examples=[17])
    message_id: str = Field(description="The webhook-id header: the same at each attempt.", examples=["activity_4711"])
    type: str = Field(description="An event type, or `test`.", examples=["deal_created"])
    state: State
    attempts: int = Field(examples=[1])
    next_attempt_at: Moment | None
    last_attempt_at: Moment | None
    delivered_at: Moment | None
    failed_at: Moment | None
    status_code: int | None = Field(description="Of the last answer.", examples=[204])
    error: str = Field(description="Why there was no answer.", examples=[""])
    duration_ms: int | None = Field(description="How long the last attempt took.", examples=[87])
    created_at: Moment


class DeliveryInFull(DeliveryShown):
    payload: dict[str, Any] = Field(description="The message's body.", examples=[{"type": "deal_created"}])
    answer: str = Field(description="The beginning of the last answer's body.", examples=["ok"])
