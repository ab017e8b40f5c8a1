"""A crowd before one board: people of every role, each signed in, and gunicorn as in production on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from flask import Flask
from sqlalchemy import select

from bench.house import House
from crm.accounts.models import User, UserSession
from crm.child_process import spawn, stop
from crm.database import db, scope
from crm.organizations.models import Membership, Organization
from crm.organizations.operations import take_in
from crm.organizations.permissions import Role

ROOT = Path(__file__).resolve().parent.parent
ROLES = [Role.MEMBER] * 8 + [Role.MANAGER, Role.VIEWER]


def cookies(place: House, people: int) -> list[str]:
    """So many people of the large organization, eight of ten members; the cookie of each, as a sign-in would set it."""
    app, organization = place.app, place.large.organization_id
    with app.app_context():
        scope(db.session(), organization_id=organization)
        here = db.session.get_one(Organization, organization)
        signed = [signed_in(app, here, number) for number in range(people)]
        db.session.commit()
        return signed


def signed_in(app: Flask, here: Organization, number: int) -> str:
    user = User(email=f"viewer{number}@example.com", name=f"Viewer {number}", password_hash="none")
    db.session.add(user)
    db.session.flush()
    take_in(db.session(), here, user, ROLES[number % len(ROLES)])
    begun = UserSession.begin(user)
    db.session.add(begun)
    held = {"_user_id": begun.token, "_fresh": True, "user": user.id, "organization_id": here.id, "_permanent": True}
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"__Host-crm={serializer.dumps(held)}"


def owner_of(place: House) -> Membership:
    with place.app.app_context():
        scope(db.session(), organization_id=place.large.organization_id)
        return db.session.scalars(select(Membership).where(Membership.role == "owner")).unique().one()


@contextmanager
def serving(place: House) -> Iterator[int]:
    """The port of a gunicorn that was started by our own configuration and ends with the block."""
    port = free_port()
    settings = {
        "CRM_ENV": "production",
        "DATABASE_URL": place.url,
        "SECRET_KEY": str(place.app.config["SECRET_KEY"]),
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
    server = spawn(*command, env=os.environ | settings, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until_healthy(port)
        yield port
    finally:
        stop(server, patience=10)


def until_healthy(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            return urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
