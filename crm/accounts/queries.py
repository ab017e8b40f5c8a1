"""Finding users and ending old sessions."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from sqlalchemy import Delete, Select, delete, func, select

from crm.accounts.models import RefreshToken, User, UserSession


def user_with_email(email: str) -> Select[User]:
    """Addresses are compared without regard to case: the database's notion of it, as in the unique index."""
    return select(User).where(func.lower(User.email) == func.lower(unicodedata.normalize("NFC", email.strip())))


def sessions_of(user: User, now: datetime) -> Select[UserSession]:
    """Where this user is signed in by password, the latest first."""
    live = select(UserSession).where(UserSession.user_id == user.id, UserSession.expires_at > now)
    live = live.where(UserSession.kind != "token")
    return live.order_by(UserSession.created_at.desc(), UserSession.id)


def tokens_of(user: User) -> Select[UserSession]:
    """The user's personal tokens, expired ones too, the latest first."""
    mine = select(UserSession).where(UserSession.user_id == user.id, UserSession.kind == "token")
    return mine.order_by(UserSession.number.desc())


def token_of(user: User, number: int) -> Select[UserSession]:
    return tokens_of(user).where(UserSession.number == number)


def expired_sessions(now: datetime) -> Delete:
    """Rows that sign nobody in any more."""
    return delete(UserSession).where(UserSession.expires_at < now)


def expired_links(now: datetime) -> Delete:
    """Refresh tokens that are too old to be used, or used again; their sessions may go on."""
    return delete(RefreshToken).where(RefreshToken.expires_at < now)
