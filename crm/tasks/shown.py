"""Tasks as programs see them."""

from __future__ import annotations

from pydantic import Field

from crm.api.schemas import DayShown, Moment, Shown


class TaskShown(Shown):
    id: int = Field(examples=[23])
    title: str = Field(examples=["Send the offer"])
    due_date: DayShown = Field(validation_alias="due_on")
    deal_id: int = Field(examples=[17])
    assignee_id: int = Field(description="A user's id.", examples=[5])
    is_done: bool = Field(examples=[False])
    done_at: Moment | None
    done_by: int | None = Field(description="A user's id.", examples=[None])
    created_at: Moment
    version: int = Field(examples=[1])
