"""Signing in by program: tokens, and who one is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from flask import g, request
from pydantic import Field

from crm.accounts.models import User
from crm.accounts.operations import authenticate, note_failure
from crm.accounts.queries import token_of, tokens_of
from crm.accounts.shown import UserShown
from crm.accounts.tokens import (
    ACCESS_LIFETIME,
    NOT_VALID,
    begin_program,
    make_token,
    refresh,
    revoke_token,
)
from crm.api.bearer import known_scopes, signing_key, work_in
from crm.api.calls import named_here, saved
from crm.api.endpoints import Endpoints
from crm.api.schemas import Body, Moment, Shown, Text, Whole
from crm.database import db
from crm.errors import Forbidden, Invalid, Unauthorized
from crm.hypermedia import one_or_404
from crm.limits import forgive, guesses
from crm.sessions import current

auth = Endpoints("auth", scope="profile")
ANYONE = ("120 per 5 minutes",)


class Login(Body):
    email: Text = Field(max_length=320, examples=["anna@brandt.example"])
    password: Text = Field(max_length=1000, examples=["correct horse battery"])


class PasswordGrant(Body):
    """The form of OAuth 2's password grant."""

    model_config = {"extra": "ignore"}

    username: Text = Field(max_length=320, examples=["anna@brandt.example"])
    password: Text = Field(max_length=1000, examples=["correct horse battery"])
    grant_type: Literal["password"] = "password"


class Refresh(Body):
    refresh_token: Text = Field(max_length=1000, examples=["crmr_5_Jb0…"])


class Tokens(Shown):
    access_token: str = Field(description="Good for 15 minutes.", examples=["eyJhbGciOi…"])
    refresh_token: str = Field(description="Good for 7 days, and for one use.", examples=["crmr_5_Jb0…"])
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int = Field(int(ACCESS_LIFETIME.total_seconds()), description="Seconds.", examples=[900])


class ProfileChange(Body):
    name: Text = Field("", examples=["Anna Brandt"])
    timezone: Text = Field("", examples=["Europe/Berlin"])
    language: Text = Field("", examples=["en"])
    celebrates: bool = Field(True, description="Whether a won deal is celebrated on the board.")


class TokenAsked(Body):
    name: Text = Field(examples=["Nightly export"])
    scopes: list[Text] = Field(min_length=1, max_length=100, examples=[["contacts:read"]])
    expires_in_days: Whole = Field(90, ge=1, le=366, examples=[90])


class TokenShown(Shown):
    id: int = Field(validation_alias="number", examples=[3])
    name: str | None = Field(examples=["Nightly export"])
    scopes: list[str] | None = Field(examples=[["deals:read"]])
    created_at: Moment
    expires_at: Moment
    last_used_at: Moment | None = Field(validation_alias="used_at", description="To five minutes; null for never.")


class TokenMade(TokenShown):
    token: str = Field(description="Shown this once.", examples=["crm_5_x0Y…"])


class TokenList(Shown):
    items: list[TokenShown]


def begin(email: str, password: str) -> Any:
    """A pair of tokens. A wrong pair of words is noted where the person is a member."""
    try:
        user = authenticate(db.session(), email, password)
    except Invalid as error:
        note_failure(db.session(), email)
        db.session.commit()
        raise Unauthorized(error.message, code=error.code) from None
    forgive()
    work_in(user, None)
    pair = begin_program(db.session(), user, browser=request.user_agent.string, key=signing_key())
    user.note("program_signed_in")
    return saved(pair)


@auth.post(
    "/auth/login", "public", gives=Tokens, status=200, limits=[ANYONE, guesses("email")],
    statuses={401: "E-mail and password do not match."},
)  # fmt: skip
def login(body: Login) -> Any:
    """Sign in by e-mail and password."""
    return begin(body.email, body.password)


@auth.post(
    "/token", "public", gives=Tokens, status=200, form=True,
    limits=[ANYONE, guesses("username")],
    statuses={401: "User name and password do not match."},
)  # fmt: skip
def token(body: PasswordGrant) -> Any:
    """Sign in by an OAuth 2 password form.

    The user name is the e-mail.
    """
    return begin(body.username, body.password)


@auth.post(
    "/auth/refresh", "public", gives=Tokens, status=200, limits=[ANYONE],
    statuses={401: "The token is not valid, or was used before: then its whole session has ended."},
)  # fmt: skip
def renew(body: Refresh) -> Any:
    """Refresh a session.

    Each refresh token is good for one use. One that is used a second time ends the session with all its tokens.
    """
    arrived = datetime.fromtimestamp(g.arrived, UTC)
    pair = refresh(db.session(), body.refresh_token, arrived=arrived, key=signing_key())
    if pair is None:
        db.session.commit()
        raise Unauthorized(NOT_VALID, code="TOKEN_REUSED")
    return saved(pair)


@auth.post("/auth/logout", "signed in", status=204)
def logout() -> Any:
    """Sign out.

    Access and refresh token are worth nothing from now on.
    """
    if current.session.kind == "token":
        raise Forbidden("A personal token is revoked, not signed out.")
    db.session.delete(current.session)
    return saved(None)


@auth.get("/auth/me", "signed in", gives=UserShown)
def me() -> User:
    """Get who is signed in."""
    return current.user


@auth.patch("/auth/me", "signed in", gives=UserShown)
def change_me(body: ProfileChange) -> Any:
    """Change name, time zone, language, or whether a won deal is celebrated."""
    user = current.user
    now = {name: getattr(user, name) for name in ProfileChange.model_fields}
    user.change_profile(**now | body.given())
    return saved(user)


@auth.get("/auth/tokens", "signed in", gives=TokenList)
def tokens() -> Any:
    """List the own personal tokens."""
    return {"items": db.session.scalars(tokens_of(current.user)).all()}


@auth.post("/auth/tokens", "signed in", gives=TokenMade)
def add_token(body: TokenAsked) -> Any:
    """Make a personal token.

    Its word is shown this once. Only who signed in by password can make one.
    """
    if current.session.kind == "token":
        raise Forbidden("A personal token can't make others.", code="SCOPE_MISSING")
    asked: dict[str, Any] = {"name": body.name, "scopes": body.scopes, "days": body.expires_in_days}
    with named_here(days="expires_in_days"):
        made = make_token(db.session(), current.user, **asked, known=known_scopes())
    return saved(made)


@auth.delete("/auth/tokens/<int:token_id>", "signed in")
def end_token(token_id: int) -> Any:
    """Revoke a personal token."""
    revoke_token(db.session(), one_or_404(token_of(current.user, token_id)))
    return saved(None)
