"""Finding users and ending old sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Delete, Select, delete, func, select

from crm.accounts.models import User, UserSession


def user_with_email(email: str) -> Select[tuple[User]]:
    """Addresses are compared without regard to case."""
    return select(User).where(func.lower(User.email) == email.strip().lower())


def expired_sessions(now: datetime) -> Delete:
    """Rows that sign nobody in any more."""
    return delete(UserSession).where(UserSession.expires_at < now)
