"""Members, invitations and teams as programs see them."""

from __future__ import annotations

from pydantic import AliasPath, Field, RootModel

from crm.api.schemas import Moment, Shown
from crm.organizations.shown import RoleName


class MemberShown(Shown):
    user_id: int = Field(examples=[5])
    name: str = Field(examples=["Anna Brandt"])
    email: str = Field(validation_alias=AliasPath("user", "email"), examples=["anna@brandt.example"])
    role: RoleName
    joined_at: Moment = Field(validation_alias="created_at")
    version: int = Field(examples=[1])


class InvitationShown(Shown):
    id: int = Field(examples=[8])
    email: str = Field(examples=["jonas@brandt.example"])
    role: RoleName
    team_id: int | None = Field(examples=[2])
    invited_by: int = Field(description="A user's id.", examples=[5])
    created_at: Moment
    expires_at: Moment
    token: str | None = Field(
        None, description="What accepts it. Null where it is sent by mail.", examples=["WzMsOCwiSm…"]
    )
    version: int = Field(examples=[1])


class Added(RootModel[MemberShown | InvitationShown]):
    """The new member (201), or the invitation (202)."""


class TeamPerson(Shown):
    user_id: int = Field(examples=[5])
    name: str = Field(validation_alias=AliasPath("member", "user", "name"), examples=["Anna Brandt"])
    is_lead: bool


class TeamShown(Shown):
    id: int = Field(examples=[2])
    name: str = Field(examples=["North"])
    members: list[TeamPerson]
    created_at: Moment
    version: int = Field(examples=[1])
