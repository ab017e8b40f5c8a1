"""Contacts and companies as programs see them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from crm.api.schemas import Moment, Shown

Status = Literal["new", "in_work", "stuck", "closed", "dead"]


class AddressedShown(Shown):
    """What both have."""

    id: int = Field(examples=[17])
    name: str = Field(examples=["Brandt"])
    email: str | None = Field(examples=["jonas@brandt.example"])
    phone: str | None = Field(examples=["+49 421 5550018"])
    note: str | None = Field(examples=["Met at the fair."])
    owner_id: int = Field(description="A user's id.", examples=[5])
    tag_ids: list[int] = Field(description="By the tags' names.", examples=[[2]])
    archived_at: Moment | None = Field(examples=[None])
    created_at: Moment
    updated_at: Moment
    version: int = Field(examples=[1])


class ContactShown(AddressedShown):
    name: str = Field(examples=["Jonas Brandt"])
    position: str | None = Field(examples=["Head of purchasing"])
    status: Status = Field(examples=["in_work"])
    company_id: int | None = Field(examples=[4])


class CompanyShown(AddressedShown):
    name: str = Field(examples=["Brandt GmbH"])
    domain: str | None = Field(examples=["brandt.example"])
    industry: str | None = Field(examples=["Logistics"])
    city: str | None = Field(examples=["Bremen"])


class TagShown(Shown):
    id: int = Field(examples=[2])
    name: str = Field(examples=["Key account"])
    color: str = Field(examples=["rose"])
