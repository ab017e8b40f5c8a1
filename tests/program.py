"""A program that speaks to the API for one of the cast."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crm.organizations.models import Membership
from tests.world import PASSWORD, CleanClient

PREFIX = "/api/v1"


class Program:
    """A client with a bearer token and an organization; no cookies."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        app.test_client_class = CleanClient
        self.client: FlaskClient = app.test_client(use_cookies=False)
        self.headers: dict[str, str] = {}

    def as_(self, member: Membership) -> Program:
        """Signed in as that member, in that organization."""
        other = Program(self.app)
        form = {"email": member.user.email, "password": PASSWORD}
        pair = other.client.post(f"{PREFIX}/auth/login", json=form)
        assert pair.status_code == 200, pair.json
        other.headers = {
            "Authorization": f"Bearer {pair.json['access_token']}",
            "X-Organization-Id": str(member.organization_id),
        }
        return other

    def bearing(self, token: str, organization: object = None) -> Program:
        """A program with that token, and that organization in the header if there is one."""
        other = Program(self.app)
        other.headers = {"Authorization": f"Bearer {token}"}
        if organization is not None:
            other.headers["X-Organization-Id"] = str(organization)
        return other

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """`path` below /api/v1; headers by names with underscores."""
        named = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {} if body is None else {"json": body}
        return self.client.open(PREFIX + path, method=method, headers=named, **sent)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self.call("DELETE", path, **headers)
