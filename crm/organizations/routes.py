"""Choosing the organization."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from crm.database import db
from crm.hypermedia import one_or_404, render
from crm.organizations.models import Organization
from crm.organizations.queries import organizations_of
from crm.sessions import current, select_organization
from crm.tenancy import signed_in

organizations = Blueprint("organizations", __name__)


@organizations.get("/organizations")
@signed_in
def choose() -> ResponseReturnValue:
    return render("organizations/choose.html", organizations=db.session.scalars(organizations_of(current.user)).all())


@organizations.post("/organizations/<int:organization_id>/select")
@signed_in
def select(organization_id: int) -> ResponseReturnValue:
    chosen = one_or_404(organizations_of(current.user).where(Organization.id == organization_id))
    select_organization(chosen.id)
    return redirect(url_for("board.index"), 303)
