"""Signing in and out, the profile, the password."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from crm.accounts.browsers import browser_and_system
from crm.accounts.forms import PasswordForm, ProfileForm, SignInForm
from crm.accounts.models import UserSession
from crm.accounts.operations import note_failure
from crm.accounts.operations import sign_in as begin
from crm.accounts.passwords import SHORTEST
from crm.accounts.queries import sessions_of
from crm.database import db
from crm.hypermedia import http_fault, render
from crm.limits import forgive, guesses, limiter
from crm.sessions import current, end_session, start_session
from crm.tenancy import inside, public, signed_in

accounts = Blueprint("accounts", __name__)


@accounts.route("/sign-in", methods=["GET", "POST"])
@guesses("email")
@limiter.limit("50 per 5 minutes", methods=["POST"])
@public
def sign_in() -> ResponseReturnValue:
    """The form; a wrong pair counts against the account and against the address that tried it."""
    if current_user.is_authenticated:
        return redirect(after_signing_in(), 303)
    form, begun = SignInForm(), list[UserSession]()
    if not form.saved_by(lambda: begun.append(entered(form))):
        return not_let_in(form)
    start_session(begun[0], stay=form.stay.data)
    db.session.commit()
    forgive()
    return redirect(after_signing_in(), 303)


def not_let_in(form: SignInForm) -> ResponseReturnValue:
    """The form again; a wrong pair is noted where the person is a member."""
    if form.refusal is not None:
        note_failure(db.session(), form.email.data or "")
        db.session.commit()
    return render("accounts/sign_in.html", form=form, status=form.http_status)


def entered(form: SignInForm) -> UserSession:
    agent = request.user_agent.string
    return begin(db.session(), form.email.data or "", form.password.data or "", browser=agent, stay=form.stay.data)


def after_signing_in() -> str:
    """The page that was asked for before, if it is one of ours."""
    return inside(request.args.get("next")) or url_for("board.index")


@accounts.errorhandler(CSRFError)
def stale_door(error: HTTPException) -> ResponseReturnValue:
    """A sign-in page that was open while the browser signed in or out elsewhere has an old token."""
    if request.endpoint != "accounts.sign_in":
        return http_fault(error)
    if current_user.is_authenticated:
        return redirect(after_signing_in(), 303)
    form = SignInForm()
    form.form_errors.append(_("This page was open for too long. Sign in again."))
    return render("accounts/sign_in.html", form=form, status=400)


@accounts.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    """Ends the session on the server, and lets the browser forget the pages that it has seen."""
    end_session()
    db.session.commit()
    gone: Response = redirect(url_for("accounts.sign_in"), 303)
    gone.headers["Clear-Site-Data"] = '"cache", "storage"'
    return gone


@accounts.route("/settings/profile", methods=["GET", "POST"])
@signed_in
def profile() -> ResponseReturnValue:
    form = ProfileForm(obj=current.user)
    if form.saved_by(lambda: current.user.change_profile(**form.data)):
        db.session.commit()
        flash(_("Your profile is saved."), "good")
        return redirect(url_for("accounts.profile"), 303)
    return render("accounts/profile.html", form=form, user=current.user, status=form.http_status)


@accounts.route("/settings/password", methods=["GET", "POST"])
@limiter.limit("10 per 5 minutes", key_func=lambda: f"password:{current_user.get_id()}", methods=["POST"])
@signed_in
def password() -> ResponseReturnValue:
    """A changed password ends every session but this one."""
    form = PasswordForm()
    if form.saved_by(lambda: renewed(form)):
        db.session.commit()
        forgive()
        flash(_("Your password is changed. Every other browser is signed out."), "good")
        return redirect(url_for("accounts.password"), 303)
    sessions = db.session.scalars(sessions_of(current.user, datetime.now(UTC))).all()
    named = [(one, *browser_and_system(one.browser)) for one in sessions]
    context: dict[str, Any] = {"sessions": named, "here": current.session, "shortest": SHORTEST}
    return render("accounts/password.html", form=form, status=form.http_status, **context)


def renewed(form: PasswordForm) -> None:
    current.user.change_password(form.current.data or "", form.new.data or "", keep=current.session)


@accounts.post("/settings/sessions/end")
@signed_in
def end_others() -> ResponseReturnValue:
    current.user.sign_out_everywhere(keep=current.session)
    db.session.commit()
    flash(_("Every other browser is signed out."), "good")
    return redirect(url_for("accounts.password"), 303)
