"""Registering: a person, an organization and its first pipeline at once."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.database import db
from crm.hypermedia import render
from crm.limits import limiter


from crm.sessions import start_session
from crm.tenancy import public

registration = Blueprint("registration", __name__)


@registration.route("/register", methods=["GET", "POST"])
@limiter.limit("20 per hour", methods=["POST"])
@public
def new() -> ResponseReturnValue:
    """The form, and what it makes: somebody signed in before the first board."""
    if current_user.is_authenticated:
        return redirect(url_for("board.index"), 303)
    form = RegisterForm()
    if form.saved_by(lambda: register(db.session(), browser=request.user_agent.string, **form.typed)):
        db.session.commit()
    return render("registration/new.html", form=form, status=form.status)
