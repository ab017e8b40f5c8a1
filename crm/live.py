"""What others do, without a reload: the event stream, and the question for who can't have one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from secrets import randbelow
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue

from crm.config import libpq_url
from crm.database import db
from crm.errors import Conflict
from crm.events import BEAT, MANY, Board, Desk, event
from crm.hub import CHANNEL, Hub, Viewer, hub
from crm.positions import is_ahead, position
from crm.sessions import current, recognised
from crm.tenancy import requires
from crm.timeline.queries import deleted_since, told_since

__all__ = ["CHANNEL", "Hub", "Viewer", "hub"]

HEARTBEAT = 15  # seconds
USUAL = 10  # streams of one person in a process: nobody takes the places of all
LIFE = 3600  # seconds; who comes back is asked anew who they are
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

live = Blueprint("live", __name__)


boards: list[Callable[[], Board | None]] = []
"""Who can read a board from the address of the stream: the slice of the board puts itself here."""


@live.get("/live")
@requires("organization.view")
def stream() -> ResponseReturnValue:
    """Server-sent events of the selected organization. No stream holds a connection to the database while it waits."""
    refuse_other_organization()
    if request.method == "HEAD":
        return Response(mimetype="text/event-stream", headers=HEADERS)
    member = current.member
    viewer = Viewer(member.organization_id, member.user_id, current.session.id, member.sees)
    try:
        if not admitted(viewer):
            hub.leave(viewer)
            return Response(status=503, headers={"Retry-After": "15", "Cache-Control": "no-store"})
        board = board_asked()
        began, desk = opening(missed(board)), desk_for(board)
    except BaseException:
        hub.leave(viewer)
        raise
    db.session.close()
    response = Response(events(viewer, began, desk), mimetype="text/event-stream", headers=HEADERS)
    response.call_on_close(lambda: hub.leave(viewer))  # one that never started has no end of its own
    return response


def admitted(viewer: Viewer) -> bool:
    """Whether there is room, the database can be heard, and the viewer still sees what it saw a moment ago.

    Who lost access before the hub knew the viewer was told of it by a note that nobody heard.
    """
    settings = current_app.config["SETTINGS"]
    if not hub.make_room(viewer, settings.streams, USUAL):
        return False
    db.session.close()
    if hub.join(viewer, libpq_url(settings.database_url)) is False:
        return False
    found = recognised(viewer.session_id, viewer.user_id, viewer.organization_id, kinds=("browser",))
    return found is not None and current.organization_id is not None and current.member.sees == viewer.sees


def desk_for(board: Board | None) -> Desk:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    return Desk(app, current.member, board if board and board.is_current else None)


@live.get("/live/since")
@requires("organization.view")
def since() -> ResponseReturnValue:
    """The same for a tab without a stream: what happened since its position, and the position now."""
    refuse_other_organization()
    return {"position": g.position, "notes": missed(board_asked())}, {"Cache-Control": "no-store"}


def refuse_other_organization() -> None:
    if request.args.get("organization", str(current.organization_id)) != str(current.organization_id):
        raise Conflict("This tab shows another organization.", code="STALE_TAB")


def board_asked() -> Board | None:
    return next((board for read in boards if (board := read())), None)


def missed(board: Board | None) -> list[dict[str, Any]]:
    """What happened since the position that the browser names; a reload when that can't be told, or is too much."""
    said = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    if not said:
        return []
    place = position(said)
    if place is None or (board and not board.is_current) or db.session.scalar(is_ahead(place)):
        return [{"reload": True}]
    changed = db.session.scalars(told_since(current.member, place).limit(MANY + 1)).all()
    deleted = db.session.scalars(deleted_since(current.member, place).limit(MANY + 1)).all()
    notes = [{"deal": deal} for deal in (*changed, *deleted)]
    return notes if len(notes) <= MANY else [{"reload": True}]


def opening(notes: Iterable[dict[str, Any]]) -> str:
    """The pause before a lost stream is opened anew differs from viewer to viewer. The position stands last."""
    return f"retry: {1000 + randbelow(2000)}\n\n" + "".join(map(event, notes)) + f"id: {g.position}\n" + BEAT


def events(viewer: Viewer, began: str, desk: Desk) -> Iterator[str]:
    until = time.monotonic() + LIFE + randbelow(LIFE // 5)
    try:
        yield began
        while not hub.stopping.is_set() and time.monotonic() < until:
            came = viewer.waits(HEARTBEAT, hub.pause())
            over = None in came  # then nothing of what is seen is told any more
            yield desk.tells([note for note in came if note and not (over and "deal" in note)]) or BEAT
            if over:
                return
    finally:
        hub.leave(viewer)


def init_app(app: Flask) -> None:
    app.register_blueprint(live)
