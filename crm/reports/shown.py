"""Numbers over many deals as programs see them. Sums are in the organization's currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, WithJsonSchema

from crm.api.schemas import Shown, Sum
from crm.deals.shown import UnconvertedShown


class SumShown(Shown):
    count: int = Field(examples=[12])
    total_amount: Sum
    unconverted: list[UnconvertedShown] = Field(examples=[[]])


class ByStatus(Shown):
    new: SumShown
    in_progress: SumShown
    won: SumShown
    lost: SumShown


class NewDealsShown(Shown):
    days: int = Field(examples=[7])
    count: int = Field(examples=[3])


class SummaryShown(Shown):
    currency: str = Field(description="Of the sums: the organization's own.", examples=["EUR"])
    by_status: ByStatus
    total: SumShown
    average_won_amount: Sum
    new_deals_last_30_days: int = Field(examples=[9])
    new_deals: NewDealsShown | None = Field(description="Of the last `days`, if these were asked for.")


class Counts(Shown):
    new: int = Field(examples=[4])
    in_progress: int = Field(examples=[5])
    won: int = Field(examples=[2])
    lost: int = Field(examples=[1])


Percent = Annotated[Decimal, WithJsonSchema({"type": "number", "examples": [62.5]})]
"""With one decimal."""


class StepShown(Shown):
    stage: str = Field(description="Its slug.", examples=["proposal"])
    stage_id: int = Field(examples=[31])
    name: str = Field(examples=["Proposal"])
    color: str = Field(examples=["blue"])
    count: int = Field(description="Deals that ever reached it.", examples=[12])
    by_status: Counts
    conversion_rate: Percent = Field(description="Percent of the stage before; 100.0 for the first.")


class FunnelShown(Shown):
    pipeline_id: int | None = Field(examples=[3])
    stages: list[StepShown]


class StageNumbers(Shown):
    id: int = Field(examples=[31])
    name: str = Field(examples=["Proposal"])
    color: str = Field(examples=["blue"])
    kind: str = Field(examples=["open"])
    deals_count: int = Field(description="Deals that stand in it now.", examples=[12])
    total_amount: Sum
    weighted_amount: Sum = Field(description="Each amount times its chance to win.")
    unconverted: int = Field(description="Deals in currencies without a rate, outside the sums.", examples=[0])


class PipelineNumbers(Shown):
    pipeline_id: int | None = Field(examples=[3])
    currency: str = Field(examples=["EUR"])
    stages: list[StageNumbers]
