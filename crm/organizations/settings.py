"""An organization's settings, and its end: handing it over, deleting it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.database import db
from crm.hypermedia import render
from crm.organizations.ending import delete_organization, transfer_ownership
from crm.organizations.forms import SIGHTS, DeletionForm, OrganizationForm, TransferForm
from crm.organizations.models import Membership
from crm.organizations.queries import members_of
from crm.organizations.rules import LONGEST_NAME
from crm.sessions import current, select_organization
from crm.tenancy import requires

organization = Blueprint("organization", __name__, url_prefix="/settings/organization")


@organization.route("", methods=["GET", "POST"])
@requires("organization.settings")
def general() -> ResponseReturnValue:
    here = current.member.organization
    form = OrganizationForm(here)
    if form.saved_by(lambda: here.change(form.values(), by=current.member, version=form.version.data)):
        db.session.commit()
        flash(_("The settings are saved."), "good")
        return redirect(url_for("organization.general"), 303)
    status, longest = form.http_status, LONGEST_NAME
    return render("organizations/general.html", form=form, sights=SIGHTS, longest=longest, status=status)


@organization.route("/transfer", methods=["GET", "POST"])
@requires("organization.transfer")
def transfer() -> ResponseReturnValue:
    form = TransferForm([one for one in db.session.scalars(members_of(current.member)) if not is_owner(one)])
    if form.saved_by(lambda: transfer_ownership(db.session(), to=form.chosen, by=current.member)):
        db.session.commit()
        flash(_("%(name)s is an owner now, and you are an admin.", name=form.chosen.name), "good")
        return redirect(url_for("organization.general"), 303)
    return render("organizations/transfer.html", form=form, status=form.http_status)


def is_owner(member: Membership) -> bool:
    return member.may("organization.transfer")


@organization.route("/delete", methods=["GET", "POST"])
@requires("organization.delete")
def delete() -> ResponseReturnValue:
    """Asks for the typed name; everything of the organization is gone then."""
    form, here = DeletionForm(), current.member.organization
    if form.saved_by(lambda: delete_organization(db.session(), here, typed=form.name.data or "", by=current.member)):
        db.session.commit()
        select_organization(None)
        return redirect(url_for("organizations.choose"), 303)
    return render("organizations/delete.html", form=form, status=form.http_status)
