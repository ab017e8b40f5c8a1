"""Companies: list, page, form, archive and delete."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from crm.contacts.answers import NOT_YOURS, NOT_YOURS_TO_DELETE, asked, logged, record_page
from crm.contacts.browsing import listing, offered
from crm.contacts.forms import CompanyForm
from crm.contacts.models import Company, Contact
from crm.contacts.operations import add_company
from crm.contacts.queries import companies_like, company_of, contacts_at
from crm.database import db
from crm.hypermedia import go, one_or_404, render
from crm.sessions import current
from crm.tenancy import names, requires
from crm.timeline.forms import ComposerForm

companies = Blueprint("companies", __name__, url_prefix="/companies")
names("company_id", company_of)


def found(company_id: int) -> Company:
    return one_or_404(company_of(current.member, company_id))


def home(company_id: int) -> str:
    return url_for("companies.show", company_id=company_id)


def people(company: Company) -> list[Contact]:
    return list(db.session.scalars(contacts_at(current.member, company)))


@companies.get("/")
@requires("records.view")
def index() -> ResponseReturnValue:
    book = listing("companies.index", Company)
    return render("companies/index.html", fragment="companies/_results.html", book=book)


@companies.get("/options")
@requires("records.view")
def options() -> ResponseReturnValue:
    """What the datalist of a company field offers."""
    return offered(one.name for one in db.session.scalars(companies_like(current.member, asked("company", "q"))))


@companies.route("/new", methods=["GET", "POST"])
@requires("records.create")
def new() -> ResponseReturnValue:
    form = CompanyForm()
    added: list[Company] = []
    if form.saved_by(lambda: added.append(add_company(db.session(), form.values(), by=current.member))):
        db.session.commit()
        return go(home(added[0].id))
    return render("companies/new.html", fragment="companies/_form.html", form=form, status=form.http_status)


@companies.get("/<int:company_id>")
@requires("records.view")
def show(company_id: int) -> ResponseReturnValue:
    company = found(company_id)
    return record_page("companies", company, home(company_id), contacts=people(company))


@companies.route("/<int:company_id>/edit", methods=["GET", "POST"])
@requires("records.edit")
def edit(company_id: int) -> ResponseReturnValue:
    company = found(company_id)
    current.member.must("records.edit", company, words=NOT_YOURS)
    form = CompanyForm(company)
    if form.saved_by(lambda: company.change(form.values(), by=current.member, version=form.version.data)):
        db.session.commit()
        return go(home(company_id) if current.member.may("records.view", company) else url_for("companies.index"))
    return render("companies/edit.html", fragment="companies/_form.html", form=form, status=form.http_status)


@companies.post("/<int:company_id>/activities")
@requires("activities.create")
def log(company_id: int) -> ResponseReturnValue:
    company, form = found(company_id), ComposerForm()
    if form.saved_by(company.log, form.kind.data or "", form.text.data or "", by=current.member):
        db.session.commit()
    return logged("companies", company, form, home(company_id), contacts=people(company))


@companies.post("/<int:company_id>/archive")
@requires("records.edit")
def archive(company_id: int) -> ResponseReturnValue:
    found(company_id).archive(by=current.member)
    db.session.commit()
    return go(home(company_id))


@companies.post("/<int:company_id>/restore")
@requires("records.edit")
def restore(company_id: int) -> ResponseReturnValue:
    found(company_id).restore(by=current.member)
    db.session.commit()
    return go(home(company_id))


@companies.route("/<int:company_id>/delete", methods=["GET", "POST"])
@requires("records.delete")
def delete(company_id: int) -> ResponseReturnValue:
    company = found(company_id)
    current.member.must("records.delete", company, words=NOT_YOURS_TO_DELETE)
    if request.method == "GET":
        return render("contacts/delete.html", fragment="contacts/_delete.html", record=company, home=home(company_id))
    company.delete(by=current.member)
    db.session.commit()
    return go(url_for("companies.index"))
