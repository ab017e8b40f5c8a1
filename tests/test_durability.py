"""What was acknowledged stays: moves over HTTP while the web processes, or PostgreSQL, are killed with SIGKILL."""

from __future__ import annotations

import http.client
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

import psutil
import psycopg
import pytest
from flask_migrate import upgrade

from crm import create_app
from crm.database import db
from crm.deals.operations import open_deal
from crm.embedded import EmbeddedPostgres
from crm.organizations.operations import found_organization
from crm.pipelines.operations import first_pipeline
from tests.databases import settings_for
from tests.world import PASSWORD, token_in, user

ROOT = Path(__file__).resolve().parent.parent
DEALS, MOVERS, MOVES = 12, 3, 30
OPEN = ("qualification", "proposal", "negotiation", "contract", "lead")
PATIENCE = 60.0


@dataclass
class Place:
    """A lasting cluster with fsync on, and one organization of deals in it."""

    database: EmbeddedPostgres
    url: str
    email: str
    organization: int
    stages: dict[str, int]
    deals: list[int]
    acknowledged: dict[int, list[str]] = field(default_factory=dict)

    def rows(self, query: str) -> list[Any]:
        """As the owner of the tables, past row-level security; %(organization)s is ours."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query, {"organization": self.organization}).fetchall()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, EmbeddedPostgres]]:
    """The server that runs now; a test that kills it puts another in its place."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("durable") / "cluster")
    server.start()
    running = {"now": server}
    app = create_app(settings_for(server.create_database("crm")))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    yield running
    running["now"].stop()


@pytest.fixture
def place(cluster: dict[str, EmbeddedPostgres], request: pytest.FixtureRequest) -> Place:
    name, url = request.node.name.replace("_", "-"), cluster["now"].url("crm")
    app = create_app(settings_for(url))
    with app.app_context():
        session = db.session()
        member = found_organization(session, name, owner=user(session, name[-40:]))
        stages = first_pipeline(session, member.organization).stages
        deals = [open_deal(session, stages[0], {"title": f"Deal {n}", "amount": 100}, by=member) for n in range(DEALS)]
        session.commit()
        place = Place(cluster["now"], url, member.user.email, member.organization_id, {}, [deal.id for deal in deals])
        place.stages = {stage.slug: stage.id for stage in stages}
        db.session.remove()
        db.engine.dispose()
    return place


class Web:
    """Gunicorn as it is deployed, on a port of its own."""

    def __init__(self, place: Place, port: int = 0) -> None:
        self.port = port or free_port()
        environ = {"CRM_ENV": "development", "DATABASE_URL": place.url, "SECRET_KEY": "for tests", "HOST": "127.0.0.1"}
        environ |= {"PORT": str(self.port), "RATELIMIT_ENABLED": "false", "WEB_WORKERS": "2", "WEB_THREADS": "8"}
        command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"]
        quiet = subprocess.DEVNULL
        self.master = subprocess.Popen(command, cwd=ROOT, env=os.environ | environ, stdout=quiet, stderr=quiet)

    def kill(self) -> None:
        """Master first, or it would replace the workers."""
        workers = psutil.Process(self.master.pid).children(recursive=True)
        self.master.kill()
        for worker in workers:
            worker.kill()
        self.master.wait(PATIENCE)
        psutil.wait_procs(workers, PATIENCE)

    def end(self) -> None:
        if self.master.poll() is None:
            self.master.send_signal(signal.SIGQUIT)
            self.master.wait(PATIENCE)


@contextmanager
def serving(place: Place, port: int = 0) -> Iterator[Web]:
    web = Web(place, port)
    try:
        until(lambda: Browser(web.port).get("/health/ready")[0] == 200)
        yield web
    finally:
        web.end()


class Browser:
    """One connection that is signed in when asked to."""

    def __init__(self, port: int) -> None:
        self.port, self.cookie, self.token = port, "", ""

    def send(self, method: str, path: str, form: dict[str, Any] | None = None, **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        headers |= {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request(method, path, urlencode(form or {}), headers)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                self.cookie = cookie.partition(";")[0] if cookie.startswith("crm=") else self.cookie
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, str]:
        return self.send("GET", path)

    def sign_in(self, place: Place) -> Browser:
        token = token_in(self.get("/sign-in")[1])
        form = {"email": place.email, "password": PASSWORD, "csrf_token": token}
        assert self.send("POST", "/sign-in", form)[0] == 303
        self.token = token_in(self.get("/deals/")[1])
        return self

    def move(self, place: Place, deal: int, slug: str, version: int) -> tuple[int, str]:
        headers = {"HX-Request": "true", "X-CSRFToken": self.token, "X-Organization": str(place.organization)}
        form = {"stage_id": place.stages[slug], "version": version}
        return self.send("POST", f"/deals/{deal}/move", form, **headers)


@contextmanager
def moving(place: Place, web: Web) -> Iterator[None]:
    """People move cards, each their own, until something fails; only a 200 is noted. Enters once it goes well."""
    browser, enough = Browser(web.port).sign_in(place), Event()
    movers = [Thread(target=keep_moving, args=(place, browser, deals, enough)) for deals in shares(place.deals)]
    for mover in movers:
        mover.start()
    assert enough.wait(PATIENCE), "too few moves went through"
    yield
    for mover in movers:
        mover.join(PATIENCE)
        assert not mover.is_alive()


def shares(deals: list[int]) -> list[list[int]]:
    return [deals[start::MOVERS] for start in range(MOVERS)]


def keep_moving(place: Place, browser: Browser, deals: list[int], enough: Event) -> None:
    mine = Browser(browser.port)
    mine.cookie, mine.token = browser.cookie, browser.token
    for turn in itertools.count():
        for deal in deals:
            slug = OPEN[turn % len(OPEN)]
            try:
                status, _ = mine.move(place, deal, slug, version=turn + 1)
            except (OSError, http.client.HTTPException):
                return
            if status != 200:
                return
            place.acknowledged.setdefault(deal, []).append(slug)
            if sum(map(len, place.acknowledged.copy().values())) >= MOVES:
                enough.set()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until(true: Any) -> None:
    """Waits for it, whatever stands in its way meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if true():
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come true in time")


def check(place: Place) -> None:
    """Each acknowledged move is there, in the card and in the timeline; at most the one on its way came besides."""
    timeline = dict.fromkeys(place.deals, ())
    for deal, slug in place.rows("""
        select deal_id, payload ->> 'slug' from activities
        where organization_id = %(organization)s and type = 'stage_changed' order by id"""):
        timeline[deal] += (slug,)
    cards = place.rows("""
        select d.id, s.slug, d.version, d.rank from deals d
        join stages s on s.organization_id = d.organization_id and s.id = d.stage_id
        where d.organization_id = %(organization)s""")
    assert {card[0] for card in cards} == set(place.deals)
    assert len({(slug, rank) for _, slug, _, rank in cards}) == DEALS
    for deal, slug, version, _ in cards:
        told, known = timeline[deal], tuple(place.acknowledged.get(deal, ()))
        assert told[: len(known)] == known and len(told) - len(known) in (0, 1)
        assert (slug, version) == (told[-1] if told else "lead", len(told) + 1)


def check_works(place: Place, web: Web) -> None:
    """The board shows every card in order, and the next move goes through."""
    browser = Browser(web.port).sign_in(place)
    _, page = browser.get("/deals/")
    found = re.findall(r'data-stage="(\d+)" data-rank="([0-9a-f]+)"', page)
    shown = [(int(column), int(rank, 16)) for column, rank in found]
    assert len(shown) == DEALS and len(set(shown)) == DEALS
    for stage in place.stages.values():
        ranks = [rank for column, rank in shown if column == stage]
        assert ranks == sorted(ranks)
    [(version,)] = place.rows(f"select version from deals where id = {place.deals[0]}")
    assert browser.move(place, place.deals[0], "proposal", version)[0] == 200


def test_killing_the_web_processes_loses_no_acknowledged_move(place: Place) -> None:
    with serving(place) as web, moving(place, web):
        web.kill()
    check(place)
    with serving(place, web.port) as again:
        check_works(place, again)


def test_killing_postgresql_loses_no_acknowledged_move(place: Place, cluster: dict[str, EmbeddedPostgres]) -> None:
    assert place.rows("show fsync") == [("on",)]
    with serving(place) as web:
        with moving(place, web):
            kill_postgresql(place.database)
        cluster["now"] = EmbeddedPostgres(place.database.folder)
        cluster["now"].start()
        check(place)
        until(lambda: Browser(web.port).get("/health/ready")[0] == 200)
        check_works(place, web)


def kill_postgresql(server: EmbeddedPostgres) -> None:
    """The postmaster first, then those that it left: nobody gets to write anything down."""
    postmaster = psutil.Process(server.pid)
    children = postmaster.children(recursive=True)
    postmaster.kill()
    for child in children:
        child.kill()
    psutil.wait_procs(children, PATIENCE)
    until(lambda: not server.is_running())
