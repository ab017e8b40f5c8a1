"""Who may touch whom: nobody reaches above the own role."""

from __future__ import annotations

from crm.errors import Forbidden, Invalid
from crm.organizations.models import Membership
from crm.organizations.permissions import Reach, Role, reach_of
from crm.people.models import Invitation

RANKS = {role: place for place, role in enumerate(Role)}


def roles_below(by: Membership) -> list[Role]:
    """The roles that this member may give: the own one and those below it."""
    return [role for role in Role if RANKS[role] >= RANKS[Role(by.role)]]


def may_edit(by: Membership, member: Membership) -> bool:
    """Owners and admins edit whoever isn't above them; leads the others in their teams."""
    if reach_of(Role(by.role), "members.edit") is Reach.LED and member.user_id == by.user_id:
        return False
    return by.may("members.edit", member) and Role(member.role) in roles_below(by)


def refuse_out_of_reach(by: Membership, member: Membership) -> None:
    """Raises Forbidden unless this member may change or remove that one."""
    if by.ended_at is not None:
        raise Forbidden("You are no longer a member of this organization.")
    if not may_edit(by, member):
        above = by.may("members.edit", member) and Role(member.role) not in roles_below(by)
        raise Forbidden("This person's role is above yours." if above else "Your role does not allow this.")


def refuse_above(by: Membership, role: str) -> Role:
    """The role, if this member may give it. Raises Invalid for no role at all, Forbidden for one above the own."""
    if role not in set(Role):
        raise Invalid("Choose one from the list.", field="role")
    if Role(role) not in roles_below(by):
        raise Forbidden("You can't give a role above your own.")
    return Role(role)


def is_backed(invitation: Invitation) -> bool:
    """Whether its inviter is still a member who could give that role."""
    return invitation.inviter.ended_at is None and Role(invitation.role) in roles_below(invitation.inviter)
