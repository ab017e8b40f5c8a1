"""The CRM as it runs in life: gunicorn on a free port, before a database of its own."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from crm.child_process import spawn, stop

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60


@dataclass(frozen=True)
class Server:
    """Where the browser goes, and the database behind it."""

    address: str
    database_url: str


@contextmanager
def serving(database_url: str, log: Path) -> Iterator[Server]:
    """Two worker processes, so that news has to travel through the database."""
    port = free_port()
    settings = {
        "CRM_ENV": "test",
        "DATABASE_URL": database_url,
        "RATELIMIT_ENABLED": "false",
        "SECRET_KEY": "for tests",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WEB_WORKERS": "2",
    }
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"} | settings
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
    with log.open("wb") as output:
        gunicorn = spawn(*command, env=environ, cwd=ROOT, stdout=output)
    try:
        until_healthy(f"http://127.0.0.1:{port}", log)
        yield Server(f"http://127.0.0.1:{port}", database_url)
    finally:
        stop(gunicorn, patience=5)


def until_healthy(address: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return urlopen(f"{address}/health", timeout=2).close()
        except (URLError, OSError):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
