"""What programs sign in with: access tokens of 15 minutes, refresh tokens that rotate, personal tokens with scopes."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import jwt
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import LONGEST_NAME, RefreshToken, User, UserSession, fingerprint
from crm.errors import Invalid, Unauthorized

ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = timedelta(days=7)
LONGEST_TOKEN_DAYS = 366
MOST_TOKENS = 50
AUDIENCE = "crm"
CLAIMS = ["exp", "iat", "sub", "aud", "jti", "typ", "sid"]
PERSONAL, REFRESH = "crm", "crmr"
NOT_VALID = "Sign in again: this token is not valid, or no longer."


class Pair(NamedTuple):
    """What a program gets when it signs in or refreshes. The session's row knows neither in clear."""

    session: UserSession
    access_token: str
    refresh_token: str


def key_of(secret: str) -> bytes:
    """The key that signs access tokens: made of the server's secret, and good for nothing else."""
    return hashlib.sha256(b"access tokens of the api\0" + secret.encode()).digest()


def access_token(begun: UserSession, key: bytes) -> str:
    """A signed word for 15 minutes. It is worth nothing once its session has ended."""
    now = datetime.now(UTC)
    claims = {"sub": str(begun.user_id), "sid": begun.id, "aud": AUDIENCE, "typ": "access", "iat": now}
    return jwt.encode(claims | {"exp": now + ACCESS_LIFETIME, "jti": secrets.token_hex(8)}, key, algorithm="HS256")


def who_is(token: str, key: bytes) -> tuple[str, int]:
    """Session and user id that a bearer token names. Raises Unauthorized for what we did not make, or is over."""
    if token.startswith(PERSONAL + "_"):
        return fingerprint(token), user_in(token)
    try:
        said = read(token, key)
    except (jwt.InvalidTokenError, ValueError):
        raise Unauthorized(NOT_VALID) from None
    if said.expires_at <= time.time():
        raise Unauthorized(NOT_VALID)
    return said.session_id, said.user_id


class Access(NamedTuple):
    """What an access token says. `expires_at` is in seconds since 1970, UTC."""

    session_id: str
    user_id: int
    expires_at: int


@lru_cache(maxsize=2048)
def read(token: str, key: bytes) -> Access:
    """What our signature stands for, which a program sends with each call. Raises InvalidTokenError or ValueError.

    Only what was valid once is kept, and it ends when it says: the caller looks at the clock.
    """
    claims = jwt.decode(token, key, algorithms=["HS256"], audience=AUDIENCE, options={"require": CLAIMS})
    if claims["typ"] != "access":
        raise jwt.InvalidTokenError
    return Access(str(claims["sid"]), int(claims["sub"]), int(claims["exp"]))


def opaque(kind: str, user_id: int) -> str:
    """A random word. It names its user, as whom the database has to be asked before anything is known."""
    return f"{kind}_{user_id}_{secrets.token_urlsafe(32)}"


def user_in(token: str) -> int:
    """The user that an opaque token names. Whether the token is one is seen by its fingerprint alone."""
    number = token.split("_", 2)[1]
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise Unauthorized(NOT_VALID)
    return int(number)


def begin_program(session: Session, user: User, *, browser: str, key: bytes) -> Pair:
    """A program is signed in."""
    begun = UserSession.begin(user, browser=browser)
    begun.kind, begun.expires_at = "api", datetime.now(UTC) + REFRESH_LIFETIME
    session.add(begun)
    session.flush()
    return pair(session, begun, key)


def pair(session: Session, begun: UserSession, key: bytes) -> Pair:
    """A fresh access token, and the only refresh token of this session that is worth anything."""
    word = opaque(REFRESH, begun.user_id)
    session.add(RefreshToken(id=fingerprint(word), session_id=begun.id, expires_at=begun.expires_at))
    return Pair(begun, access_token(begun, key), word)


def refresh(session: Session, word: str, *, arrived: datetime, key: bytes) -> Pair | None:
    """The next pair. None when the token was used already: the session has ended then, if that was before `arrived`.

    Requests that arrived before the ones like them were answered are no theft: one wins, the others get nothing.
    Raises Unauthorized for what is no refresh token, or no longer.
    """
    token = session.get(RefreshToken, fingerprint(word))
    begun = held(session, token.session_id) if token else None
    if token is None or begun is None:
        raise Unauthorized(NOT_VALID)
    session.refresh(token)
    if token.used_at is not None and token.used_at < arrived:
        session.delete(begun)
        return None
    lost, token.used_at = token.used_at is not None, datetime.now(UTC)
    if lost:
        return None
    if token.expires_at <= arrived:
        raise Unauthorized(NOT_VALID)
    begun.expires_at = token.used_at + REFRESH_LIFETIME
    return pair(session, begun, key)


def held(session: Session, session_id: str) -> UserSession | None:
    """The program's session, locked until the transaction ends: of parallel refreshes each sees what the last did."""
    row = select(UserSession).where(UserSession.id == session_id, UserSession.kind == "api")
    return session.scalars(row.with_for_update().execution_options(populate_existing=True)).one_or_none()


def make_token(
    session: Session, user: User, *, name: str, scopes: Iterable[str], days: int, known: Iterable[str]
) -> UserSession:
    """A personal token for so many days, which knows itself this once. Raises Invalid at the field."""
    chosen, word = sorted(set(scopes)), opaque(PERSONAL, user.id)
    check_token(name, chosen, days, known)
    made = UserSession(id=fingerprint(word), user_id=user.id, user=user, kind="token", name=name.strip())
    made.scopes, made.expires_at = chosen, datetime.now(UTC) + timedelta(days=days)
    held_by = select(func.count()).where(UserSession.user_id == user.id, UserSession.kind == "token")
    if (session.scalar(held_by) or 0) >= MOST_TOKENS:
        raise Invalid("You have %(most)s tokens. Revoke one first.", field="name", most=MOST_TOKENS)
    session.add(made)
    session.flush()
    made.token = word
    user.note("token_made")
    return made


def check_token(name: str, scopes: list[str], days: int, known: Iterable[str]) -> None:
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise Invalid("Give the token a name of at most %(longest)s characters.", field="name", longest=LONGEST_NAME)
    if not scopes or set(scopes) - set(known):
        raise Invalid("Choose what the token may do.", field="scopes")
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise Invalid("Choose between 1 and %(longest)s days.", field="days", longest=LONGEST_TOKEN_DAYS)


def revoke_token(session: Session, token: UserSession) -> None:
    """It is worth nothing from the next call on."""
    token.user.note("token_revoked")
    session.delete(token)
