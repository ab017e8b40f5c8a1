"""Deals as programs see them."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasPath, Field

from crm.api.schemas import DayShown, Moment, Shown, Sum

Status = Literal["new", "in_progress", "won", "lost"]


class DealShown(Shown):
    id: int = Field(examples=[17])
    title: str = Field(examples=["40 scanners"])
    amount: Sum
    currency: str = Field(description="ISO 4217.", examples=["EUR"])
    status: Status
    stage: str = Field(validation_alias=AliasPath("stage", "slug"), description="Its slug.", examples=["proposal"])
    stage_id: int = Field(examples=[31])
    pipeline_id: int = Field(validation_alias=AliasPath("stage", "pipeline_id"), examples=[3])
    contact_id: int | None = Field(examples=[12])
    company_id: int | None = Field(examples=[4])
    owner_id: int = Field(description="A user's id.", examples=[5])
    expected_close_date: DayShown | None
    snoozed_until: DayShown | None = Field(description="Until that day it does not rot.")
    closed_on: DayShown | None = Field(description="The day on which it was won or lost.")
    probability: int | None = Field(description="Percent; null is the stage's.", examples=[60])
    lost_reason_id: int | None = Field(examples=[9])
    lost_note: str | None = Field(examples=["Too late."])
    tag_ids: list[int] = Field(examples=[[2, 8]])
    created_at: Moment
    updated_at: Moment
    stage_entered_at: Moment
    version: int = Field(examples=[1])


class UnconvertedShown(Shown):
    """Deals in a currency without a rate, in that currency: in no sum."""

    currency: str = Field(examples=["CHF"])
    count: int = Field(examples=[2])
    total_amount: Sum
