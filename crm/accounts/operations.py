"""Signing in and registering a person."""

from __future__ import annotations

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from sqlalchemy import text
from sqlalchemy.orm import Session

from crm.accounts.models import User, UserSession, check_password, checked_name
from crm.accounts.passwords import passwords
from crm.accounts.queries import user_with_email
from crm.accounts.zones import zones
from crm.database import scope
from crm.errors import Conflict, Invalid
from crm.trail import witness

WRONG = "E-mail and password do not match. Check both."
TAKEN = "This address has a login already. Sign in instead."
LONGEST_ADDRESS = 254

SPECIAL_USE_DOMAIN_NAMES.remove("local")  # the network of many a company is called so


def authenticate(session: Session, email: str, password: str) -> User:
    """The user with this password. Every wrong pair is Invalid in the same words and time."""
    user = session.scalar(user_with_email(email))
    if not passwords.match(password, user.password_hash if user else None) or user is None:
        raise Invalid(WRONG, code="WRONG_CREDENTIALS")
    return user


def sign_in(session: Session, email: str, password: str, *, browser: str, stay: bool) -> UserSession:
    """A new session, which knows its token this once. Raises Invalid for a wrong pair."""
    user = authenticate(session, email, password)
    begun = UserSession.begin(user, browser=browser, stay=stay)
    session.add(begun)
    return begun


def note_failure(session: Session, email: str) -> None:
    """Tells the organizations of the user with that address, if there is one, that somebody tried to sign in.

    A known address must not answer later than an unknown one: the statements are the same, and no disk is waited for.
    """
    user_id = session.scalar(user_with_email(email).with_only_columns(User.id)) or 0
    scope(session, user_id=user_id)
    session.execute(text("set local synchronous_commit to off"))
    witness(session, "sign_in_failed", user_id=user_id, subject=email.strip(), known=False)


def register_user(session: Session, *, email: str, name: str, password: str, timezone: str = "UTC") -> User:
    """A new login. Raises Conflict when the address has one, Invalid for a weak password or a wrong address."""
    address, known = checked_address(email), checked_name(name)
    check_password(password, address, known)
    if session.scalar(user_with_email(address)):
        raise Conflict(TAKEN, field="email", code="EMAIL_TAKEN")
    user = User(email=address, name=known, timezone=timezone if timezone in zones() else "UTC")
    user.set_password(password)
    session.add(user)
    session.flush()
    return user


def claim_login(session: Session, user: User, *, name: str, password: str) -> None:
    """The first password of a user as whom nobody can sign in; the caller knows that the person has the address.

    Raises Conflict when there is a password, also one set at the same moment; Invalid for a weak one.
    """
    session.refresh(user, ["password_hash"], with_for_update={"key_share": True})
    if user.password_hash is not None:
        raise Conflict(TAKEN, code="EMAIL_TAKEN")
    user.name = checked_name(name)
    user.set_password(password)
    session.flush()


def checked_address(email: str) -> str:
    """The address in one spelling. Raises Invalid for what can't be one; nobody is asked by DNS."""
    try:
        address = validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        address = ""
    if not 0 < len(address) <= LONGEST_ADDRESS:
        raise Invalid("Write an address such as anna@company.com.", field="email")
    return address
