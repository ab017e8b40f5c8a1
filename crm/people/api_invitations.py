"""Invitations by program."""

from __future__ import annotations

from typing import Any

from flask import request
from pydantic import Field

from crm import mail
from crm.api.calls import named_here, referred, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Body, Id, Page, Paged, Text
from crm.database import db
from crm.hypermedia import one_or_404
from crm.jobs import enqueue
from crm.organizations.models import Team
from crm.organizations.shown import OwnOrganization, RoleName, own
from crm.people.inviting import accept, invite, resend, revoke
from crm.people.links import invitation_by, token_of
from crm.people.mails import send_invitation
from crm.people.models import Invitation
from crm.people.queries import invitation_of, invitations_led_by, team_of
from crm.people.shown import InvitationShown
from crm.repeated import sent_key
from crm.sessions import current

invitations = Endpoints("organizations")
ORDERS = {"id": Invitation.__table__.c.id}
PATH = "/organizations/<int:organization_id>/invitations"


class Invited(Body):
    email: Text = Field(max_length=320, examples=["jonas@brandt.example"])
    role: RoleName = Field("member", description="At most the own one.")
    team_id: Id | None = Field(None, description="A lead's own team; owners and admins may leave it out.", examples=[2])


class Acceptance(Body):
    token: Text = Field(max_length=1000, description="As it stands in the link.", examples=["WzMsOCwiSm…"])


def place(team_id: int | None) -> Team | None:
    """The team that a body names. Raises Invalid at `team_id`."""
    return None if team_id is None else referred(team_of(current.member, team_id), "team_id", "No such team.")


def shown(invitation: Invitation) -> InvitationShown:
    """With its token where no mail is sent; not in an answer that is kept for an Idempotency-Key."""
    found = InvitationShown.model_validate(invitation)
    kept = request.method == "POST" and sent_key() is not None
    return found if kept or mail.is_sent() else found.model_copy(update={"token": token_of(invitation)})


def mailed(invitation: Invitation) -> None:
    """The job goes into the same transaction."""
    where = {"organization_id": invitation.organization_id, "invitation_id": invitation.id}
    enqueue(db.session(), send_invitation, **where, root=request.url_root)


@invitations.get(PATH, "members.invite", gives=Page[InvitationShown])
def list_invitations(organization_id: int, query: Paged) -> Any:
    """List the invitations that still wait.

    A lead sees those into the own teams.
    """
    page = page_of(invitations_led_by(current.member), query, ORDERS, Invitation.id)
    return page | {"items": [shown(one) for one in page["items"]]}


@invitations.post(PATH, "members.invite", gives=InvitationShown, statuses={409: "A member, or invited, already."})
def send(organization_id: int, body: Invited) -> Any:
    """Invite somebody by e-mail.

    The link works for seven days, once.
    """
    with named_here(team="team_id"):
        made = invite(db.session(), body.email, body.role, by=current.member, team=place(body.team_id))
    mailed(made)
    return saved(shown(made))


def found(invitation_id: int) -> Invitation:
    return one_or_404(invitation_of(current.member, invitation_id))


@invitations.post(
    f"{PATH}/<int:invitation_id>/resend", "members.invite", gives=InvitationShown, status=200,
    statuses={409: "It was used or withdrawn."},
)  # fmt: skip
def again(organization_id: int, invitation_id: int) -> Any:
    """Send an invitation again.

    With another link for seven days; the link before is dead.
    """
    invitation = found(invitation_id)
    resend(db.session(), invitation, by=current.member)
    mailed(invitation)
    return saved(shown(invitation))


@invitations.delete(f"{PATH}/<int:invitation_id>", "members.invite", statuses={409: "It was used or withdrawn."})
def withdraw(organization_id: int, invitation_id: int) -> Any:
    """Withdraw an invitation.

    Its link leads nowhere from now on.
    """
    revoke(db.session(), found(invitation_id), by=current.member)
    return saved(None)


@invitations.post(
    "/invitations/accept", "signed in", gives=OwnOrganization, status=200, limits=[("60 per hour",)],
    statuses={409: "Used, withdrawn or expired; for somebody else; or a member already."},
)  # fmt: skip
def join(body: Acceptance) -> Any:
    """Accept an invitation to the own address."""
    user = current.user
    invitation = invitation_by(body.token, user.id)
    return saved(own(accept(db.session(), invitation, user)))
