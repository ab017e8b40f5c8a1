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
    created_at: Moment
