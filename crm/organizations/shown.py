"""An organization as programs see one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from crm.api.schemas import Moment, Shown


class OrganizationShown(Shown):
    id: int = Field(examples=[3])
    name: str = Field(examples=["Brandt GmbH"])
    currency: str = Field(description="ISO 4217.", examples=["EUR"])
    timezone: str = Field(examples=["Europe/Berlin"])
    language: str = Field(examples=["en"])
    visibility: Literal["everyone", "team", "own"] = Field(description="Whose records members and viewers see.")
    lost_reason_required: bool = Field(examples=[True])
    created_at: Moment
    version: int = Field(examples=[1])
