"""Signing in and registering a person."""

from __future__ import annotations

from sqlalchemy.orm import Session

from crm.accounts.models import User, UserSession, check_password
from crm.accounts.passwords import passwords
from crm.accounts.queries import user_with_email
from crm.errors import Conflict, Invalid

WRONG = "E-mail and password do not match. Check both."


def sign_in(session: Session, email: str, password: str, *, browser: str, stay: bool) -> UserSession:
    """A new session, which knows its token this once. Raises Invalid, in the same words and time, for every wrong pair."""
    user = session.scalar(user_with_email(email))
    if not passwords.match(password, user.password_hash if user else None) or user is None:
        raise Invalid(WRONG, code="WRONG_CREDENTIALS")
    begun = UserSession.begin(user, browser=browser, stay=stay)
    session.add(begun)
    return begun


def register_user(session: Session, *, email: str, name: str, password: str, timezone: str = "UTC") -> User:
    """A new login. Raises Conflict when the address has one, Invalid for a weak password."""
    check_password(password, email, name)
    if session.scalar(user_with_email(email)):
        words = "This address has a login already. Sign in instead."
        raise Conflict(words, code="EMAIL_TAKEN")
    user = User(email=email.strip(), name=name.strip(), timezone=timezone)
    user.set_password(password)
    session.add(user)
    session.flush()
    return user
