"""One server and one Chromium for the suite; an organization of its own for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from crm.deals.models import Deal
from crm.transfers.operations import import_deals
from tests.browser.office import Office
from tests.browser.server import Server, serving
from tests.browser.windows import Windows
from tests.databases import new_database

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage")
MAVEN = Path(__file__).parents[1] / "data" / "maven-crm" / "sales_pipeline.csv"

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    url = new_database(request.config, "browser")
    with serving(url, tmp_path_factory.mktemp("server") / "log") as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        pytest.fail("No Chromium or Chrome was found: install one, or name it with CHROMIUM=/path.", pytrace=False)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=ARGUMENTS)


@pytest.fixture(scope="session")
def all_windows(server: Server, chromium: Browser) -> Iterator[Windows]:
    windows = Windows(chromium, server.address)
    yield windows
    windows.close()


@pytest.fixture
def windows(all_windows: Windows) -> Iterator[Windows]:
    """Whatever a window complains about fails the test: an error, a breach of the Content-Security-Policy."""
    yield all_windows
    all_windows.close()
    complaints, all_windows.complaints = all_windows.complaints, []
    assert not complaints


@pytest.fixture(scope="session")
def session(server: Server) -> Iterator[Session]:
    """What the test itself stores and looks up; it commits for good, as the server does."""
    engine = create_engine(server.database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


@pytest.fixture
def office(session: Session, windows: Windows) -> Office:
    """Olga's new organization with Mona, a manager, and Max, a member."""
    return Office.open(session, windows)


@pytest.fixture
def deals(office: Office) -> list[Deal]:
    """Two in the first stage, two in the second."""
    return office.deals("Scanners", "Terminals") + office.deals("Robots", "Sensors", stage="qualification")


@pytest.fixture
def page(office: Office, deals: list[Deal]) -> Page:
    """Max's board with these."""
    return office.window(office.max)


@pytest.fixture(scope="session")
def imported(session: Session, all_windows: Windows) -> Office:
    """An office with the public sales data: 2,089 open deals in two columns."""
    office = Office.open(session, all_windows)
    import_deals(session, MAVEN, by=office.olga)
    session.commit()
    return office


@pytest.fixture
def maven(imported: Office, windows: Windows) -> Office:
    imported.enter()
    return imported
