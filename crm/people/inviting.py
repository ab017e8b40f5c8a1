"""Inviting somebody, and coming in by an invitation."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.accounts.operations import TAKEN, checked_address, claim_login, register_user
from crm.accounts.queries import user_with_email
from crm.database import scope
from crm.errors import Conflict, Forbidden, Invalid
from crm.organizations.models import Membership, Team
from crm.organizations.operations import join_team, take_in
from crm.organizations.permissions import Reach, Role, reach_of
from crm.people.models import Invitation
from crm.people.queries import invitations_of, membership_of, teams_led_by
from crm.people.ranks import is_backed, refuse_above
from crm.trail import audit

NOT_YOURS = "Your role does not allow this."


def invite(session: Session, email: str, role: str, *, by: Membership, team: Team | None = None) -> Invitation:
    """An invitation for seven days. Raises Invalid for no address, Forbidden for a role above the own,
    Conflict for a member or somebody who is invited already. A lead invites into the own team only."""
    by.must("members.invite", words=NOT_YOURS)
    address, given = checked_address(email), refuse_above(by, role)
    refuse_strange_team(session, team, by)
    refuse_known(session, address, by)
    invitation = Invitation(organization_id=by.organization_id, email=address, role=given, invited_by=by.user_id)
    invitation.team_id = team.id if team else None
    invitation.renew()
    session.add(invitation)
    audit(session, "invitation_sent", by=by, subject=address, role=given, team=team.name if team else None)
    session.flush()
    return invitation


def refuse_strange_team(session: Session, team: Team | None, by: Membership) -> None:
    """Owners and admins choose any team or none, a lead one of the own."""
    offered = {one.id for one in session.scalars(teams_led_by(by))}
    if team is None and reach_of(Role(by.role), "members.invite") is not Reach.ALL:
        raise Invalid("Choose one of your teams.", field="team") if offered else Forbidden(NOT_YOURS)
    if team is not None and team.id not in offered:
        raise Forbidden(NOT_YOURS)


def refuse_known(session: Session, address: str, by: Membership) -> None:
    user = session.scalar(user_with_email(address))
    member = session.scalar(membership_of(by, user.id)) if user else None
    if member is not None and member.ended_at is None:
        raise Conflict("This person is a member already.", field="email", code="MEMBER_ALREADY")
    if session.scalar(invitations_of(by).where(func.lower(Invitation.email) == func.lower(address))):
        raise Conflict("This address is invited already. Send the invitation again instead.", field="email")


def resend(session: Session, invitation: Invitation, *, by: Membership) -> None:
    """Another link for seven days; the one before is dead. Who sends it again stands for it."""
    refuse_untouchable(session, invitation, by)
    invitation.invited_by = by.user_id
    invitation.renew()
    audit(session, "invitation_resent", by=by, subject=invitation.email)
    session.flush()
    session.expire(invitation, ["inviter"])


def revoke(session: Session, invitation: Invitation, *, by: Membership) -> None:
    """Its link leads nowhere from now on."""
    refuse_untouchable(session, invitation, by)
    invitation.revoked_at = datetime.now(UTC)
    audit(session, "invitation_revoked", by=by, subject=invitation.email)
    session.flush()


def refuse_untouchable(session: Session, invitation: Invitation, by: Membership) -> None:
    """Raises Forbidden unless this member could have invited so, Conflict when it was used or withdrawn meanwhile."""
    by.must("members.invite", words=NOT_YOURS)
    lock(session, invitation)
    refuse_above(by, invitation.role)
    if invitation.team is None and reach_of(Role(by.role), "members.invite") is not Reach.ALL:
        raise Forbidden(NOT_YOURS)
    refuse_strange_team(session, invitation.team, by)
    if not invitation.is_expired or invitation.accepted_at or invitation.revoked_at:
        invitation.refuse_over()


def accept(session: Session, invitation: Invitation, user: User) -> Membership:
    """The user's membership, in the invitation's role and team."""
    hold_open(session, invitation)
    refuse_somebody_else(invitation, user)
    key = (Membership.organization_id == invitation.organization_id, Membership.user_id == user.id)
    if session.scalar(select(Membership.user_id).where(*key, Membership.ended_at.is_(None))):
        raise Conflict("You are a member already.", code="MEMBER_ALREADY")
    member = take_in(session, invitation.organization, user, Role(invitation.role))
    if invitation.team is not None:
        join_team(session, invitation.team, member)
    invitation.accepted_at = datetime.now(UTC)
    audit(session, "invitation_accepted", by=member, subject=invitation.email, role=invitation.role)
    session.flush()
    return member


def enrol(session: Session, invitation: Invitation, *, name: str, password: str, timezone: str = "UTC") -> User:
    """The invited person's login: a new one, or one that waits for its first password.

    Raises Conflict for any other login of that address, Invalid for a weak password.
    """
    hold_open(session, invitation)
    user = session.scalar(user_with_email(invitation.email))
    if user is None:
        return register_user(session, email=invitation.email, name=name, password=password, timezone=timezone)
    if not is_unclaimed(session, user, invitation):
        raise Conflict(TAKEN, code="EMAIL_TAKEN")
    claim_login(session, user, name=name, password=password)
    return user


def is_unclaimed(session: Session, user: User, invitation: Invitation) -> bool:
    """Whether the link may set the user's first password: there is none, and no other organization has this person.

    Where no mail is sent the inviter sees the link: it must open nothing but the inviter's own organization.
    """
    if user.password_hash is not None:
        return False
    scope(session, organization_id=invitation.organization_id, user_id=user.id)
    other = select(Membership.user_id).where(Membership.organization_id != invitation.organization_id)
    return session.scalar(other.where(Membership.user_id == user.id).limit(1)) is None


def hold_open(session: Session, invitation: Invitation) -> None:
    """Locks the row until the transaction ends: whoever comes second finds the invitation used (Conflict)."""
    lock(session, invitation)
    refuse_closed(invitation)


def refuse_closed(invitation: Invitation) -> None:
    """Raises Conflict when it is over, or its inviter has lost the right: what was sent before doesn't outlive it."""
    invitation.refuse_over()
    if not is_backed(invitation):
        raise Conflict("This invitation is not valid any more. Ask for a new one.", code="INVITATION_UNBACKED")


def lock(session: Session, invitation: Invitation) -> None:
    """Holds the row as it is now. Its own columns only: a joined one could not be locked."""
    session.refresh(invitation, ["role", "expires_at", "accepted_at", "revoked_at", "version"], with_for_update=True)


def refuse_somebody_else(invitation: Invitation, user: User) -> None:
    if user.email.casefold() != invitation.email.casefold():
        words = "This invitation is for %(invited)s, but you are signed in as %(you)s."
        raise Conflict(words, code="SOMEBODY_ELSE", invited=invitation.email, you=user.email)
