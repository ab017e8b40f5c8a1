"""An organization's members by program."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlalchemy import func

from crm.accounts.models import User
from crm.api.calls import named_here, referred, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Body, Id, Page, Paged, Query, Text, Versioned
from crm.database import db
from crm.hypermedia import one_or_404
from crm.organizations.models import Membership
from crm.organizations.queries import active_member, members_of
from crm.organizations.shown import RoleName
from crm.people.api_invitations import mailed, place, shown
from crm.people.joining import add_member
from crm.people.operations import change_role, leave, remove
from crm.people.shown import Added, MemberShown
from crm.sessions import current

members = Endpoints("organizations")
ORDERS = {"name": func.lower(User.name)}
PATH = "/organizations/<int:organization_id>/members"


class Joining(Body):
    email: Text = Field(max_length=320, examples=["jonas@brandt.example"])
    role: RoleName = Field("member", description="At most the own one.")
    team_id: Id | None = Field(None, description="A lead's own team; owners and admins may leave it out.", examples=[2])


class RoleChange(Versioned):
    role: RoleName = Field(description="At most the own one.", examples=["manager"])


class Leaving(Query):
    heir_id: int | None = Field(None, ge=1, le=2**63 - 1, description="Who takes over: a user's id.", examples=[5])


@members.get(PATH, "organization.view", gives=Page[MemberShown])
def list_members(organization_id: int, query: Paged) -> Any:
    """List an organization's members by name."""
    return page_of(members_of(current.member), query, ORDERS, Membership.user_id)


@members.post(
    PATH, "members.invite", gives=Added,
    statuses={202: "Nobody has that address yet: it is invited.", 409: "A member, or invited, already."},
)  # fmt: skip
def add(organization_id: int, body: Joining) -> Any:
    """Add a member.

    Who has a login joins at once (201), another address is invited (202). For owners and admins; a team lead adds
    members to the own team.
    """
    with named_here(team="team_id"):
        added = add_member(db.session(), body.email, body.role, by=current.member, team=place(body.team_id))
    if isinstance(added, Membership):
        return saved(MemberShown.model_validate(added))
    mailed(added)
    return saved(shown(added), status=202)


@members.get(f"{PATH}/<int:user_id>", "organization.view", gives=MemberShown)
def show_member(organization_id: int, user_id: int) -> Membership:
    """Get a member."""
    return one_or_404(active_member(current.member, user_id))


@members.patch(
    f"{PATH}/<int:user_id>", "members.edit", gives=MemberShown, shows=show_member,
    statuses={409: "Another version, or the last owner."},
)  # fmt: skip
def change_member(organization_id: int, user_id: int, body: RoleChange) -> Any:
    """Change a member's role.

    It holds with that person's next call.
    """
    member = show_member(organization_id, user_id)
    change_role(db.session(), member, body.role, by=current.member, version=body.version)
    return saved(member)


@members.delete(f"{PATH}/<int:user_id>", "organization.leave", statuses={409: "The last owner."})
def end_member(organization_id: int, user_id: int, query: Leaving) -> Any:
    """Remove a member, or leave by naming oneself.

    What the person owned goes to the heir: without one to whoever calls, or from who leaves to an owner.
    """
    me, member = current.member, show_member(organization_id, user_id)
    heir = referred(active_member(me, query.heir_id), "heir_id", "No such person.") if query.heir_id else None
    with named_here(heir="heir_id"):
        if member.user_id == me.user_id:
            leave(db.session(), me, heir)
        else:
            remove(db.session(), member, by=me, heir=heir or me)
    return saved(None)
