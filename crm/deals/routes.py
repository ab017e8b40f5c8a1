"""A deal: new, page and panel, edit, delete."""

from __future__ import annotations

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement

from crm.contacts.models import Company, Contact
from crm.contacts.queries import company_of, contact_of
from crm.database import db
from crm.deals.forms import FACTS, DealForm, NewDealForm
from crm.deals.models import NOT_YOURS, NOT_YOURS_TO_DELETE, Deal
from crm.deals.operations import open_deal
from crm.deals.pages import answer, home_of, record_context
from crm.deals.queries import LISTED, deal_of, deal_to_change, deal_to_show, deals_listed
from crm.errors import Conflict
from crm.hypermedia import go, is_fragment, one_or_404, render
from crm.pipelines.models import Stage
from crm.pipelines.queries import pipelines_of
from crm.sessions import current
from crm.tenancy import names, requires

deals = Blueprint("deals", __name__, url_prefix="/deals")
names("deal_id", deal_of)


@deals.route("/new", methods=["GET", "POST"])
@requires("records.create")
def new() -> ResponseReturnValue:
    pipelines = list(db.session.scalars(pipelines_of(current.member)).unique())
    asked = {name: request.args.get(name) for name in ("company", "contact") if request.args.get(name)}
    form = NewDealForm(
        pipelines, owner_id=current.member.user_id, stage_id=request.args.get("stage", type=int), **asked
    )
    stages = {stage.id: stage for pipeline in pipelines for stage in pipeline.open_stages}
    made: list[Deal] = []
    if form.saved_by(lambda: made.append(opened(form, stages))):
        db.session.commit()
        return go(url_for("deals.show", deal_id=made[0].id))
    return render("deals/new.html", form=form, status=form.http_status)


def opened(form: NewDealForm, stages: dict[int, Stage]) -> Deal:
    return open_deal(db.session(), stages[form.stage_id.data], form.values(), by=current.member)


@deals.get("/<int:deal_id>")
@requires("records.view")
def show(deal_id: int) -> ResponseReturnValue:
    """The page, or the panel over the board."""
    deal = one_or_404(deal_of(current.member, deal_id))
    return render("deals/show.html", fragment="deals/_panel.html", **record_context(deal))


@deals.get("/<int:deal_id>/news")
@requires("records.view")
def news(deal_id: int) -> ResponseReturnValue:
    """What may have changed while the record is open: all but the fields, which may be in the reader's hands."""
    deal = one_or_404(deal_of(current.member, deal_id))
    return render("deals/show.html", fragment="deals/news.html", **record_context(deal) | {"oob": is_fragment()})


@deals.get("/with/contact/<int:contact_id>")
@requires("records.view")
def with_contact(contact_id: int) -> ResponseReturnValue:
    """The deals of a contact, for its page."""
    return listed(one_or_404(contact_of(current.member, contact_id)), Deal.contact_id == contact_id)


@deals.get("/with/company/<int:company_id>")
@requires("records.view")
def with_company(company_id: int) -> ResponseReturnValue:
    """The deals of a company, for its page."""
    return listed(one_or_404(company_of(current.member, company_id)), Deal.company_id == company_id)


def listed(record: Contact | Company, whose: ColumnElement[bool]) -> ResponseReturnValue:
    """Open ones first, then the latest closed; in a page of its own without JavaScript."""
    found = db.session.scalars(deals_listed(current.member, whose)).all()
    return render("deals/with.html", fragment="deals/_with.html", record=record, deals=found[:LISTED], total=len(found))


@deals.route("/<int:deal_id>/edit", methods=["GET", "POST"])
@requires("records.edit")
def edit(deal_id: int) -> ResponseReturnValue:
    """The whole form. A stale one shows what differs and keeps what was typed."""
    deal = one_or_404(deal_to_show(current.member, deal_id))
    current.member.must("records.edit", deal, words=NOT_YOURS)
    form = DealForm(deal)
    try:
        if form.saved_by(lambda: saved(deal_id, form)):
            db.session.commit()
            return go(home_of(deal))
    except Conflict as conflict:
        return differing(deal_id, form, conflict)
    return render("deals/edit.html", deal=deal, form=form, theirs=None, status=form.http_status)


def saved(deal_id: int, form: DealForm) -> None:
    deal = one_or_404(deal_to_change(current.member, deal_id))
    deal.change(form.values(), by=current.member, version=form.version.data)


def differing(deal_id: int, form: DealForm, conflict: Conflict) -> ResponseReturnValue:
    """What was typed beside what is stored now; saving again is then a choice."""
    db.session.rollback()
    deal = one_or_404(deal_to_show(current.member, deal_id))
    theirs = DealForm(deal, formdata=None)
    form.version.raw_data, form.version.data = None, deal.version
    return render("deals/edit.html", deal=deal, form=form, theirs=theirs, status=409, facts=FACTS)


@deals.route("/<int:deal_id>/facts/<field>", methods=["GET", "POST"])
@requires("records.edit")
def fact(deal_id: int, field: str) -> ResponseReturnValue:
    """One field, edited in place."""
    deal = one_or_404(deal_to_show(current.member, deal_id))
    if field not in FACTS:
        abort(404)
    current.member.must("records.edit", deal, words=NOT_YOURS)
    form = DealForm(deal, only=field)
    if form.saved_by(lambda: saved(deal_id, form)):
        db.session.commit()
        return answer(deal)
    context = {"deal": deal, "form": form, "field": field, "theirs": None}
    return render("deals/edit.html", fragment="deals/_fact_edit.html", status=form.http_status, **context)


@deals.get("/<int:deal_id>/facts")
@requires("records.view")
def facts(deal_id: int) -> ResponseReturnValue:
    """The fields at rest: what Cancel goes back to."""
    deal = one_or_404(deal_of(current.member, deal_id))
    return render("deals/show.html", fragment="deals/_facts.html", **record_context(deal))


@deals.get("/<int:deal_id>/tasks/list")
@requires("records.view")
def tasks(deal_id: int) -> ResponseReturnValue:
    """The tasks at rest."""
    deal = one_or_404(deal_of(current.member, deal_id))
    return render("deals/show.html", fragment="deals/_tasks.html", **record_context(deal))


@deals.route("/<int:deal_id>/delete", methods=["GET", "POST"])
@requires("records.delete")
def delete(deal_id: int) -> ResponseReturnValue:
    deal = one_or_404(deal_to_change(current.member, deal_id))
    current.member.must("records.delete", deal, words=NOT_YOURS_TO_DELETE)
    if request.method == "GET":
        return render("deals/delete.html", fragment="deals/_delete.html", deal=deal)
    board = url_for("board.show", pipeline_id=deal.stage.pipeline_id)
    deal.delete(by=current.member)
    db.session.commit()
    return go(board)
