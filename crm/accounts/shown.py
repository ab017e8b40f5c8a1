"""A user as programs see one."""

from __future__ import annotations

from pydantic import Field

from crm.api.schemas import Moment, Shown


class UserShown(Shown):
    id: int = Field(examples=[5])
    email: str = Field(examples=["anna@brandt.example"])
    name: str = Field(examples=["Anna Brandt"])
    timezone: str = Field(examples=["Europe/Berlin"])
    language: str = Field(examples=["en"])
    celebrates: bool = Field(description="Whether a won deal is celebrated on the board.", examples=[True])
    created_at: Moment
