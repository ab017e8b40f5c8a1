"""Who is asking by which token, and for which organization. Cookies count for nothing here."""

from __future__ import annotations

from flask import current_app, g, request

from crm.accounts.models import User, UserSession
from crm.accounts.tokens import NOT_VALID, key_of, who_is
from crm.database import db, scope
from crm.errors import Forbidden, Invalid, Missing, Unauthorized
from crm.organizations.queries import organizations_of
from crm.sessions import recognised

PROGRAMS = ("api", "token")
GONE = "This is not here, or not yours to see."


def signing_key() -> bytes:
    """Signs and checks access tokens."""
    return key_of(current_app.config["SECRET_KEY"])


def known_scopes() -> list[str]:
    """What personal tokens may be made for: every scope that some endpoint asks for."""
    return sorted({one.scope for one in current_app.extensions["endpoints"] if one.scope})


def let_in(scope_of_call: str | None, organization_id: int | None, *, tenant: bool) -> None:
    """Raises Unauthorized, Forbidden without the scope, Missing for another organization than the user's own.

    `organization_id` is the one in the path, if there is one. From here on the session works in the organization.
    """
    session_id, user_id = who_is(bearer(), signing_key())
    sent = header()
    found = known(session_id, user_id, sent if organization_id is None else organization_id)
    if scope_of_call and found.kind == "token" and scope_of_call not in (found.scopes or ()):
        raise Forbidden("This token may not do that: it lacks %(scope)s.", code="SCOPE_MISSING", scope=scope_of_call)
    if tenant and organization_id is None and sent is None:
        found = known(session_id, user_id, only_one(found.user))
    if (tenant or sent is not None) and g.get("member") is None:
        raise Missing(GONE)
    if sent is not None and organization_id is not None and sent != organization_id:
        refuse_foreign(found.user, sent)


def bearer() -> str:
    """The token. Raises Unauthorized for none, or another scheme."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send a token: Authorization: Bearer …")
    return token.strip()


def header() -> int | None:
    """The organization that the header names; what is no number names 0, which nobody has."""
    text = request.headers.get("X-Organization-Id")
    if text is None:
        return None
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def known(session_id: str, user_id: int, organization_id: int | None) -> UserSession:
    found = recognised(session_id, user_id, organization_id, kinds=PROGRAMS)
    if found is None:
        raise Unauthorized(NOT_VALID)
    g.program = found
    return found


def only_one(user: User) -> int:
    """The organization of who has just one. Raises Invalid with several, Missing with none."""
    mine = db.session.scalars(organizations_of(user)).all()
    if not mine:
        raise Missing(GONE)
    if len(mine) > 1:
        words = "You are in several organizations: say which one in X-Organization-Id."
        raise Invalid(words, errors={"X-Organization-Id": [words]}, code="ORGANIZATION_REQUIRED")
    return mine[0].id


def refuse_foreign(user: User, organization_id: int) -> None:
    """The header is checked even where the path decides. Raises Missing."""
    if organization_id not in {one.id for one in db.session.scalars(organizations_of(user))}:
        raise Missing(GONE)


def work_in(user: User, organization_id: int | None) -> None:
    """The session works for that user, in that organization if there is one."""
    scope(db.session(), organization_id=organization_id, user_id=user.id)
