"""Registering, signing in and out, the profile."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from crm.accounts.operations import sign_in as begin
from crm.database import db
from crm.hypermedia import render
from crm.sessions import end_session, start_session
from crm.tenancy import public, signed_in

accounts = Blueprint("accounts", __name__)


@accounts.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    if request.method == "POST":
        begun = begin(
            db.session(), request.form["email"], request.form["password"], browser=request.user_agent.string, stay=True
        )
        db.session.commit()
        start_session(begun, stay=True)
        return redirect(url_for("board.index"), 303)
    return render("accounts/sign_in.html")


@accounts.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    end_session()
    db.session.commit()
    return redirect(url_for("accounts.sign_in"), 303)


@accounts.get("/settings/profile")
@signed_in
def profile() -> ResponseReturnValue:
    return "profile"
