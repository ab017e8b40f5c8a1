"""An organization as programs see one."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema

from crm.api.schemas import Moment, Shown
from crm.organizations.currencies import plain
from crm.organizations.models import Membership

RoleName = Literal["owner", "admin", "manager", "member", "viewer"]
Visibility = Literal["everyone", "team", "own"]


class OrganizationShown(Shown):
    id: int = Field(examples=[3])
    name: str = Field(examples=["Brandt GmbH"])
    currency: str = Field(description="ISO 4217.", examples=["EUR"])
    timezone: str = Field(examples=["Europe/Berlin"])
    language: str = Field(examples=["en"])
    visibility: Visibility = Field(description="Whose records members and viewers see.")
    lost_reason_required: bool = Field(examples=[True])
    created_at: Moment
    version: int = Field(examples=[1])


class OwnOrganization(OrganizationShown):
    """An organization for somebody in it."""

    role: RoleName = Field(description="The own one.")


def own(member: Membership) -> SimpleNamespace:
    """The member's organization, with the role in it."""
    organization = {name: getattr(member.organization, name) for name in OrganizationShown.model_fields}
    return SimpleNamespace(**organization, role=member.role)


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
