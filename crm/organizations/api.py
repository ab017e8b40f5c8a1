"""Organizations by program: the own ones, their settings, their end."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm.api.calls import if_match, referred, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Body, Id, Page, Paged, Text, Versioned
from crm.database import db
from crm.organizations.ending import delete_organization, transfer_ownership
from crm.organizations.models import Organization
from crm.organizations.queries import active_member, memberships_of, organization_of
from crm.organizations.shown import OwnOrganization, Visibility, own
from crm.sessions import current
from crm.tenancy import names

organizations = Endpoints("organizations")
names("organization_id", organization_of)
ORDERS = {"id": Organization.__table__.c.id}


class Settings(Versioned):
    """What is left out stays as it is."""

    name: Text = Field("", max_length=400, examples=["Brandt GmbH"])
    currency: Text = Field("", max_length=3, description="ISO 4217.", examples=["EUR"])
    timezone: Text = Field("", max_length=64, examples=["Europe/Berlin"])
    language: Text = Field("", max_length=8, examples=["en"])
    visibility: Visibility = Field("everyone", description="Whose records members and viewers see.")
    lost_reason_required: bool = Field(True, description="Whether losing a deal asks for a reason.")


class NewOwner(Body):
    user_id: Id = Field(description="A member's user id.", examples=[5])


@organizations.get("/organizations/me", "organization.view", gives=OwnOrganization)
def mine() -> Any:
    """Get the organization of this call."""
    return own(current.member)


@organizations.get("/organizations", "signed in", gives=Page[OwnOrganization])
def index(query: Paged) -> Any:
    """List the own organizations."""
    page = page_of(memberships_of(current.user), query, ORDERS, Organization.id)
    return page | {"items": [own(one) for one in page["items"]]}


@organizations.get("/organizations/<int:organization_id>", "organization.view", gives=OwnOrganization)
def show(organization_id: int) -> Any:
    """Get an organization."""
    return own(current.member)


@organizations.put(
    "/organizations/<int:organization_id>", "organization.settings", gives=OwnOrganization, shows=show,
    statuses={409: "Another version, or deals in another currency."},
)  # fmt: skip
def replace(organization_id: int, body: Settings) -> Any:
    """Set an organization's settings.

    What is left out stays as it is.
    """
    return changed(body)


@organizations.patch(
    "/organizations/<int:organization_id>", "organization.settings", gives=OwnOrganization, shows=show,
    statuses={409: "Another version, or deals in another currency."},
)  # fmt: skip
def change(organization_id: int, body: Settings) -> Any:
    """Change some of an organization's settings."""
    return changed(body)


def changed(body: Settings) -> Any:
    me = current.member
    me.organization.change(body.given(), by=me, version=body.version)
    db.session.flush()
    return saved(own(me))


@organizations.delete("/organizations/<int:organization_id>", "organization.delete", shows=show)
def delete(organization_id: int) -> Any:
    """Delete an organization with everything in it.

    It asks for no confirmation and can't be undone.
    """
    here = current.member.organization
    here.expect(if_match())
    delete_organization(db.session(), here, typed=here.name, by=current.member)
    return saved(None)


@organizations.post(
    "/organizations/<int:organization_id>/transfer", "organization.transfer", gives=OwnOrganization, status=200,
    statuses={409: "That person is an owner already, or no longer a member."},
)  # fmt: skip
def transfer(organization_id: int, body: NewOwner) -> Any:
    """Transfer ownership to another member.

    That person becomes an owner, the caller an admin.
    """
    me = current.member
    heir = referred(active_member(me, body.user_id), "user_id", "No such person.")
    transfer_ownership(db.session(), to=heir, by=me)
    db.session.flush()
    return saved(own(me))
