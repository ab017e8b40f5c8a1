"""The board: columns, cards, moves."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from crm.board.answers import ask, moved, refused_move, shown_card
from crm.board.forms import MoveForm, QuickAddForm, query_of, read_filter
from crm.board.layout import lay_out, next_page
from crm.board.queries import people, pipelines
from crm.contacts.operations import find_or_make_company
from crm.database import db
from crm.deals.models import NOT_YOURS_TO_MOVE, Deal
from crm.deals.operations import open_deal
from crm.deals.queries import deal_of, deal_to_change
from crm.errors import Conflict
from crm.hypermedia import one_or_404, render
from crm.organizations.queries import facts_of
from crm.pipelines.models import Pipeline, Stage
from crm.pipelines.queries import stage_of
from crm.sessions import current
from crm.tenancy import public, requires

ABOVE_ALL = -(2**63)

board = Blueprint("board", __name__)


@board.get("/")
@public
def home() -> ResponseReturnValue:
    return redirect(url_for("board.index"), 303)


@board.get("/deals/")
@requires("records.view")
def index() -> ResponseReturnValue:
    """The first pipeline's board."""
    boards = db.session.scalars(pipelines(), facts_of(current.member)).unique().all()
    return page(boards, boards[0]) if boards else render("board/none.html")


@board.get("/pipelines/<int:pipeline_id>/board")
@requires("records.view")
def show(pipeline_id: int) -> ResponseReturnValue:
    boards = db.session.scalars(pipelines(), facts_of(current.member)).unique().all()
    return page(boards, next((one for one in boards if one.id == pipeline_id), None) or abort(404))


def page(boards: Any, pipeline: Pipeline) -> ResponseReturnValue:
    """The whole board, or its columns alone when a filter changes."""
    shown = read_filter(request.args)
    return render(
        "board/index.html",
        fragment="board/refreshed.html",
        pipelines=boards,
        layout=lay_out(db.session(), current.member, pipeline, shown),
        shown=shown,
        query=query_of(shown),
        with_filter=query_of,
        people=db.session.execute(people(), facts_of(current.member)).all(),
    )


@board.get("/stages/<int:stage_id>/cards")
@requires("records.view")
def cards(stage_id: int) -> ResponseReturnValue:
    """The next page of a column, below the rank `after`; without it the first."""
    stage = one_or_404(stage_of(current.member, stage_id))
    shown = read_filter(request.args)
    column = next_page(db.session(), current.member, stage, shown, rank_asked())
    return render("board/more.html", column=column, query=query_of(shown), with_filter=query_of, shown=shown)


def rank_asked() -> int:
    """The rank in the address, 404 for what no rank can be."""
    try:
        after = int(request.args.get("after", ABOVE_ALL))
    except ValueError:
        abort(404)
    return after if ABOVE_ALL <= after < -ABOVE_ALL else abort(404)


@board.get("/deals/<int:deal_id>/card")
@requires("records.view")
def card(deal_id: int) -> ResponseReturnValue:
    """One card and the heads around it: what the live stream asks for."""
    return shown_card(one_or_404(deal_of(current.member, deal_id)))


@board.get("/deals/<int:deal_id>/move")
@requires("records.view")
def menu(deal_id: int) -> ResponseReturnValue:
    """The Move menu: every stage, with what is not allowed and why."""
    deal = one_or_404(deal_of(current.member, deal_id))
    query = query_of(read_filter(request.args))
    return render(
        "board/move.html", fragment="board/_move.html", deal=deal, stages=deal.stage.pipeline.stages, query=query
    )


@board.post("/deals/<int:deal_id>/move")
@requires("records.edit")
def move(deal_id: int) -> ResponseReturnValue:
    deal = one_or_404(deal_to_change(current.member, deal_id))
    current.member.must("records.edit", deal, words=NOT_YOURS_TO_MOVE)
    form, left = MoveForm(deal), deal.stage
    try:
        if not form.saved_by(lambda: deal.move_to(form.stage, by=current.member, **form.how())):
            return ask(deal_id, form)
    except Conflict as error:
        return refused_move(deal_id, error)
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
    context = {"stage": stage, "form": form}
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
