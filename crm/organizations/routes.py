"""Choosing the organization."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from crm.database import db
from crm.hypermedia import one_or_404, render
from crm.organizations.models import Organization
from crm.organizations.queries import memberships_of, organizations_of
from crm.sessions import current, enter
from crm.tenancy import inside, signed_in

organizations = Blueprint("organizations", __name__)


@organizations.get("/organizations")
@signed_in
def choose() -> ResponseReturnValue:
    """The organizations of this person, each a button; `next` leads back to the page that asked."""
    mine = db.session.scalars(memberships_of(current.user)).all()
    return render("organizations/choose.html", mine=mine, after=inside(request.args.get("next")))


@organizations.post("/organizations/<int:organization_id>/select")
@signed_in
def select(organization_id: int) -> ResponseReturnValue:
    chosen = one_or_404(organizations_of(current.user).where(Organization.id == organization_id))
    if chosen.id != current.organization_id:
        enter(current.user, chosen.id)
        db.session.commit()
    return redirect(inside(request.args.get("next")) or url_for("board.index"), 303)
