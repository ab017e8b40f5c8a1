"""What others do, without a reload: one LISTEN connection a process, fanned out to the open event streams.

A trigger on activities notifies, so no verb knows who listens. Payloads carry numbers, never rows: the deal's, and
whose it is and was, so that a stream is told only of deals that its viewer sees, without asking the database.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from crm.config import libpq_url
from crm.database import db
from crm.errors import Conflict
from crm.sessions import current
from crm.tenancy import requires
from crm.timeline.queries import told_since

CHANNEL = "crm_live"
HEARTBEAT = 15
MISSED = 200
HIGHEST = 2**63 - 1

live = Blueprint("live", __name__)


@dataclass(eq=False)
class Viewer:
    """One open stream: its place in the hub, and what would end it."""

    organization_id: int
    user_id: int
    session_id: str
    sees: frozenset[int] | None = None
    inbox: queue.Queue[dict[str, Any] | None] = field(default_factory=lambda: queue.Queue(200))

    def take(self, note: dict[str, Any]) -> None:
        """A full inbox means a sleeping client: it is told to load the page again when it wakes up."""
        with contextlib.suppress(queue.Full):
            self.inbox.put_nowait(note)

    def end(self) -> None:
        while True:
            with contextlib.suppress(queue.Full):
                return self.inbox.put_nowait(None)
            with contextlib.suppress(queue.Empty):
                self.inbox.get_nowait()

    def loses_access_by(self, note: dict[str, Any]) -> bool:
        """Whether the note says that this session ended, or this membership changed."""
        mine = note.get("member") == self.user_id and note.get("organization") == self.organization_id
        return mine or note.get("session") == self.session_id

    def is_told(self, note: dict[str, Any]) -> bool:
        """Whether the note is of this organization, and of a deal that the viewer sees, or saw until now."""
        if note.get("organization") != self.organization_id or "member" in note:
            return False
        return self.sees is None or "deal" not in note or not self.sees.isdisjoint(note.get("owners", ()))

    def look_again(self) -> None:
        """What the viewer sees has changed: load the page anew, and come back with another sight."""
        self.take({"reload": True})
        self.end()


class Hub:
    """Streams by organization. The listener starts with the first viewer and reconnects by itself."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.thread: threading.Thread | None = None

    def join(self, viewer: Viewer, dsn: str) -> None:
        with self.lock:
            self.viewers.add(viewer)
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.listen, args=(dsn,), daemon=True, name="live")
                self.thread.start()

    def leave(self, viewer: Viewer) -> None:
        with self.lock:
            self.viewers.discard(viewer)

    def close(self) -> None:
        """Ends all streams, so that a worker process can stop at once."""
        self.stopping.set()
        for viewer in self.present():
            viewer.end()

    def present(self) -> list[Viewer]:
        with self.lock:
            return list(self.viewers)

    def listen(self, dsn: str) -> None:
        missed = False
        while not self.stopping.is_set():
            try:
                with psycopg.connect(dsn, autocommit=True, application_name="crm live") as connection:
                    connection.execute(f"listen {CHANNEL}")
                    if missed:
                        self.tell_everyone({"reload": True})
                    missed = True
                    self.hear(connection)
            except psycopg.Error:
                self.stopping.wait(1)

    def hear(self, connection: psycopg.Connection[Any]) -> None:
        while not self.stopping.is_set():
            for note in connection.notifies(timeout=2):
                self.pass_on(json.loads(note.payload))

    def tell_everyone(self, note: dict[str, Any]) -> None:
        for viewer in self.present():
            viewer.take(note)

    def pass_on(self, note: dict[str, Any]) -> None:
        for viewer in self.present():
            if viewer.loses_access_by(note):
                viewer.end()
            elif viewer.is_told(note):
                viewer.look_again() if "sight" in note else viewer.take(note)


hub = Hub()


@live.get("/live")
@requires("organization.view")
def stream() -> ResponseReturnValue:
    """Server-sent events of the selected organization. The database is let go before the stream begins."""
    if request.args.get("organization", str(current.organization_id)) != str(current.organization_id):
        raise Conflict("This tab shows another organization.", code="STALE_TAB")
    viewer = Viewer(current.member.organization_id, current.member.user_id, current.session.id, current.member.sees)
    dsn = libpq_url(current_app.config["SQLALCHEMY_DATABASE_URI"])
    hub.join(viewer, dsn)
    missed = since(request.headers.get("Last-Event-ID") or request.args.get("after", ""))
    db.session.close()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(events(viewer, missed), mimetype="text/event-stream", headers=headers)


def since(last: str) -> list[dict[str, Any]]:
    """What a reconnecting browser missed, read from the timeline; a reload when it was too much."""
    if not last.isdecimal():
        return []
    rows = db.session.execute(told_since(current.member, min(int(last), HIGHEST)).limit(MISSED)).all()
    if len(rows) == MISSED:
        return [{"reload": True}]
    return [{"deal": row.deal_id, "by": row.actor_id, "activity": row.id} for row in rows]


def events(viewer: Viewer, missed: list[dict[str, Any]]) -> Iterator[str]:
    try:
        yield "retry: 2000\n\n" + "".join(event(note) for note in missed)
        while not hub.stopping.is_set():
            try:
                note = viewer.inbox.get(timeout=HEARTBEAT)
            except queue.Empty:
                yield ": still here\n\n"
                continue
            if note is None:
                return
            yield event(note)
    finally:
        hub.leave(viewer)


def event(note: dict[str, Any]) -> str:
    """A note as the browser reads it; its id is the newest activity, so that a reconnect can ask from there."""
    if "deal" not in note:
        return "event: reload\ndata: {}\n\n"
    body = json.dumps({name: note.get(name) for name in ("deal", "by", "activity", "client")})
    number = f"id: {note['activity']}\n" if note["activity"] else ""
    return f"{number}event: deal\ndata: {body}\n\n"


def init_app(app: Flask) -> None:
    app.register_blueprint(live)
