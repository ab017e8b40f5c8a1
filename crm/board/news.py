"""What the board brings into the event stream: the card that changed, and the heads around it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Flask, render_template, request

from crm import live
from crm.board.address import read_filter
from crm.board.answers import around, heads_of_board
from crm.board.filters import ME
from crm.database import db
from crm.deals.queries import deal_of
from crm.organizations.onlooker import NOBODY
from crm.organizations.queries import facts_of
from crm.pipelines.models import Pipeline
from crm.pipelines.queries import named_pipeline
from crm.sessions import current

OWN = ("organization", "after", "pipeline", "view")  # what the stream's address says of the stream itself


@dataclass(frozen=True)
class ShownBoard:
    """The board that a tab shows: one pipeline, and the rest of its address.

    `owners` are those that its filter lets in, none for all; `viewer` the user whose own deals it shows, if it asks so.
    """

    root: str
    pipeline_id: int
    query: str
    is_current: bool
    owners: frozenset[int] = frozenset()
    viewer: int = NOBODY

    def passes_by(self, owners: Iterable[int]) -> bool:
        """Whether a deal that these have or had can't stand on it, so that nothing of it changes."""
        return bool(self.owners) and bool(set(owners)) and self.owners.isdisjoint(owners)

    def draw(self, deal_id: int) -> dict[str, Any]:
        """`card` and `heads` as HTML; `gone` when the card has no place on this board. Of another board, nothing."""
        deal = db.session.scalars(deal_of(current.member, deal_id)).unique().one_or_none()
        shown = deal.stage.pipeline if deal else pipeline(self.pipeline_id)
        if shown is None or shown.id != self.pipeline_id:
            return {"card": "", "heads": ""}
        context = around(deal) if deal else heads_of_board(shown) | {"cards": []}
        context["heads"] = shown.stages
        card, heads = (render_template(part, oob=True, **context) for part in ("board/drawn.html", "board/heads.html"))
        return {"card": card, "heads": heads} | ({} if context["cards"] else {"gone": True})


def board_asked() -> ShownBoard | None:
    """The board that the stream's address names."""
    number = request.args.get("pipeline", "")
    found = pipeline(int(number)) if number.isascii() and number.isdecimal() and len(number) < 19 else None
    if found is None:
        return None
    query = sorted_query((name, said) for name, said in request.args.items(multi=True) if name not in OWN)
    is_current, me = request.args.get("view") == fingerprint(found, query), current.member.user_id
    asked = read_filter(request.args).owner_ids
    owners = frozenset(me if one == ME else one for one in asked)
    return ShownBoard(request.url_root, found.id, query, is_current, owners, me if ME in asked else NOBODY)


def sorted_query(pairs: Iterable[tuple[str, str]]) -> str:
    return urlencode(sorted(pairs))


def pipeline(number: int) -> Any:
    asked = facts_of(current.member) | {"pipeline": number}
    return db.session.scalars(named_pipeline(), asked).unique().one_or_none()


def view_of(shown: Pipeline, query: str) -> str:
    """Tells whether parts drawn for a stream fit a page: for the same person, of the same columns and filter."""
    return fingerprint(shown, sorted_query(parse_qsl(query.lstrip("?"), keep_blank_values=True)))


def fingerprint(shown: Pipeline, query: str) -> str:
    """Of all that a drawing depends on beside the deals."""
    member = current.member
    person = (member.organization_id, member.organization.version, member.user_id, member.role)
    reads = (member.user.language, member.user.timezone)
    sees = (None if member.sees is None else sorted(member.sees), sorted(member.led))
    columns = [(stage.id, stage.version) for stage in shown.stages]
    return sha256(repr((person, reads, sees, columns, query)).encode()).hexdigest()[:16]


def init_app(app: Flask) -> None:
    live.boards[:] = [board_asked]
    app.jinja_env.globals.update(view_of=view_of)
