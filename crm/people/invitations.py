"""Invitations: sending, sending again, withdrawing, accepting."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.models import UserSession
from crm.accounts.passwords import SHORTEST
from crm.accounts.queries import user_with_email
from crm.database import db
from crm.hypermedia import one_or_404, render
from crm.jobs import enqueue
from crm.limits import limiter
from crm.people.forms import AcceptForm, JoinForm
from crm.people.inviting import accept as join
from crm.people.inviting import enrol, invite, is_unclaimed, refuse_closed, refuse_somebody_else, resend, revoke
from crm.people.links import invitation_by
from crm.people.mails import send_invitation
from crm.people.models import Invitation
from crm.people.pages import invitation_form, listed
from crm.people.queries import invitation_of
from crm.sessions import current, select_organization, start_session
from crm.tenancy import names, public, requires

invitations = Blueprint("invitations", __name__)
names("invitation_id", invitation_of)


@invitations.post("/settings/members/invite")
@requires("members.invite")
def send() -> ResponseReturnValue:
    form, me, made = invitation_form(), current.member, list[Invitation]()
    if not form.saved_by(lambda: made.append(invite(db.session(), **form.values(), by=me))):
        return render("people/index.html", status=form.http_status, **listed(form))
    mailed(made[0])
    db.session.commit()
    flash(_("%(email)s is invited.", email=made[0].email), "good")
    return redirect(url_for("people.index"), 303)


def mailed(invitation: Invitation) -> None:
    """The job goes into the same transaction."""
    where = {"organization_id": invitation.organization_id, "invitation_id": invitation.id}
    enqueue(db.session(), send_invitation, **where, root=request.url_root)


def found(invitation_id: int) -> Invitation:
    return one_or_404(invitation_of(current.member, invitation_id))


@invitations.post("/settings/invitations/<int:invitation_id>/resend")
@requires("members.invite")
def again(invitation_id: int) -> ResponseReturnValue:
    invitation = found(invitation_id)
    resend(db.session(), invitation, by=current.member)
    mailed(invitation)
    db.session.commit()
    flash(_("%(email)s has a new link. The one before does not work any more.", email=invitation.email), "good")
    return redirect(url_for("people.index"), 303)


@invitations.post("/settings/invitations/<int:invitation_id>/revoke")
@requires("members.invite")
def withdraw(invitation_id: int) -> ResponseReturnValue:
    invitation = found(invitation_id)
    revoke(db.session(), invitation, by=current.member)
    db.session.commit()
    flash(_("The invitation of %(email)s is withdrawn.", email=invitation.email), "good")
    return redirect(url_for("people.index"), 303)


@invitations.route("/invitation", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
@public
def accept() -> ResponseReturnValue:
    """For who is signed in a button, for who has a password the way to sign in, else a form."""
    person = current.user if current_user.is_authenticated else None
    invitation = invitation_by(request.args.get("token", ""), person.id if person else None)
    refuse_closed(invitation)
    if person is not None:
        return joined(invitation)
    known = db.session.scalar(user_with_email(invitation.email))
    if known is not None and not is_unclaimed(db.session(), known, invitation):
        return render("people/accept.html", invitation=invitation, form=None)
    return registered(invitation, name=known.name if known else None)


def joined(invitation: Invitation) -> ResponseReturnValue:
    """Who is signed in comes in by one click."""
    refuse_somebody_else(invitation, current.user)
    form = JoinForm()
    if not form.saved_by(join, db.session(), invitation, current.user):
        return render("people/accept.html", invitation=invitation, form=form, status=form.http_status)
    db.session.commit()
    select_organization(invitation.organization_id)
    return redirect(url_for("board.index"), 303)


def registered(invitation: Invitation, name: str | None) -> ResponseReturnValue:
    """The login, the membership and the first session in one transaction."""
    form, begun = AcceptForm(name=name), list[UserSession]()
    if not form.saved_by(lambda: begun.append(entered(invitation, form))):
        return render(
            "people/accept.html", invitation=invitation, form=form, shortest=SHORTEST, status=form.http_status
        )
    start_session(begun[0], stay=True, organization_id=invitation.organization_id)
    db.session.commit()
    return redirect(url_for("board.index"), 303)


def entered(invitation: Invitation, form: AcceptForm) -> UserSession:
    user = enrol(db.session(), invitation, **form.data)
    join(db.session(), invitation, user)
    begun = UserSession.begin(user, browser=request.user_agent.string)
    db.session.add(begun)
    return begun
