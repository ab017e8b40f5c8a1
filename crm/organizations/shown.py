"""An organization as programs see one."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema

from crm.api.schemas import Moment, Shown
from crm.organizations.currencies import plain


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


RateShown = Annotated[
    Decimal,
    PlainSerializer(lambda rate: Decimal(plain(rate)), return_type=Decimal),
    WithJsonSchema({"type": "number", "examples": [1.0825]}),
]


class CurrencyShown(Shown):
    id: int = Field(examples=[2])
    code: str = Field(description="ISO 4217.", examples=["USD"])
    rate: RateShown = Field(description="What one unit is worth in the organization's own currency.")
    version: int = Field(examples=[1])
