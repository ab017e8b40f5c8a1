"""What a browser asks before it sends what has waited for the network: who it is now, and where."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from crm.sessions import current
from crm.tenancy import requires

outbox = Blueprint("outbox", __name__)


@outbox.get("/outbox")
@requires("organization.view")
def sender() -> ResponseReturnValue:
    """The person, the organization that the browser is in, and a token for the changes that wait for just these."""
    member = current.member
    return {"person": member.user_id, "organization": member.organization_id, "token": generate_csrf()}


def init_app(app: Flask) -> None:
    app.register_blueprint(outbox)
