"""What programs send about deals."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field
from pydantic.config import JsonDict

from crm.api.schemas import Day, Id, Line, Money, Text, Versioned, Whole, optional
from crm.deals.shown import Status
from crm.timeline.models import LONGEST_TEXT

Percent = Annotated[Whole, Field(ge=0, le=100)]
SLUG = {"max_length": 60, "examples": ["proposal"]}
EXAMPLE: JsonDict = {"title": "40 scanners", "amount": 18500.0, "contact_id": 12, "company_id": 4, "tag_ids": [2, 8]}
REASON = "One of the lost reasons; losing a deal asks for it unless the organization does not."


class Filled(Versioned):
    """What a stage may ask for on the way in."""

    amount: Money = optional()
    expected_close_date: Day | None = None
    contact_id: Id | None = None
    company_id: Id | None = None
    lost_reason_id: Id | None = Field(None, description=REASON)
    lost_note: Text | None = Field(None, max_length=LONGEST_TEXT, examples=["Too late."])


class DealFields(Filled):
    """What a deal may hold. A PUT empties what it leaves out; what can't be empty stays, the reason of a loss too."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}

    title: Line = Field(max_length=200, examples=["40 scanners"])
    amount: Money = Decimal(0)
    currency: Text = optional(max_length=3, description="ISO 4217; the organization's when left out.", examples=["EUR"])
    tag_ids: list[Id] = Field([], max_length=100, examples=[[2, 8]])
    probability: Percent | None = Field(None, description="Percent; null is the stage's.", examples=[60])
    owner_id: Id = optional(description="A user's id; the own one when left out.", examples=[5])
    pipeline_id: Id = optional(description="The first one when left out. A deal stays in its pipeline.", examples=[3])
    stage: Text = optional(description="Its slug; the first stage when left out.", **SLUG)
    stage_id: Id = optional(description="The same by its id.", examples=[31])
    status: Status = optional(
        description="`won` and `lost` enter those stages, `in_progress` reopens a closed deal.",
        examples=["in_progress"],
    )

    def replacing(self) -> dict[str, Any]:
        """What a PUT sets."""
        stays = {name for name, field in type(self).model_fields.items() if field.default_factory}
        return self.full(*((stays | {"lost_reason_id", "lost_note"}) - self.model_fields_set))


class DealChange(DealFields):
    title: Line = optional(max_length=200, examples=["40 scanners"])


class Move(Filled):
    model_config = {"json_schema_extra": {"examples": [{"stage_id": 31, "after_id": 22}]}}

    stage_id: Id = Field(description="A stage of the deal's own pipeline.", examples=[31])
    before_id: Id | None = Field(None, description="Place it above this deal; on top without either.", examples=[21])
    after_id: Id | None = Field(None, description="Place it below this deal.", examples=[22])


class StageChange(Filled):
    model_config = {"json_schema_extra": {"examples": [{"stage": "proposal"}]}}

    stage: Text = optional(description="Its slug.", **SLUG)
    stage_id: Id = optional(description="The same by its id; one of them is needed.", examples=[31])


class StatusChange(Filled):
    model_config = {"json_schema_extra": {"examples": [{"status": "won", "amount": 18500.0}]}}

    status: Status = Field(examples=["won"])


class Snooze(Versioned):
    model_config = {"json_schema_extra": {"examples": [{"until": "2031-12-31"}]}}

    until: Day | None = Field(description="A day after today, by the user's own calendar; null wakes it.")


class Assignment(Versioned):
    user_id: Id = Field(description="Who owns it from now on.", examples=[5])
