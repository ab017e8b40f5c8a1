"""The board: columns, cards, moves."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from crm.board.address import query_of, read_filter
from crm.board.answers import ask, moved, refused_move, shown_card
from crm.board.forms import MoveForm, QuickAddForm
from crm.board.grouping import Group
from crm.board.layout import Column, Head
from crm.board.pages import last_used, more, page, targets
from crm.board.queries import pipelines
from crm.contacts.operations import find_or_make_company
from crm.database import db
from crm.deals.models import NOT_YOURS_TO_MOVE, Deal
from crm.deals.operations import open_deal
from crm.deals.queries import deal_of, deal_to_change
from crm.errors import Conflict
from crm.hypermedia import one_or_404, render
from crm.organizations.queries import facts_of
from crm.pipelines.models import Stage
from crm.pipelines.queries import pipeline_of, stage_of
from crm.sessions import current
from crm.tenancy import public, requires

board = Blueprint("board", __name__)


@board.get("/")
@public
def home() -> ResponseReturnValue:
    return redirect(url_for("board.index"), 303)


@board.get("/deals/")
@requires("records.view")
def index() -> ResponseReturnValue:
    """The board of the pipeline that was shown last."""
    boards = db.session.scalars(pipelines(), facts_of(current.member)).unique().all()
    return page(boards, last_used(boards)) if boards else render("board/none.html")


@board.get("/pipelines/<int:pipeline_id>/board")
@requires("records.view")
def show(pipeline_id: int) -> ResponseReturnValue:
    boards = db.session.scalars(pipelines(), facts_of(current.member)).unique().all()
    return page(boards, next((one for one in boards if one.id == pipeline_id), None) or abort(404))


@board.get("/stages/<int:stage_id>/cards")
@requires("records.view")
def cards(stage_id: int) -> ResponseReturnValue:
    """The next page of a stage's column."""
    stage = one_or_404(stage_of(current.member, stage_id))
    return more(Column(stage, Head()), stage.pipeline_id, read_filter(request.args).but(group="stage"))


@board.get("/pipelines/<int:pipeline_id>/cards")
@requires("records.view")
def group_cards(pipeline_id: int) -> ResponseReturnValue:
    """The next page of a person's or a month's column. 400 for what is none."""
    pipeline, shown = one_or_404(pipeline_of(current.member, pipeline_id)), read_filter(request.args)
    key = request.args.get("column", "")
    if shown.group == "stage" or not re.fullmatch(r"[\w-]{1,20}", key, re.ASCII):
        abort(400)
    return more(Column(Group(key, "", ""), Head()), pipeline.id, shown)


@board.get("/deals/<int:deal_id>/card")
@requires("records.view")
def card(deal_id: int) -> ResponseReturnValue:
    """One card and the heads around it: what the live stream asks for. Nothing for another pipeline's board."""
    deal = one_or_404(deal_of(current.member, deal_id))
    there = str(deal.stage.pipeline_id)
    return shown_card(deal) if request.args.get("pipeline", there) == there else ("", 204)


@board.get("/deals/<int:deal_id>/move")
@requires("records.view")
def menu(deal_id: int) -> ResponseReturnValue:
    """The Move menu: every stage, with what is not allowed and why."""
    deal = one_or_404(deal_of(current.member, deal_id))
    shown = read_filter(request.args)
    context: dict[str, Any] = {"stages": deal.stage.pipeline.stages, "query": query_of(shown), "shown": shown}
    return render("board/move.html", fragment="board/_move.html", deal=deal, **context | targets(deal, shown))


@board.post("/deals/<int:deal_id>/move")
@requires("records.edit")
def move(deal_id: int) -> ResponseReturnValue:
    deal = one_or_404(deal_to_change(current.member, deal_id))
    current.member.must("records.edit", deal, words=NOT_YOURS_TO_MOVE)
    form, left = MoveForm(deal), deal.stage
    try:
        if not form.saved_by(form.carry, by=current.member):
            return ask(deal_id, form)
    except Conflict as error:
        return refused_move(deal_id, error, record=bool(form.record.data))
    db.session.commit()
    return moved(deal, left, record=bool(form.record.data))


@board.post("/deals/<int:deal_id>/reopen")
@requires("records.edit")
def reopen(deal_id: int) -> ResponseReturnValue:
    """Back to the open stage that it left."""
    deal = one_or_404(deal_to_change(current.member, deal_id))
    left = deal.stage
    deal.reopen(by=current.member)
    db.session.commit()
    return moved(deal, left, record=bool(request.form.get("record")))


@board.get("/deals/<int:deal_id>/move/<int:stage_id>")
@requires("records.edit")
def close(deal_id: int, stage_id: int) -> ResponseReturnValue:
    """The dialog that asks for what the stage wants: a reason, an amount."""
    deal, stage = one_or_404(deal_of(current.member, deal_id)), one_or_404(stage_of(current.member, stage_id))
    current.member.must("records.edit", deal, words=NOT_YOURS_TO_MOVE)
    form = MoveForm(deal, stage_id=stage.id, version=deal.version, record=request.args.get("record", ""))
    return ask(deal_id, form)


@board.get("/stages/<int:stage_id>/deals")
@requires("records.create")
def quick_add(stage_id: int) -> ResponseReturnValue:
    """The short form at the top of a column."""
    stage = one_or_404(stage_of(current.member, stage_id))
    return quick_form(stage, QuickAddForm())


def quick_form(stage: Stage, form: QuickAddForm) -> ResponseReturnValue:
    context = {"stage": stage, "form": form, "query": query_of(read_filter(request.args))}
    return render("board/quick_add.html", fragment="board/_quick_add.html", status=form.http_status, **context)


@board.post("/stages/<int:stage_id>/deals")
@requires("records.create")
def add(stage_id: int) -> ResponseReturnValue:
    stage, form = one_or_404(stage_of(current.member, stage_id)), QuickAddForm()
    made: list[Deal] = []
    if not form.saved_by(lambda: made.append(quick_deal(stage, form))):
        return quick_form(stage, form)
    db.session.commit()
    return moved(made[0], stage, template="board/added.html", stage=stage, form=QuickAddForm(formdata=None))


def quick_deal(stage: Stage, form: QuickAddForm) -> Deal:
    company = find_or_make_company(db.session(), form.who.data, by=current.member)
    values = {"title": form.title.data, "amount": form.amount.data, "company_id": company.id if company else None}
    return open_deal(db.session(), stage, values, by=current.member)
