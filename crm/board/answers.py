"""What the board answers after a move: the card, the heads, the reason why not."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from crm.board.address import query_of, read_filter
from crm.board.forms import MoveForm
from crm.board.layout import card_of, frame
from crm.board.pages import told
from crm.database import db
from crm.deals.models import Deal
from crm.deals.moving import asked_by
from crm.deals.pages import answer, record_context
from crm.deals.queries import deal_of
from crm.errors import Conflict, Refused, Stale
from crm.hypermedia import changed, one_or_404, refused, render, telling
from crm.pipelines.models import Pipeline, Stage
from crm.sessions import current
from crm.timeline.models import Activity
from crm.timeline.queries import activities_of
from crm.words import ago


def around(deal: Deal) -> dict[str, Any]:
    """The card as it is now, unless the filter leaves it out, and the heads of its board."""
    board = heads_of_board(deal.stage.pipeline)
    card = card_of(db.session(), current.member, deal, board["shown"])
    return board | {"cards": [card] if card else [], "gone": None if card else deal.id}


def heads_of_board(pipeline: Pipeline) -> dict[str, Any]:
    """The heads and sums of the board that the address names."""
    shown = read_filter(request.args)
    return {"layout": frame(db.session(), current.member, pipeline, shown)} | told(shown, pipeline.id)


def gone(board: dict[str, Any]) -> dict[str, Any]:
    """The event that takes a card off a board whose filter leaves it out."""
    return {"card-gone": {"deal": board["gone"]}} if board["gone"] else {}


def shown_card(deal: Deal) -> ResponseReturnValue:
    """The card and the heads, for a browser that heard of a change."""
    board, home = around(deal), url_for("deals.show", deal_id=deal.id)
    return changed("board/card.html", otherwise=home, events=gone(board), **board)


def moved(
    deal: Deal, left: Stage, *, record: bool = False, template: str = "board/moved.html", **context: Any
) -> ResponseReturnValue:
    """The moved card and both heads. When the move came from the record its parts: the board below asks by itself."""
    closing = {"close-dialog": True}
    if record:
        return answer(deal, "board/recorded.html", events=closing, record=True)
    home = url_for("board.show", pipeline_id=deal.stage.pipeline_id) + query_of(read_filter(request.args))
    board = around(deal)
    context |= {"deal": deal, "heads": [left, deal.stage], "record": False}
    return changed(template, otherwise=home, events=closing | gone(board), **board, **context)


def ask(deal_id: int, form: MoveForm) -> ResponseReturnValue:
    """The dialog with what the stage asks for; 400 when it follows a move that lacked it."""
    deal = one_or_404(deal_of(current.member, deal_id))
    form.deal = deal
    if form.refusal is not None and not form.stage_id.data:
        raise form.refusal  # nothing that could be asked for would help
    stage = form.stage
    asked = asked_for(deal, stage, form)
    context = {"deal": deal, "stage": stage, "form": form, "asked": asked, "oob": request.method == "POST"}
    context["query"] = query_of(read_filter(request.args))
    return render("board/close.html", fragment="board/_close.html", status=form.http_status, **context)


def asked_for(deal: Deal, stage: Stage, form: MoveForm) -> dict[str, str]:
    """The fields that the form shows: what the stage wants and the deal lacks, and what was typed wrong."""
    asked = asked_by(stage, deal, current.member)
    if stage.kind == "lost":
        form.offer_reasons()
        asked.setdefault("lost_reason_id", "")
    return asked | {name: "" for name in form.errors if name in ("amount", "expected_close_date")}


def refused_move(deal_id: int, error: Conflict, *, record: bool = False) -> ResponseReturnValue:
    """Says who was first and when, and brings the card, or the record, as it is now."""
    db.session.rollback()
    deal = one_or_404(deal_of(current.member, deal_id))
    said = in_words(deal, error)
    if record:
        late = refused(said, template="board/late.html", **record_context(deal))
        return telling(late, {"deal-changed": {"deal": deal_id}})
    board = around(deal)
    return telling(refused(said, template="board/refused.html", deal=deal, **board), gone(board))


def in_words(deal: Deal, error: Conflict) -> Refused:
    """Anna moved it to Contract a minute ago, rather than: version conflict."""
    last = db.session.scalars(activities_of(current.member).where(Activity.deal_id == deal.id).limit(1)).first()
    if not isinstance(error, Stale) or last is None or last.actor is None:
        return error
    who, when = last.actor.name, ago(last.created_at)
    if last.type in ("stage_changed", "status_changed"):
        words = "%(who)s moved “%(title)s” to %(stage)s %(when)s."
        return Conflict(words, code=error.code, who=who, title=deal.title, stage=deal.stage.name, when=when)
    return Conflict("%(who)s changed “%(title)s” %(when)s.", code=error.code, who=who, title=deal.title, when=when)
