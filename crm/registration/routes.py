"""Registering: a person, an organization and its first pipeline at once."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.accounts.models import UserSession
from crm.accounts.passwords import SHORTEST
from crm.database import db
from crm.hypermedia import render
from crm.limits import limiter
from crm.organizations.models import Membership
from crm.registration.forms import FoundingForm, RegisterForm
from crm.registration.operations import admit, found, register
from crm.sessions import current, select_organization, start_session
from crm.tenancy import public, signed_in

registration = Blueprint("registration", __name__)


@registration.route("/register", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
@public
def new() -> ResponseReturnValue:
    """The form; a new owner is signed in and sees the first board."""
    if current_user.is_authenticated:
        return redirect(url_for("board.index"), 303)
    form, begun = RegisterForm(), list[UserSession]()
    if not form.saved_by(lambda: begun.append(begin(form))):
        return render("registration/new.html", form=form, shortest=SHORTEST, status=form.http_status)
    start_session(begun[0], stay=True)
    db.session.commit()
    return redirect(url_for("board.index"), 303)


def begin(form: RegisterForm) -> UserSession:
    owner = register(db.session(), **form.data)
    return admit(db.session(), owner, browser=request.user_agent.string)


@registration.route("/organizations/new", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
@signed_in
def another() -> ResponseReturnValue:
    """A further organization, for anyone who is signed in; its board comes next."""
    form, made = FoundingForm(), list[Membership]()
    if form.saved_by(lambda: made.append(found(db.session(), form.organization.data or "", owner=current.user))):
        db.session.commit()
        select_organization(made[0].organization_id)
        return redirect(url_for("board.index"), 303)
    return render("registration/another.html", form=form, status=form.http_status)
