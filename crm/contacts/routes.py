"""Contacts: list, page, form, archive and delete."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from crm.contacts.answers import NOT_YOURS, NOT_YOURS_TO_DELETE, asked, logged, record_page
from crm.contacts.browsing import listing, offered
from crm.contacts.forms import ContactForm
from crm.contacts.models import Contact
from crm.contacts.operations import add_contact
from crm.contacts.queries import contact_of, contacts_like
from crm.database import db
from crm.hypermedia import go, one_or_404, render
from crm.sessions import current
from crm.tenancy import names, requires
from crm.timeline.forms import ComposerForm

contacts = Blueprint("contacts", __name__, url_prefix="/contacts")
names("contact_id", contact_of)


def found(contact_id: int) -> Contact:
    return one_or_404(contact_of(current.member, contact_id))


def home(contact_id: int) -> str:
    return url_for("contacts.show", contact_id=contact_id)


@contacts.get("/")
@requires("records.view")
def index() -> ResponseReturnValue:
    book = listing("contacts.index", Contact)
    return render("contacts/index.html", fragment="contacts/_results.html", book=book)


@contacts.get("/options")
@requires("records.view")
def options() -> ResponseReturnValue:
    """What the datalist of a contact field offers: the name, or the e-mail where several have the name."""
    people = db.session.scalars(contacts_like(current.member, asked("contact", "q"))).all()
    names = [one.name for one in people]
    return offered(one.email if one.email and names.count(one.name) > 1 else one.name for one in people)


@contacts.route("/new", methods=["GET", "POST"])
@requires("records.create")
def new() -> ResponseReturnValue:
    form = ContactForm(company=request.args.get("company"))
    added: list[Contact] = []
    if form.saved_by(lambda: added.append(add_contact(db.session(), form.values(), by=current.member))):
        db.session.commit()
        return go(home(added[0].id))
    return render("contacts/new.html", fragment="contacts/_form.html", form=form, status=form.http_status)


@contacts.get("/<int:contact_id>")
@requires("records.view")
def show(contact_id: int) -> ResponseReturnValue:
    return record_page("contacts", found(contact_id), home(contact_id))


@contacts.route("/<int:contact_id>/edit", methods=["GET", "POST"])
@requires("records.edit")
def edit(contact_id: int) -> ResponseReturnValue:
    contact = found(contact_id)
    current.member.must("records.edit", contact, words=NOT_YOURS)
    form = ContactForm(contact)
    if form.saved_by(lambda: contact.change(form.values(), by=current.member, version=form.version.data)):
        db.session.commit()
        return go(home(contact_id) if current.member.may("records.view", contact) else url_for("contacts.index"))
    return render("contacts/edit.html", fragment="contacts/_form.html", form=form, status=form.http_status)


@contacts.post("/<int:contact_id>/activities")
@requires("activities.create")
def log(contact_id: int) -> ResponseReturnValue:
    contact, form = found(contact_id), ComposerForm()
    if form.saved_by(contact.log, form.kind.data or "", form.text.data or "", by=current.member):
        db.session.commit()
    return logged("contacts", contact, form, home(contact_id))


@contacts.post("/<int:contact_id>/archive")
@requires("records.edit")
def archive(contact_id: int) -> ResponseReturnValue:
    found(contact_id).archive(by=current.member)
    db.session.commit()
    return go(home(contact_id))


@contacts.post("/<int:contact_id>/restore")
@requires("records.edit")
def restore(contact_id: int) -> ResponseReturnValue:
    found(contact_id).restore(by=current.member)
    db.session.commit()
    return go(home(contact_id))


@contacts.route("/<int:contact_id>/delete", methods=["GET", "POST"])
@requires("records.delete")
def delete(contact_id: int) -> ResponseReturnValue:
    contact = found(contact_id)
    current.member.must("records.delete", contact, words=NOT_YOURS_TO_DELETE)
    if request.method == "GET":
        return render("contacts/delete.html", fragment="contacts/_delete.html", record=contact, home=home(contact_id))
    contact.delete(by=current.member)
    db.session.commit()
    return go(url_for("contacts.index"))
