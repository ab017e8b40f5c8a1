"""Webhooks to a receiver that fails, from a worker that is killed: `python -m bench.webhooks [events] [kills]`.

Real processes, a real queue, a real socket. The pauses between attempts are shortened, nothing else. Tells how many of
the events arrived, how often one arrived twice, and what came that should not have.
"""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import loads
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade

from bench.house import founded
from crm import create_app
from crm.child_process import spawn, stop
from crm.config import Settings, libpq_url
from crm.database import db
from crm.deals.models import Deal
from crm.deals.operations import open_deal
from crm.embedded import EmbeddedPostgres
from crm.jobs import run_jobs
from crm.organizations.models import Membership
from crm.pipelines.operations import first_pipeline
from crm.webhooks import delivering, schedule
from crm.webhooks.operations import add_endpoint

EVENTS, KILLS, FAILING = 10_000, 20, 0.3
MOST_TOGETHER, ROLLED_BACK = 20, 0.1
PATIENCE = 600.0


@dataclass
class Receiver:
    """What arrived: how often each id came, how often it was accepted, and under which ids each activity came."""

    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    ids: dict[int, set[str]] = field(default_factory=dict)
    unwanted: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, id: str, body: bytes, *, fine: bool) -> None:
        told = loads(body)["data"]
        with self.lock:
            self.asked[id] += 1
            self.accepted[id] += fine
            self.ids.setdefault(told["id"], set()).add(id)
            self.unwanted += told["payload"]["text"] == "rolled back"

    @property
    def arrived(self) -> int:
        with self.lock:
            return sum(1 for count in self.accepted.values() if count)


class Asked(BaseHTTPRequestHandler):
    """Three of ten attempts fail: most with an error, some by hanging up."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fine = random.random() >= FAILING
        self.server.receiver.take(self.headers["webhook-id"], body, fine=fine)  # type: ignore[attr-defined]
        if not fine and random.random() < 0.2:
            return
        self.send_response(204 if fine else 500)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size, daemon_threads = 128, True

    def handle_error(self, *_: object) -> None:
        """Who asked was killed."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    with Server(("127.0.0.1", 0), Asked) as server:
        server.receiver = receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/")  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield receiver
        server.shutdown()


def application(url: str) -> Flask:
    environ = {"CRM_ENV": "test", "DATABASE_URL": url, "SECRET_KEY": "for this run", "WEBHOOKS_ALLOW_PRIVATE": "true"}
    return create_app(Settings.from_environment(environ | {"CRM_DATA_DIR": tempfile.gettempdir()}))


def work(url: str) -> None:
    """The worker process: `flask crm worker` with short pauses."""
    schedule.RETRIES, delivering.LEASE = (0.2, 0.4, *[0.8] * 40), 2.0
    app = application(url)
    run_jobs(app, libpq_url(app.config["SQLALCHEMY_DATABASE_URI"]), polling=0.2)


def started(url: str) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return spawn(sys.executable, "-m", "bench.webhooks", "--worker", url, stdout=quiet, stderr=quiet)


def furnished(receiver: Receiver) -> tuple[Membership, Deal]:
    """An organization with a deal, whose comments go to the receiver."""
    owner = founded("endurance")
    stage = first_pipeline(db.session(), owner.organization).stages[0]
    deal = open_deal(db.session(), stage, {"title": "Deal", "amount": 1}, by=owner)
    add_endpoint(db.session(), {"url": receiver.url, "event_types": ["comment"]}, by=owner, private=True)
    db.session.commit()
    return owner, deal


def write(owner: Membership, deal: Deal, events: int) -> int:
    """Comments in transactions of one to twenty, and others that are rolled back; returns how many of those."""
    written = never = 0
    while written < events:
        together = min(random.randint(1, MOST_TOGETHER), events - written)
        fails = random.random() < ROLLED_BACK
        for _ in range(together):
            deal.record("comment", by=owner, text="rolled back" if fails else "committed")
        db.session.flush()
        if fails:
            db.session.rollback()
            never += together
        else:
            db.session.commit()
            written += together
    return never


def killing(url: str, receiver: Receiver, events: int, kills: int) -> int:
    """Keeps a worker going, and kills it whenever another share has arrived; returns how many deliveries wait."""
    worker, marks = started(url), [events * (nth + 1) // (kills + 1) for nth in range(kills)]
    deadline = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < deadline and (marks or waiting(url)):
            if marks and receiver.arrived >= marks[0]:
                marks.pop(0)
                worker.kill()
                worker.wait()
                worker = started(url)
            time.sleep(0.05)
    finally:
        stop(worker, patience=30)
    return waiting(url)


def waiting(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute("select count(*) from webhook_deliveries where delivered_at is null").fetchone()[0]  # type: ignore[index]


def committed(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {f"activity_{id}" for (id,) in connection.execute("select id from activities where type = 'comment'")}


def endure(url: str, events: int, kills: int) -> str:
    """The run, in words."""
    with receiving() as receiver, application(url).app_context():
        with contextlib.redirect_stdout(io.StringIO()):
            upgrade()
        owner, deal = furnished(receiver)
        begun, written = time.monotonic(), []
        writer = threading.Thread(target=lambda: written.append(in_context(url, owner, deal, events)))
        writer.start()
        left = killing(url, receiver, events, kills)
        writer.join()
        took = time.monotonic() - begun
        db.session.remove()
        db.engine.dispose()
        return told(receiver, committed(url), written[0], left, kills) + f"\n{took:.0f} seconds"


def in_context(url: str, owner: Membership, deal: Deal, events: int) -> int:
    """The writer's own application and session: it works beside the one that counts."""
    with application(url).app_context():
        from crm.database import scope

        scope(db.session(), organization_id=owner.organization_id, user_id=owner.user_id)
        mine = db.session.get_one(Deal, (owner.organization_id, deal.id))
        by = db.session.get_one(Membership, (owner.organization_id, owner.user_id))
        never = write(by, mine, events)
        db.session.remove()
        db.engine.dispose()
        return never


def told(receiver: Receiver, expected: set[str], never: int, left: int, kills: int) -> str:
    accepted = {id for id, count in receiver.accepted.items() if count}
    return "\n".join(
        (
            f"{len(expected)} events, {never} more rolled back, {kills} kills, {sum(receiver.asked.values())} attempts",
            f"lost: {len(expected - accepted)}",
            f"waiting: {left}",
            f"not committed: {len(set(receiver.asked) - expected) + receiver.unwanted}",
            f"under several ids: {sum(len(ids) > 1 for ids in receiver.ids.values())}",
            f"accepted more than once: {sum(count > 1 for count in receiver.accepted.values())}",
        )
    )


def main(events: int = EVENTS, kills: int = KILLS) -> None:
    folder = Path(tempfile.mkdtemp(prefix="crm-bench-"))
    try:
        with EmbeddedPostgres(folder / "cluster", throwaway=True) as server:
            print(endure(server.create_database("crm"), events, kills))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:3]))
