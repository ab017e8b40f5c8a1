"""Members: the list, roles, removing and taking back; leaving."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.database import db
from crm.errors import Refused
from crm.hypermedia import changed, is_fragment, one_or_404, refused, render
from crm.organizations.models import Membership
from crm.organizations.ownership import other_owners
from crm.people.forms import EndForm
from crm.people.handover import owned_by
from crm.people.operations import change_role, reinstate, remove
from crm.people.operations import leave as end_own
from crm.people.pages import listed
from crm.people.queries import heirs_of, membership_of
from crm.people.ranks import refuse_out_of_reach
from crm.sessions import current, select_organization
from crm.tenancy import names, requires

people = Blueprint("people", __name__, url_prefix="/settings/members")
leaving = Blueprint("leaving", __name__)
names("user_id", membership_of)


@people.get("/")
@requires("organization.view")
def index() -> ResponseReturnValue:
    return render("people/index.html", **listed())


def found(user_id: int) -> Membership:
    return one_or_404(membership_of(current.member, user_id))


@people.post("/<int:user_id>/role")
@requires("members.edit")
def role(user_id: int) -> ResponseReturnValue:
    """The select in a row. What is refused comes back as it was, with the reason beside it."""
    member, version = found(user_id), request.form.get("version", type=int)
    try:
        change_role(db.session(), member, request.form.get("role", ""), by=current.member, version=version)
    except Refused as error:
        return not_given(error)
    db.session.commit()
    return changed("people/role_changed.html", otherwise=url_for("people.index"), **listed())


def not_given(error: Refused) -> ResponseReturnValue:
    db.session.rollback()
    return refused(error, template="people/role_refused.html", **(listed() if is_fragment() else {}))


@people.route("/<int:user_id>/remove", methods=["GET", "POST"])
@requires("members.edit")
def end(user_id: int) -> ResponseReturnValue:
    """Says what the person owns and asks who takes over."""
    member, me = found(user_id), current.member
    refuse_out_of_reach(me, member)
    form, name = EndForm(db.session.scalars(heirs_of(me, member)).all()), member.name
    if form.saved_by(lambda: remove(db.session(), member, by=me, heir=form.chosen)):
        db.session.commit()
        flash(_("%(name)s is no longer a member.", name=name), "good")
        return redirect(url_for("people.index"), 303)
    owned = owned_by(db.session(), member)
    return render("people/remove.html", form=form, person=member, owned=owned, status=form.http_status)


@people.post("/<int:user_id>/reinstate")
@requires("members.edit")
def back(user_id: int) -> ResponseReturnValue:
    member = found(user_id)
    reinstate(db.session(), member, by=current.member)
    db.session.commit()
    flash(_("%(name)s is a member again.", name=member.name), "good")
    return redirect(url_for("people.index"), 303)


@leaving.route("/settings/organization/leave", methods=["GET", "POST"])
@requires("organization.leave")
def leave() -> ResponseReturnValue:
    """Says what becomes of the records, asks once; proposes the owner who gets them otherwise."""
    me, first = current.member, db.session.scalars(other_owners(current.member).limit(1)).first()
    form = EndForm(db.session.scalars(heirs_of(me, me)).all(), heir=str(first.user_id) if first else None)
    if form.saved_by(lambda: end_own(db.session(), me, heir=form.chosen)):
        db.session.commit()
        select_organization(None)
        return redirect(url_for("organizations.choose"), 303)
    return render("people/leave.html", form=form, owned=owned_by(db.session(), me), status=form.http_status)
