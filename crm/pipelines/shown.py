"""Pipelines, stages and lost reasons as programs see them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from crm.api.schemas import Moment, Shown

Kind = Literal["open", "won", "lost"]
Colour = Literal["slate", "teal", "sky", "blue", "plum", "rose", "red", "orange", "gold", "green"]
Required = Literal["amount", "expected_close_date", "contact_id", "company_id"]


class StageShown(Shown):
    id: int = Field(examples=[31])
    pipeline_id: int = Field(examples=[3])
    name: str = Field(examples=["Proposal"])
    slug: str = Field(description="What `stage` of a deal says; it stays when the name changes.", examples=["proposal"])
    color: Colour = Field(examples=["blue"])
    position: int = Field(description="From 0 on, won and lost last.", examples=[2])
    kind: Kind
    probability: int = Field(description="The chance to win, in percent.", examples=[50])
    rots_after: int | None = Field(description="Days without news after which a deal rots.", examples=[21])
    wip_limit: int | None = Field(description="How many deals the stage is meant for.", examples=[20])
    wip_strict: bool = Field(description="Whether more deals than the limit are refused (409).", examples=[False])
    required: list[Required] = Field(description="What a deal needs to enter.", examples=[["amount"]])
    created_at: Moment
    version: int = Field(examples=[1])


class PipelineShown(Shown):
    id: int = Field(examples=[3])
    name: str = Field(examples=["New business"])
    position: int = Field(examples=[0])
    stages: list[StageShown]
    created_at: Moment
    version: int = Field(examples=[1])


class LostReasonShown(Shown):
    id: int = Field(examples=[9])
    name: str = Field(examples=["Price"])
    position: int = Field(examples=[0])
    asks_note: bool = Field(description="Whether who chooses it must say more in `lost_note`.", examples=[False])
    created_at: Moment
