"""Who may touch whom: nobody reaches above the own role, and an organization keeps its last owner."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.errors import Conflict, Forbidden, Invalid
from crm.organizations.models import Membership, Organization
from crm.organizations.permissions import Reach, Role, reach_of
from crm.people.models import Invitation

RANKS = {role: place for place, role in enumerate(Role)}
LAST_OWNER = "An organization keeps at least one owner. Make somebody else an owner first."


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


def hold(session: Session, *members: Membership) -> None:
    """Locks the organization's row, then reads these members anew: what is decided now holds until the commit.

    "Is there another owner?" and the change that depends on it are two statements: without the lock two owners who
    remove each other at the same moment both find one.
    """
    row = select(Organization.id).where(Organization.id == members[0].organization_id)
    session.execute(row.with_for_update(key_share=True))
    for member in members:
        session.refresh(member, ["role", "ended_at", "version"])


def refuse_ownerless(session: Session, member: Membership) -> None:
    """Raises Conflict when nobody but this member owns the organization. Ask it under the lock of `hold`."""
    others = select(func.count()).where(
        Membership.organization_id == member.organization_id,
        Membership.user_id != member.user_id,
        Membership.role == Role.OWNER,
        Membership.ended_at.is_(None),
    )
    if member.role == Role.OWNER and not session.scalar(others):
        raise Conflict(LAST_OWNER, code="LAST_OWNER")
