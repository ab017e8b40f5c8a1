"""Members who join without an invitation, because they have a login."""

from __future__ import annotations

from sqlalchemy.orm import Session

from crm.accounts.operations import checked_address
from crm.accounts.queries import user_with_email
from crm.organizations.models import Membership, Team
from crm.organizations.operations import join_team, take_in
from crm.people.inviting import NOT_YOURS, invite, refuse_known, refuse_strange_team
from crm.people.models import Invitation
from crm.people.ranks import refuse_above
from crm.trail import audit


def add_member(
    session: Session, email: str, role: str, *, by: Membership, team: Team | None = None
) -> Membership | Invitation:
    """The user with that address is a member at once; where nobody has it, it is invited. Raises what `invite` does."""
    by.must("members.invite", words=NOT_YOURS)
    address, given = checked_address(email), refuse_above(by, role)
    user = session.scalar(user_with_email(address))
    if user is None:
        return invite(session, email, role, by=by, team=team)
    refuse_strange_team(session, team, by)
    refuse_known(session, address, by)
    member = take_in(session, by.organization, user, given)
    if team is not None:
        join_team(session, team, member)
    audit(session, "member_added", by=by, subject=member.name, role=given, team=team.name if team else None)
    session.flush()
    return member
