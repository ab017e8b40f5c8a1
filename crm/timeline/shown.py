"""Activities as programs see and post them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from crm.api.schemas import Body, Moment, Paged, Shown, Text


class ActivityShown(Shown):
    id: int = Field(examples=[17])
    type: str = Field(description="Such as `comment` or `status_changed`.", examples=["call"])
    payload: dict[str, Any] = Field(
        description="From what to what, or the text that somebody wrote.", examples=[{"text": "They want an offer."}]
    )
    deal_id: int | None = Field(examples=[None])
    contact_id: int | None = Field(examples=[17])
    company_id: int | None = Field(examples=[None])
    actor_id: int | None = Field(description="The user who did it; null when nobody did.", examples=[5])
    created_at: Moment


class PostedText(Body):
    text: Text = Field(max_length=20_000, examples=["They want an offer."])


class ActivityPosted(Body):
    """What people report; all other activities are written by what happens."""

    type: Literal["comment", "call", "email", "meeting"] = Field(examples=["call"])
    payload: PostedText


class ActivityQuery(Paged):
    order: Literal["asc", "desc"] = Field("desc", description="By when it happened.", examples=["desc"])
