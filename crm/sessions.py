"""Signed-in browsers: what the cookie holds, and the one statement that turns it into a member."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import cast

from flask import Flask, Request, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import LoginManager, current_user, login_user, logout_user
from sqlalchemy import update

from crm.accounts.models import User, UserSession, fingerprint
from crm.database import db, scope
from crm.organizations.models import Membership
from crm.organizations.queries import asker, identity, organizations_of

KEY = "organization_id"
SEEN_EVERY = timedelta(minutes=5)

login = LoginManager()


class Current:
    """The person behind this request."""

    @property
    def user(self) -> User:
        return self.session.user

    @property
    def session(self) -> UserSession:
        if program := g.get("program"):
            return cast(UserSession, program)
        if not current_user.is_authenticated:
            raise RuntimeError("nobody is signed in: the route lacks @signed_in or @requires")
        return cast(UserSession, current_user._get_current_object())

    @property
    def member(self) -> Membership:
        """The membership in the selected organization. `requires` has made sure that there is one."""
        return cast(Membership, g.member)

    @property
    def organization_id(self) -> int | None:
        member = g.get("member")
        return member.organization_id if member else None


current = Current()


def start_session(begun: UserSession, *, stay: bool, organization_id: int | None = None) -> None:
    """Signs the browser in: a fresh cookie, so that nothing of an earlier person stays. The caller commits."""
    session.clear()
    login_user(begun, remember=False)
    session["user"], session.permanent = begun.user_id, stay
    enter(begun.user, organization_id or only_organization(begun.user))


def enter(user: User, organization_id: int | None) -> None:
    """The person comes into the organization, whose audit log tells it. The caller commits."""
    if organization_id is not None:
        user.note("signed_in", organization_id=organization_id)
    select_organization(organization_id)


def only_organization(user: User) -> int | None:
    """The organization of a person who has just one."""
    scope(db.session(), user_id=user.id)
    mine = db.session.scalars(organizations_of(user)).all()
    return mine[0].id if len(mine) == 1 else None


def select_organization(organization_id: int | None) -> None:
    """From the next request on the browser works in that organization."""
    session.pop(KEY, None)
    if organization_id is not None:
        session[KEY] = organization_id


def end_session() -> None:
    """Ends this browser's session on the server too: a copied cookie is worth nothing any more."""
    db.session.delete(current.session)
    logout_user()
    session.clear()


def load(token: str) -> UserSession | None:
    """Who the browser's cookie says that it is."""
    db.session.info["client"] = request.headers.get("X-Client", "")[:40]
    return recognised(fingerprint(token), session.get("user"), session.get(KEY), kinds=("browser",))


def recognised(
    session_id: str, user_id: int | None, organization_id: int | None, *, kinds: tuple[str, ...]
) -> UserSession | None:
    """One statement that tells who asks, for which organization, in which role."""
    scope(db.session(), organization_id=organization_id, user_id=user_id)
    found = db.session.execute(identity(), asker(session_id, organization_id)).one_or_none()
    if found is None or found[0].user_id != user_id or found[0].kind not in kinds:
        return None
    g.member, g.position = found[1], found[4]
    if g.member is not None:
        g.member.led, g.member.mates = frozenset(found[2] or ()), frozenset(found[3] or ())
        g.sight = sight(found[0], g.member)
    note_seen(found[0])
    return found[0]


def sight(begun: UserSession, member: Membership) -> str:
    """A sign that changes with the session, the organization, the role and whose records are seen."""
    owners = "everybody's" if member.sees is None else sorted(member.sees)
    parts = (begun.id, member.organization_id, str(member.role), owners)
    return sha256(repr(parts).encode()).hexdigest()[:16]


def note_seen(seen: UserSession) -> None:
    """When the person was last here, to five minutes: most requests write nothing. The first use of a token does."""
    now = datetime.now(UTC)
    if now - seen.seen_at < SEEN_EVERY and (seen.used_at or seen.kind != "token"):
        return
    db.session.execute(update(UserSession).where(UserSession.id == seen.id).values(seen_at=now))
    db.session.commit()


def note_address() -> None:
    """The database session knows from where the request came, for the audit log."""
    db.session.info["address"] = request.remote_addr


class PagesOnly(SecureCookieSessionInterface):
    """Programs have no cookie: whatever one sends is not looked at, and none is set."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return self.make_null_session(app) if request.path.startswith("/api/") else super().open_session(app, request)


def init_app(app: Flask) -> None:
    app.session_interface = PagesOnly()
    app.before_request(note_address)
    login.init_app(app)
    login.session_protection = None
    login.user_loader(load)
