"""Quick actions on a card: the update sheet, the next step, snoozing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select

from crm.board.address import query_of, read_filter
from crm.board.answers import around, asked_for, gone, in_words, moved
from crm.board.sheet import Sheet, SnoozeForm, UpdateForm
from crm.database import db
from crm.deals.models import NOT_YOURS, Deal
from crm.deals.queries import deal_of, deal_to_change
from crm.errors import Stale
from crm.hypermedia import one_or_404, render, telling, words
from crm.organizations.models import Membership
from crm.sessions import current
from crm.tasks.operations import update_deal
from crm.tenancy import requires
from crm.timeline.models import Activity
from crm.timeline.queries import activities_of, is_news, people_in

updates = Blueprint("updates", __name__)


def mine(find: Callable[[Membership, int], Select[Deal]], deal_id: int) -> Deal:
    """The deal, if this person may change it: 404 out of sight, else 403."""
    deal = one_or_404(find(current.member, deal_id))
    current.member.must("records.edit", deal, words=NOT_YOURS)
    return deal


@updates.get("/deals/<int:deal_id>/update")
@requires("records.edit")
def sheet(deal_id: int) -> ResponseReturnValue:
    """The sheet in a dialog; a page of its own without JavaScript."""
    deal = mine(deal_of, deal_id)
    form = UpdateForm(deal, version=deal.version, kind=request.args.get("kind", "comment"))
    return show(deal, form)


@updates.post("/deals/<int:deal_id>/update")
@requires("records.edit")
def update(deal_id: int) -> ResponseReturnValue:
    """All of the sheet in one transaction, or none of it."""
    deal = mine(deal_to_change, deal_id)
    form, left = UpdateForm(deal), deal.stage
    if not form.saved_by(lambda: update_deal(deal, by=current.member, **form.values())):
        return ask_again(deal_id, form)
    db.session.commit()
    return moved(deal, left, template="board/updated.html")


def ask_again(deal_id: int, form: UpdateForm) -> ResponseReturnValue:
    """The sheet as it was typed, with what is at fault; a stale one saves at the second try, and brings the card."""
    deal = mine(deal_of, deal_id)
    if not isinstance(form.refusal, Stale):
        return show(deal, form)
    again = _("Nothing was saved yet. Save again to add what you typed.")
    form.form_errors = [f"{words(in_words(deal, form.refusal))} {again}"]
    form.version.raw_data, form.version.data = None, deal.version
    board = around(deal)
    return telling(show(deal, form, **board), gone(board))


def show(deal: Deal, form: UpdateForm, **more: Any) -> ResponseReturnValue:
    """The sheet; what the chosen stage asks for stands in it."""
    form.deal = deal
    stage = next((one for one in deal.stage.pipeline.stages if one.id == form.stage_id.data != deal.stage_id), None)
    asked = asked_for(deal, stage, form) if stage and form.is_submitted() else {}
    context = {"sheet": Sheet.of(deal, form), "asked": asked, "deal": deal, "form": form} | latest(deal)
    context["query"] = query_of(read_filter(request.args))
    context |= {"oob": request.method == "POST"} | more
    return render("board/update.html", fragment="board/asked.html", status=form.http_status, **context)


def latest(deal: Deal) -> dict[str, Any]:
    """What happened to it last, and the names that this speaks of."""
    of_deal = activities_of(current.member).where(Activity.deal_id == deal.id, is_news())
    last = db.session.scalars(of_deal.limit(1)).all()
    people = db.session.execute(people_in(current.member, last))
    return {"last": next(iter(last), None), "names": {row.user_id: row.name for row in people}}


@updates.get("/deals/<int:deal_id>/update/brief")
@requires("records.view")
def brief(deal_id: int) -> ResponseReturnValue:
    """Whom to call, and what happened last: what the card on the board does not know."""
    deal = one_or_404(deal_of(current.member, deal_id))
    return action("board/_brief.html", deal, **latest(deal))


@updates.get("/deals/<int:deal_id>/step")
@requires("records.edit")
def step(deal_id: int) -> ResponseReturnValue:
    """Finishes the next step and asks for the one after it."""
    deal = mine(deal_of, deal_id)
    return action("board/_step.html", deal, sheet=Sheet.of(deal, UpdateForm(deal)))


@updates.route("/deals/<int:deal_id>/snooze", methods=["GET", "POST"])
@requires("records.edit")
def snooze(deal_id: int) -> ResponseReturnValue:
    """Tomorrow, in a week, in a month, on a day; or awake at once."""
    deal, form = mine(deal_to_change if request.method == "POST" else deal_of, deal_id), SnoozeForm()
    if not form.saved_by(lambda: deal.snooze(form.day(), by=current.member, version=form.version.data)):
        return action("board/_snooze.html", mine(deal_of, deal_id), form=form, status=form.http_status)
    db.session.commit()
    return moved(deal, deal.stage)


def action(part: str, deal: Deal, **context: Any) -> ResponseReturnValue:
    """A part of the card's menu, or the page around it."""
    query = query_of(read_filter(request.args))
    return render("board/action.html", fragment=part, part=part, deal=deal, query=query, **context)
