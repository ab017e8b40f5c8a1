"""What an event stream says: notes as the browser reads them, with the parts of the board that the tab shows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Protocol

from flask import Flask, g
from werkzeug.test import EnvironBuilder

from crm.database import db, scope
from crm.hub import Note, hub
from crm.logs import logger
from crm.organizations.models import Membership
from crm.organizations.onlooker import Onlooker

MANY = 20
EACH = 60  # milliseconds: so far apart the viewers of a process load a board anew
BARE = ("deal", "by", "client")
BEAT = "event: beat\ndata:\n\n"


class Board(Protocol):
    """What a tab shows, and how a deal's parts look on it. Equal ones show the same."""

    @property
    def root(self) -> str:
        """Where the CRM's addresses begin."""

    @property
    def query(self) -> str:
        """What the board's own address says."""

    @property
    def is_current(self) -> bool:
        """Whether the tab's page was made for who asks now, of the columns that there are now."""

    @property
    def viewer(self) -> int:
        """The user id on which the drawings depend, or NOBODY."""

    def passes_by(self, owners: Iterable[int]) -> bool:
        """Whether nothing of it changes with a deal that these have or had."""

    def draw(self, deal_id: int) -> dict[str, Any]:
        """The fields that an event has besides the deal, drawn for `current.member`."""


def latest(came: Iterable[Note | None]) -> list[Note]:
    """Of each deal the last note alone, in their order; only a reload when there are many, or one is among them."""
    notes = {note.get("deal"): note for note in came if note is not None}
    if None not in notes and len(notes) <= MANY:
        return sorted(notes.values(), key=list(came).index)
    places = [note["position"] for note in notes.values() if note.get("position")]
    return [Note({"reload": True, "position": places[-1] if places else None})]


@dataclass(frozen=True)
class Desk:
    """Whose stream it is, and the board that is drawn for it, if any."""

    app: Flask
    member: Membership
    board: Board | None

    def tells(self, came: Iterable[Note | None]) -> str:
        """All that came as events; a deal that changed hands several times is of all who had it."""
        owners: dict[Any, set[int]] = {}
        for note in filter(None, came):
            owners.setdefault(note.get("deal"), set()).update(note.get("owners", ()))
        return "".join(self.told(note, owners.get(note.get("deal"), set())) for note in latest(came))

    def told(self, note: Note, owners: Iterable[int] = ()) -> str:
        """The event, with the parts of the board drawn once for all who look alike."""
        board = self.board
        if board is None or "deal" not in note:
            return event(note)
        if board.passes_by(owners):
            return event(note, card="", heads="")
        like = replace(Onlooker.like(self.member, frozenset(note.get("owners", ()))), user_id=board.viewer)
        try:
            return str(note.drawn((like, board), lambda: self.draw(note, board, like)))
        except TimeoutError:
            return event(note)  # the browser asks for the card itself

    def draw(self, note: Note, board: Board, like: Onlooker) -> str:
        """Apart from any viewer's request, so that nothing of it can be drawn: no cookie, no token, no person."""
        with self.app.request_context(EnvironBuilder(base_url=board.root, query_string=board.query).get_environ()):
            g.member, g.today, g.csrf_token = like, like.day, ""
            g._login_user = SimpleNamespace(is_authenticated=True, user=like.user)
            scope(db.session(), organization_id=like.organization_id)
            try:
                return event(note, **board.draw(note["deal"]))
            except Exception:
                logger.exception("a note could not be drawn")
                return event(note)


def event(note: dict[str, Any], **parts: Any) -> str:
    """A note as the browser reads it; its id is the position from which a reconnect asks."""
    number = f"id: {note['position']}\n" if note.get("position") else ""
    if "deal" not in note:
        return f"{number}event: reload\ndata: {json.dumps({'within': EACH * len(hub.viewers)})}\n\n"
    body = json.dumps({name: note[name] for name in BARE if note.get(name)} | parts)
    return f"{number}event: deal\ndata: {body}\n\n"
