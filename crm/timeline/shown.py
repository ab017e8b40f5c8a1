"""Activities as programs see them, and as they report them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from crm.api.schemas import Body, Moment, Shown, Text
from crm.timeline.models import LONGEST_TEXT, Automatic, Posted

Kind = Literal[Posted, Automatic]
EXAMPLE = {"old_stage": "lead", "new_stage": "proposal"}


class ActivityShown(Shown):
    """Something that happened. `stage_changed` names stages by their slugs, `owner_changed` people by user ids."""

    id: int = Field(examples=[44])
    type: Kind = Field(examples=["stage_changed"])
    payload: dict[str, Any] = Field(examples=[EXAMPLE])
    deal_id: int | None = Field(examples=[17])
    contact_id: int | None = Field(examples=[None])
    company_id: int | None = Field(examples=[None])
    actor_id: int | None = Field(description="Who did it: a user's id.", examples=[5])
    created_at: Moment

    @field_validator("payload", mode="before")
    @classmethod
    def in_our_terms(cls, kept: dict[str, Any], about: ValidationInfo) -> dict[str, Any]:
        return payload_of(about.data["type"], kept)


class Said(Body):
    text: Text = Field(max_length=LONGEST_TEXT, examples=["They want the offer until Friday."])


class Report(Body):
    """What people report themselves."""

    type: Posted = Field(examples=["call"])
    payload: Said


def payload_of(kind: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept, in the API's terms: stages by slug, money as a number."""
    if kind == "stage_changed":
        slugs = {"old_stage": kept.get("left"), "new_stage": kept.get("slug")}
        return {name: slug or kept.get(name) for name, slug in slugs.items()}
    if kind == "amount_changed":
        return {**kept} | {name: amount(kept.get(name)) for name in ("old", "new")}
    return dict(kept)


def amount(kept: str | None) -> Decimal | None:
    return None if kept is None else round(Decimal(kept), 2)
