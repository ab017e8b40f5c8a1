"""Personal tokens in the browser: made, shown once, revoked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.forms import TokenForm
from crm.accounts.models import UserSession
from crm.accounts.queries import token_of, tokens_of
from crm.accounts.tokens import make_token, revoke_token
from crm.api.bearer import known_scopes
from crm.database import db
from crm.errors import Invalid
from crm.hypermedia import one_or_404, render
from crm.limits import limiter
from crm.sessions import current
from crm.tenancy import signed_in

tokens = Blueprint("tokens", __name__, url_prefix="/settings/tokens")


@tokens.route("", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
@signed_in
def index() -> ResponseReturnValue:
    """The list and the form; the answer that makes a token is the only one that shows it."""
    form, made = TokenForm(known_scopes()), list[UserSession]()
    if form.saved_by(lambda: made.append(granted(form))):
        db.session.commit()
        form = TokenForm(known_scopes(), formdata=None)
    mine = db.session.scalars(tokens_of(current.user)).all()
    shown: dict[str, Any] = {"tokens": mine, "made": made[0] if made else None, "now": datetime.now(UTC)}
    return render("accounts/tokens.html", form=form, status=form.http_status, **shown)


def granted(form: TokenForm) -> UserSession:
    return make_token(db.session(), current.user, **form.values(), known=known_scopes())


@tokens.post("/revoke")
@signed_in
def revoke() -> ResponseReturnValue:
    token = one_or_404(token_of(current.user, chosen()))
    name = token.name
    revoke_token(db.session(), token)
    db.session.commit()
    flash(_("The token %(name)s is revoked.", name=name), "good")
    return redirect(url_for("tokens.index"), 303)


def chosen() -> int:
    """The number that the form names. Raises Invalid for what no token can have."""
    number = request.form.get("number", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise Invalid("Choose one from the list.", field="number")
    return int(number)
