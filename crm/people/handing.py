"""The page that distributes chosen contacts or deals."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from werkzeug.exceptions import NotFound

from crm.database import db
from crm.hypermedia import render
from crm.people.distribution import distribute, owners_of, receivers_of, refuse_others
from crm.people.forms import DistributionForm
from crm.sessions import current
from crm.tenancy import requires

distribution = Blueprint("distribution", __name__)
HOMES = {"contacts": "contacts.index", "deals": "board.index"}


@distribution.route("/contacts/distribute", methods=["GET", "POST"])
@requires("records.distribute")
def contacts() -> ResponseReturnValue:
    return page("contacts")


@distribution.route("/deals/distribute", methods=["GET", "POST"])
@requires("records.distribute")
def deals() -> ResponseReturnValue:
    return page("deals")


def page(kind: str) -> ResponseReturnValue:
    """Among whom? One person gets all of them, several get them in turn."""
    me, ids = current.member, chosen()
    owners = owners_of(db.session(), kind, ids, me)
    refuse_others(owners.values(), me)
    form, given = DistributionForm(db.session.scalars(receivers_of(me)).all()), list[int]()
    if form.saved_by(lambda: given.append(distribute(db.session(), kind, ids, form.chosen, by=me))):
        db.session.commit()
        flash(ngettext("%(num)s record is distributed.", "%(num)s records are distributed.", given[0]), "good")
        return redirect(url_for(HOMES[kind]), 303)
    return render("distribution/new.html", kind=kind, form=form, records=sorted(owners), status=form.http_status)


def chosen() -> list[int]:
    """The ids that the list's boxes sent. What no record can have is a 404."""
    ids = request.values.getlist("id")
    if not all(one.isascii() and one.isdecimal() and len(one) < 19 for one in ids):
        raise NotFound
    return [int(one) for one in ids]
