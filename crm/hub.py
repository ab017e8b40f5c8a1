"""One LISTEN connection a process, fanned out to the open event streams.

Triggers notify, so no verb knows who listens. Payloads carry numbers, never rows: the deal's, and whose it is and was,
so that a stream is told only of deals that its viewer sees, without asking the database.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from secrets import randbelow
from typing import Any

import psycopg

CHANNEL = "crm_live"
PATIENCE = 10
AT_ONCE = threading.BoundedSemaphore(4)  # drawings of a process: the pages need connections too
EACH, LONGEST_PAUSE = 0.0003, 0.1
KEPT_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "connect_timeout": 5}


class Note(dict[str, Any]):
    """What the database told. What is drawn of it is drawn once for all who look alike."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__(told)
        self.drawings: dict[Hashable, Future[Any]] = {}
        self.lock = threading.Lock()

    def drawn(self, like: Hashable, draw: Callable[[], Any]) -> Any:
        """What `draw` gives for the first who asks; the others wait for it. Raises TimeoutError after ten seconds."""
        with self.lock:
            first = like not in self.drawings
            drawing = self.drawings.setdefault(like, Future())
        if first:
            with AT_ONCE:
                try:
                    drawing.set_result(draw())
                except Exception as error:
                    drawing.set_exception(error)
        return drawing.result(timeout=PATIENCE)


@dataclass(eq=False)
class Viewer:
    """One open stream: its place in the hub, and what would end it."""

    organization_id: int
    user_id: int
    session_id: str
    sees: frozenset[int] | None = None
    inbox: queue.Queue[Note | None] = field(default_factory=lambda: queue.Queue(200))
    began: float = field(default_factory=time.monotonic)

    def take(self, note: Mapping[str, Any]) -> None:
        """A full inbox means a sleeping client: its stream ends, and it comes back with the position that it knows."""
        try:
            self.inbox.put_nowait(note if isinstance(note, Note) else Note(note))
        except queue.Full:
            self.end()

    def end(self, *last: Note) -> None:
        """What waits is not told any more: who comes back asks from the position that it has heard."""
        with contextlib.suppress(queue.Empty):
            while True:
                self.inbox.get_nowait()
        for note in (*last, None):
            self.inbox.put_nowait(note)

    def waits(self, seconds: float, pause: float = 0.0) -> list[Note | None]:
        """All that came until `pause` seconds after the first, up to the end; nothing after so much silence."""
        came: list[Note | None] = []
        with contextlib.suppress(queue.Empty):
            came.append(self.inbox.get(timeout=seconds))
            time.sleep(pause)
            while came[-1] is not None:
                came.append(self.inbox.get_nowait())
        return came

    def loses_access_by(self, note: Mapping[str, Any]) -> bool:
        """Whether the note says that this session ended, or this membership changed."""
        mine = note.get("member") == self.user_id and note.get("organization") == self.organization_id
        return mine or note.get("session") == self.session_id

    def is_told(self, note: Mapping[str, Any]) -> bool:
        """Whether the note is of this organization, and of a deal that the viewer sees, or saw until now."""
        if note.get("organization") != self.organization_id or "member" in note:
            return False
        return self.sees is None or "deal" not in note or not self.sees.isdisjoint(note.get("owners", ()))

    def look_again(self) -> None:
        """What the viewer sees has changed: load the page anew, and come back with another sight."""
        self.end(Note({"reload": True}))


class Hub:
    """The streams of this process. The listener starts with the first viewer and reconnects by itself."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.hearing = threading.Event()
        self.thread: threading.Thread | None = None

    def join(self, viewer: Viewer, dsn: str) -> bool:
        """Whether the viewer hears from now on; False while the database can't be heard."""
        with self.lock:
            self.viewers.add(viewer)
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.listen, args=(dsn,), daemon=True, name="live")
                self.thread.start()
        return self.hearing.wait(PATIENCE / 2)

    def leave(self, viewer: Viewer) -> None:
        with self.lock:
            self.viewers.discard(viewer)

    def make_room(self, viewer: Viewer, most: int, usual: int) -> bool:
        """Whether there is a place among `most` streams, and the person has not twice as many as is `usual`.

        Of more than usual the oldest ends: it is of a page that was left, and that it is gone was not noticed yet.
        """
        present = self.present()
        mine = sorted((one for one in present if one.user_id == viewer.user_id), key=lambda one: one.began)
        for one in mine[: max(0, len(mine) - usual + 1)]:
            one.end()
        return len(present) < most and len(mine) < 2 * usual

    def close(self) -> None:
        """Ends all streams, so that a worker process can stop at once."""
        self.stopping.set()
        self.end_all()

    def end_all(self) -> None:
        for viewer in self.present():
            viewer.end()

    def present(self) -> list[Viewer]:
        with self.lock:
            return list(self.viewers)

    def pause(self) -> float:
        """So long, in seconds, a stream waits with its news: hundreds at once would leave the pages no time."""
        return min(len(self.viewers) * EACH, LONGEST_PAUSE) * randbelow(1000) / 1000

    def listen(self, dsn: str) -> None:
        """Whoever was deaf may have missed something: the streams end, and come back with what they have heard."""
        while not self.stopping.is_set():
            with contextlib.suppress(psycopg.Error):
                self.hear(dsn)
            self.hearing.clear()
            self.end_all()
            self.stopping.wait(1)

    def hear(self, dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True, application_name="crm live", **KEPT_ALIVE) as connection:  # type: ignore[arg-type]
            connection.execute(f"listen {CHANNEL}")
            self.hearing.set()
            while not self.stopping.is_set():
                for note in connection.notifies(timeout=2):
                    self.pass_on(json.loads(note.payload))

    def pass_on(self, told: Mapping[str, Any]) -> None:
        note = Note(told)
        for viewer in self.present():
            if viewer.loses_access_by(note):
                viewer.end()
            elif viewer.is_told(note):
                viewer.look_again() if "sight" in note else viewer.take(note)


hub = Hub()
