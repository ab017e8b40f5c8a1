"""Members: their role, their end by others or by themselves, their return."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.errors import Conflict, Invalid
from crm.organizations.models import Membership, TeamMember
from crm.organizations.ownership import hold, other_owners, refuse_ownerless
from crm.organizations.permissions import Role
from crm.people.handover import hand_over, owned_by
from crm.people.queries import heirs_of
from crm.people.ranks import refuse_above, refuse_out_of_reach
from crm.trail import audit


def change_role(session: Session, member: Membership, role: str, *, by: Membership, version: int | None = None) -> None:
    """Gives the role; it holds from the person's next request on. The last owner stays one (Conflict)."""
    hold(session, member, by)
    refuse_gone(member)
    refuse_out_of_reach(by, member)
    given = refuse_above(by, role)
    member.expect(version)
    if given is not Role.OWNER:
        refuse_ownerless(session, member)
    if given != member.role:
        audit(session, "role_changed", by=by, subject=member.name, old=member.role, new=given)
    member.role = given
    session.flush()


def remove(session: Session, member: Membership, *, by: Membership, heir: Membership | None = None) -> None:
    """Ends the membership with the next request; what the person owned becomes the heir's in the same step.

    Raises Conflict for the last owner, Invalid at `heir` when somebody has to inherit and nobody fit is named.
    """
    hold(session, member, by, *([heir] if heir else []))
    refuse_gone(member)
    refuse_out_of_reach(by, member)
    refuse_ownerless(session, member)
    audit(session, "member_removed", by=by, subject=member.name, **end(session, member, heir, by=by))
    session.flush()


def leave(session: Session, member: Membership, heir: Membership | None = None) -> None:
    """Ends the own membership; what the person owned becomes the heir's, or else the first other owner's.

    Raises Conflict for the last owner, Invalid at `heir` for somebody who can't take over.
    """
    hold(session, member, *([heir] if heir else []))
    refuse_gone(member)
    refuse_ownerless(session, member)
    heir = heir or session.scalars(other_owners(member).limit(1)).first()
    audit(session, "member_left", by=member, subject=member.name, **end(session, member, heir, by=member))
    session.flush()


def end(session: Session, member: Membership, heir: Membership | None, *, by: Membership) -> dict[str, Any]:
    """What each end of a membership does, under the lock of `hold`. Gives what the audit log tells of it."""
    await_givers(session, member)
    owned = {kind: count for kind, count in owned_by(session, member).items() if count}
    taker = fit(session, member, heir, by) if owned else None
    if taker:
        hand_over(session, member, taker, by=by)
    leave_teams(session, member)
    member.ended_at = datetime.now(UTC)
    return owned | {"heir": taker.name if taker else None}


def reinstate(session: Session, member: Membership, *, by: Membership) -> None:
    """The ended membership goes on, in its old role and without a team."""
    hold(session, member, by)
    refuse_out_of_reach(by, member)
    if member.ended_at is None:
        raise Conflict("This person is a member already.", code="MEMBER_ALREADY")
    member.ended_at = None
    audit(session, "member_reinstated", by=by, subject=member.name, role=member.role)
    session.flush()


def refuse_gone(member: Membership) -> None:
    if member.ended_at is not None:
        raise Conflict("This person was removed in the meantime.", code="MEMBER_GONE")


def await_givers(session: Session, member: Membership) -> None:
    """Locks the membership: who is just giving this person records comes first, who comes later finds nobody."""
    here = (Membership.organization_id == member.organization_id, Membership.user_id == member.user_id)
    session.execute(select(Membership.user_id).where(*here).with_for_update(key_share=True))


def fit(session: Session, member: Membership, heir: Membership | None, by: Membership) -> Membership:
    """The heir, if it is one of those who can be chosen."""
    if heir is None:
        raise Invalid("Choose who takes over what this person owned.", field="heir")
    fitting = heirs_of(by, member).where(Membership.user_id == heir.user_id)
    if session.scalars(fitting).one_or_none() is None:
        raise Invalid("Choose one from the list.", field="heir")
    return heir


def leave_teams(session: Session, member: Membership) -> None:
    """Out of every team: who comes back is put into one anew."""
    mine = (TeamMember.organization_id == member.organization_id, TeamMember.user_id == member.user_id)
    session.execute(delete(TeamMember).where(*mine), execution_options={"synchronize_session": False})
