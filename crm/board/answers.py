"""What the board answers after a move: the card, the heads, the reason why not."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from crm.board.forms import MoveForm, query_of, read_filter
from crm.board.layout import Layout, card_of, columns_of
from crm.database import db
from crm.deals.models import Deal
from crm.deals.moving import asked_by
from crm.deals.pages import record_context
from crm.deals.queries import deal_of
from crm.errors import Conflict, Refused, Stale
from crm.hypermedia import changed, one_or_404, refused, render
from crm.pipelines.models import Stage
from crm.sessions import current
from crm.timeline.models import Activity
from crm.timeline.queries import activities_of
from crm.words import ago


def around(deal: Deal) -> dict[str, Any]:
    """The card as it is now, and the heads of its board."""
    shown = read_filter(request.args)
    columns = columns_of(db.session(), current.member, deal.stage.pipeline.stages, shown)
    return {
        "cards": [card_of(db.session(), current.member, deal)],
        "layout": Layout(deal.stage.pipeline, columns, shown),
        "shown": shown,
        "query": query_of(shown),
        "with_filter": query_of,
    }


def shown_card(deal: Deal) -> ResponseReturnValue:
    """The card and the heads, for a browser that heard of a change."""
    home = url_for("deals.show", deal_id=deal.id)
    return changed("board/card.html", otherwise=home, heads=deal.stage.pipeline.stages, **around(deal))


def moved(
    deal: Deal, left: Stage, *, record: bool = False, template: str = "board/moved.html", **context: Any
) -> ResponseReturnValue:
    """The moved card and both heads; the record's parts too when the move came from there."""
    home = url_for("board.show", pipeline_id=deal.stage.pipeline_id)
    if record:
        context |= record_context(deal)
        home = url_for("deals.show", deal_id=deal.id)
    events = {"close-dialog": True}
    context |= {"deal": deal, "heads": [left, deal.stage], "record": record or None}
    return changed(template, otherwise=home, events=events, **around(deal), **context)


def ask(deal_id: int, form: MoveForm) -> ResponseReturnValue:
    """The dialog with what the stage asks for; 400 when it follows a move that lacked it."""
    deal = one_or_404(deal_of(current.member, deal_id))
    form.deal = deal
    stage = form.stage
    asked = asked_by(stage, deal, current.member)
    if stage.kind == "lost":
        form.offer_reasons()
        asked.setdefault("lost_reason_id", "")
    asked |= {name: "" for name in form.errors if name in ("amount", "expected_close_date")}
    context = {"deal": deal, "stage": stage, "form": form, "asked": asked, "oob": request.method == "POST"}
    return render("board/close.html", fragment="board/_close.html", status=form.http_status, **context)


def refused_move(deal_id: int, error: Conflict) -> ResponseReturnValue:
    """Says who was first and when, and brings the card as it is now."""
    db.session.rollback()
    deal = one_or_404(deal_of(current.member, deal_id))
    return refused(in_words(deal, error), template="board/refused.html", deal=deal, heads=[], **around(deal))


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
