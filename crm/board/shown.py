"""A board as programs see it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasPath, BeforeValidator, Field

from crm.api.schemas import DayShown, Moment, Shown, Sum
from crm.deals.shown import Status, UnconvertedShown
from crm.pipelines.shown import Colour, Kind

TagNames = Annotated[list[str], BeforeValidator(lambda pairs: [name for name, _ in pairs or ()])]


class CardShown(Shown):
    id: int = Field(examples=[17])
    title: str = Field(examples=["40 scanners"])
    amount: Sum
    currency: str = Field(examples=["EUR"])
    status: Status
    stage_id: int = Field(examples=[31])
    owner_id: int = Field(examples=[5])
    owner_name: str = Field(examples=["Anna Brandt"])
    with_name: str | None = Field(
        validation_alias="who", description="Company, else contact.", examples=["Nordwind AG"]
    )
    next_step: str | None = Field(validation_alias="next_title", description="The next task.", examples=["Call"])
    next_step_on: DayShown | None = Field(validation_alias="next_on")
    rotting: bool = Field(description="Quiet for longer than its stage allows.", examples=[False])
    tags: TagNames = Field(examples=[["Hot"]])
    expected_close_date: DayShown | None
    stage_entered_at: Moment
    version: int = Field(examples=[1])


class ColumnShown(Shown):
    """A stage. The numbers are of the whole column; of won and lost ones they are this month's, without cards."""

    id: int = Field(validation_alias=AliasPath("stage", "id"), examples=[31])
    name: str = Field(validation_alias=AliasPath("stage", "name"), examples=["Proposal"])
    slug: str = Field(validation_alias=AliasPath("stage", "slug"), examples=["proposal"])
    color: Colour = Field(validation_alias=AliasPath("stage", "color"))
    kind: Kind = Field(validation_alias=AliasPath("stage", "kind"))
    deals_count: int = Field(validation_alias=AliasPath("head", "count"), examples=[12])
    total_amount: Sum = Field(validation_alias=AliasPath("head", "total"))
    weighted_amount: Sum = Field(
        validation_alias=AliasPath("head", "weighted"), description="Each amount times its chance to win."
    )
    unconverted: list[UnconvertedShown] = Field(validation_alias="apart", examples=[[]])
    deals: list[CardShown] = Field(validation_alias="cards", description="The first ones from the top.")
    has_more: bool = Field(description="Whether there are further deals in it.", examples=[False])


class GroupShown(Shown):
    """A person, or a month of the expected close: `earlier`, `2026-12`, `later`, `none`. Open deals only."""

    key: str = Field(description="A user's id as text, or the month.", examples=["2026-12"])
    name: str = Field(validation_alias=AliasPath("of", "name"), examples=["December 2026"])
    owner_id: int | None = Field(validation_alias=AliasPath("of", "user_id"), examples=[None])
    deals_count: int = Field(validation_alias=AliasPath("head", "count"), examples=[12])
    total_amount: Sum = Field(validation_alias=AliasPath("head", "total"))
    weighted_amount: Sum = Field(validation_alias=AliasPath("head", "weighted"))
    unconverted: list[UnconvertedShown] = Field(validation_alias="apart", examples=[[]])
    deals: list[CardShown] = Field(validation_alias="cards", description="The first ones from the top.")
    has_more: bool = Field(description="Whether there are further deals in it.", examples=[False])


class BoardShown(Shown):
    pipeline_id: int = Field(examples=[3])
    name: str = Field(examples=["New business"])
    currency: str = Field(description="Of the sums.", examples=["EUR"])
    group_by: str = Field(description="What the columns of cards stand for.", examples=["stage"])
    stages: list[ColumnShown]
    columns: list[GroupShown] = Field(description="Of a board grouped by owner or month; else none.", examples=[[]])
