"""A house to measure: the real application in production settings, a throwaway PostgreSQL, two organizations."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

from crm import create_app
from crm.accounts.models import User
from crm.config import Settings, libpq_url
from crm.database import db, scope
from crm.deals.operations import open_deal
from crm.embedded import EmbeddedPostgres
from crm.organizations.models import Membership
from crm.organizations.operations import found_organization
from crm.pipelines.models import Pipeline
from crm.pipelines.operations import first_pipeline
from crm.transfers.operations import import_deals

MAVEN = Path(__file__).resolve().parent.parent / "tests" / "data" / "maven-crm" / "sales_pipeline.csv"
PASSWORD = "correct horse battery"
SITE = "https://localhost"
FEW = 20


@dataclass
class Browser:
    """Somebody signed in to one organization: ready WSGI requests, and what the application answers."""

    app: Flask
    cookie: str
    token: str
    organization_id: int
    first_page: float
    """Milliseconds of the first board that this browser opened."""

    def request(self, path: str, form: dict[str, Any] | None = None) -> dict[str, Any]:
        """A WSGI environment as Chromium would cause it; with a form it is what htmx posts."""
        headers = {"Cookie": self.cookie, "Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "en"}
        if form is not None:
            headers |= {"HX-Request": "true", "X-CSRFToken": self.token, "Origin": SITE, "Referer": SITE + "/deals/"}
            headers |= {"X-Organization": str(self.organization_id), "Sec-Fetch-Site": "same-origin"}
        method = "GET" if form is None else "POST"
        return EnvironBuilder(path, base_url=SITE, method=method, headers=headers, data=form).get_environ()


@dataclass
class Plot:
    """Where a house is built: the application on a migrated, empty database."""

    app: Flask
    url: str


@dataclass
class House(Plot):
    """What is measured, and how long the import took in seconds."""

    large: Browser
    small: Browser
    imported_in: float


@contextmanager
def plot() -> Iterator[Plot]:
    """Gone afterwards. The throwaway server runs without fsync: times of COMMIT flatter."""
    folder = Path(tempfile.mkdtemp(prefix="crm-bench-"))
    try:
        with EmbeddedPostgres(folder / "cluster", throwaway=True) as server:
            app = production(server.create_database("crm"), folder)
            with app.app_context(), contextlib.redirect_stdout(io.StringIO()):
                upgrade()
            yield Plot(app, libpq_url(app.config["SQLALCHEMY_DATABASE_URI"]))
            with app.app_context():
                db.engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def house() -> Iterator[House]:
    """A plot with two organizations on it."""
    with plot() as here:
        with here.app.app_context():
            imported_in = fill_large()
            fill_small()
            analyze()
            db.session.remove()
        large, small = (signed_in(here.app, f"{name}@example.com") for name in ("large", "small"))
        yield House(here.app, here.url, large, small, imported_in)


def production(url: str, folder: Path) -> Flask:
    """The application as a real server runs it; its log lines are made and thrown away."""
    environ = {"CRM_ENV": "production", "DATABASE_URL": url, "CRM_DATA_DIR": str(folder)}
    environ |= {"SECRET_KEY": os.urandom(32).hex(), "RATELIMIT_ENABLED": "true"}
    with contextlib.redirect_stderr(Path(os.devnull).open("w")):
        return create_app(Settings.from_environment(environ))


def founded(name: str) -> Membership:
    owner = User(email=f"{name}@example.com", name=f"Olga {name.title()}")
    owner.set_password(PASSWORD)
    db.session.add(owner)
    db.session.flush()
    return found_organization(db.session(), name, owner=owner)


def fill_large() -> float:
    """The public sales data: 8,800 deals, 2,089 of them open. Returns the seconds that the import took."""
    owner = founded("large")
    db.session.commit()
    begun = time.perf_counter()
    import_deals(db.session(), MAVEN, by=owner)
    db.session.commit()
    return time.perf_counter() - begun


def fill_small() -> None:
    owner = founded("small")
    stages = first_pipeline(db.session(), owner.organization).stages
    for number in range(FEW):
        values = {"title": f"Deal {number}", "amount": Decimal(100)}
        open_deal(db.session(), stages[number % 5], values, by=owner)
    db.session.commit()


def analyze() -> None:
    """What autovacuum does on a real server within a minute; the throwaway one has it switched off."""
    with psycopg.connect(libpq_url(db.engine.url.render_as_string(hide_password=False)), autocommit=True) as owner:
        owner.execute("vacuum analyze")


def signed_in(app: Flask, email: str) -> Browser:
    client = app.test_client()
    page = client.get("/sign-in", base_url=SITE)
    form = {"email": email, "password": PASSWORD, "csrf_token": token_in(page.text)}
    sent = {"Referer": SITE + "/sign-in", "Origin": SITE}
    assert client.post("/sign-in", data=form, base_url=SITE, headers=sent).status_code == 303
    begun = time.perf_counter()
    page = client.get("/deals/", base_url=SITE)
    took = (time.perf_counter() - begun) * 1000
    found = re.search(r'data-organization="(\d+)"', page.text)
    cookie = client.get_cookie("__Host-crm", domain="localhost")
    assert found and cookie
    return Browser(app, f"__Host-crm={cookie.value}", token_in(page.text), int(found.group(1)), took)


def token_in(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found
    return found.group(1)


def board_of(browser: Browser) -> int:
    """The number of the organization's pipeline."""
    return scalar(browser, select(Pipeline.id).order_by(Pipeline.id.desc()).limit(1))


def scalar(browser: Browser, query: Any) -> Any:
    """One value as somebody of that organization sees it."""
    with browser.app.app_context():
        scope(db.session(), organization_id=browser.organization_id)
        return db.session.scalar(query)
