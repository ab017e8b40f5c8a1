"""Registering by program: a person, an organization and its first pipeline at once."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm.accounts.shown import UserShown
from crm.api.calls import named_here, saved
from crm.api.endpoints import Endpoints
from crm.api.schemas import Body, Shown, Text
from crm.database import db
from crm.organizations.shown import OrganizationShown, OwnOrganization, own
from crm.registration.operations import found, register
from crm.sessions import current

registration = Endpoints("auth", scope="profile")
founding = Endpoints("organizations")


class Registration(Body):
    email: Text = Field(max_length=320, examples=["anna@brandt.example"])
    password: Text = Field(max_length=1000, examples=["correct horse battery"])
    name: Text = Field(max_length=400, examples=["Anna Brandt"])
    organization_name: Text = Field(max_length=400, examples=["Brandt GmbH"])


class Founding(Body):
    name: Text = Field(max_length=400, examples=["Brandt GmbH"])


class Registered(Shown):
    user: UserShown
    organization: OrganizationShown


@registration.post(
    "/auth/register", "public", gives=Registered, limits=[("60 per hour",)],
    statuses={409: "The address has a login already."},
)  # fmt: skip
def register_owner(body: Registration) -> Any:
    """Register.

    Makes a login, and an organization of that person's with its first pipeline.
    """
    with named_here(organization="organization_name"):
        owner = register(db.session(), **body.given("organization_name"), organization=body.organization_name)
    return saved(owner)


@founding.post("/organizations", "signed in", gives=OwnOrganization, limits=[("60 per hour",)])
def add_organization(body: Founding) -> Any:
    """Found a further organization with its first pipeline."""
    with named_here(organization="name"):
        owner = found(db.session(), body.name, owner=current.user)
    return saved(own(owner))
