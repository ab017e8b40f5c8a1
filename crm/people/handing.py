"""The page that distributes chosen contacts or deals."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from werkzeug.exceptions import NotFound

from crm.database import db
from crm.errors import Forbidden
from crm.hypermedia import render
from crm.people.distribution import distribute, may_distribute, owners_of, receivers_of
from crm.people.forms import DistributionForm
from crm.sessions import current
from crm.tenancy import requires

distribution = Blueprint("distribution", __name__)
distribution.add_app_template_global(may_distribute)
HOMES = {"contacts": "contacts.index", "deals": "board.index"}


@distribution.route("/contacts/distribute", methods=["GET", "POST"])
@requires("records.assign")
def contacts() -> ResponseReturnValue:
    return page("contacts")


@distribution.route("/deals/distribute", methods=["GET", "POST"])
@requires("records.assign")
def deals() -> ResponseReturnValue:
    return page("deals")


def page(kind: str) -> ResponseReturnValue:
    """Among whom? One person gets all of them, several get them in turn."""
    me, ids = current.member, chosen()
    if not may_distribute(me):
        raise Forbidden("Your role does not allow this.")
    form, given = DistributionForm(db.session.scalars(receivers_of(me)).all()), list[int]()
    if form.saved_by(lambda: given.append(distribute(db.session(), kind, ids, form.chosen, by=me))):
        db.session.commit()
        flash(ngettext("%(num)s record is distributed.", "%(num)s records are distributed.", given[0]), "good")
        return redirect(url_for(HOMES[kind]), 303)
    records = sorted(owners_of(db.session(), kind, ids, me))
    return render("distribution/new.html", kind=kind, form=form, records=records, status=form.http_status)


def chosen() -> list[int]:
    """The ids that the list's boxes sent. What no record can have is a 404."""
    ids = request.values.getlist("id")
    if not all(one.isascii() and one.isdecimal() and len(one) < 19 for one in ids):
        raise NotFound
    return [int(one) for one in ids]
