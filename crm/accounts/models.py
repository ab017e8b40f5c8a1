"""People who sign in, and where they are signed in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, delete, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from crm.accounts.passwords import LONGEST, SHORTEST, passwords
from crm.accounts.zones import zones
from crm.database import Base, session_of
from crm.errors import Invalid
from crm.trail import witness

LANGUAGES = ["en"]
LONGEST_NAME = 120
LIFETIME = timedelta(days=30)
SHORT_LIFETIME = timedelta(hours=12)


class User(Base):
    """A person with one login. Without a password hash nobody can sign in as this user."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    password_hash: Mapped[str | None]
    timezone: Mapped[str] = mapped_column(String(64), default="UTC", server_default="UTC")
    language: Mapped[str] = mapped_column(String(8), default="en", server_default="en")
    celebrates: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    def change_profile(self, *, name: str, timezone: str, language: str, celebrates: bool = True) -> None:
        """Raises Invalid at the field for an empty name, or a zone or language that we don't know."""
        self.name = checked_name(name)
        if timezone not in zones():
            raise Invalid("Choose a time zone from the list.", field="timezone")
        if language not in LANGUAGES:
            raise Invalid("Choose a language from the list.", field="language")
        self.timezone, self.language, self.celebrates = timezone, language, celebrates

    def set_password(self, password: str, *, field: str = "password") -> None:
        """Raises Invalid when it is too short, too long, or the user's own name or e-mail."""
        check_password(password, self.email, self.name, field=field)
        self.password_hash = passwords.hash(password)

    def change_password(self, current: str, new: str, *, keep: UserSession) -> None:
        """Sets a new password and ends every session but `keep`. Raises Invalid on a wrong current one."""
        if not passwords.match(current, self.password_hash):
            raise Invalid("This is not your current password.", field="current")
        self.set_password(new, field="new")
        self.end_sessions(keep)
        self.note("password_changed")

    def sign_out_everywhere(self, *, keep: UserSession | None = None) -> None:
        """Ends all sessions of this user, with the next request on each."""
        self.end_sessions(keep)
        self.note("signed_out_everywhere")

    def end_sessions(self, keep: UserSession | None) -> None:
        """Browsers and signed-in programs; personal tokens live until they expire or are revoked."""
        ended = delete(UserSession).where(UserSession.user_id == self.id, UserSession.kind != "token")
        if keep is not None:
            ended = ended.where(UserSession.id != keep.id)
        self.session.execute(ended)

    def note(self, kind: str, *, organization_id: int | None = None) -> None:
        """An entry in the audit log of each organization of this user's, or of that one."""
        witness(self.session, kind, user_id=self.id, organization_id=organization_id, subject=self.name)

    @property
    def session(self) -> Session:
        return session_of(self)

    @property
    def initials(self) -> str:
        return initials(self.name)


Index("uq_users_email", func.lower(User.email), unique=True)


def checked_name(name: str) -> str:
    """The name without blanks around it. Raises Invalid when nothing is left, or too much."""
    if not name.strip():
        raise Invalid("Type your name.", field="name")
    if len(name.strip()) > LONGEST_NAME:
        raise Invalid("Use at most %(longest)s characters.", field="name", longest=LONGEST_NAME)
    return name.strip()


def check_password(password: str, *taken: str, field: str = "password") -> None:
    """Length is what counts; the person's own name or address is no password."""
    if len(password) < SHORTEST:
        raise Invalid("Use at least %(shortest)s characters.", field=field, shortest=SHORTEST)
    if len(password) > LONGEST:
        raise Invalid("Use at most %(longest)s characters.", field=field, longest=LONGEST)
    if password.strip().casefold() in {word.strip().casefold() for word in taken}:
        raise Invalid("Choose something other than your name or e-mail.", field=field)


class UserSession(Base):
    """One signed-in browser, one program that signed in, or one personal token: what can be ended by itself.

    The cookie or the token is random, the table holds its SHA-256. `number` names it in addresses, `scopes` are what a
    personal token may do, None is everything.
    """

    __tablename__ = "user_sessions"
    __table_args__ = (
        CheckConstraint("kind in ('browser', 'api', 'token')", name="kind"),
        Index("uq_user_sessions_number", "number", unique=True),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    browser: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(8), default="browser", server_default="browser")
    number: Mapped[int] = mapped_column(BigInteger, Identity())
    name: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(String(40)))

    user: Mapped[User] = relationship()

    # What Flask-Login asks of the object that it loads.
    is_authenticated = is_active = True
    is_anonymous = False
    token: str = ""

    @property
    def used_at(self) -> datetime | None:
        """When a personal token was last used, to five minutes; None for never."""
        return None if self.seen_at == self.created_at else self.seen_at

    def get_id(self) -> str:
        """What the cookie holds."""
        return self.token

    @classmethod
    def begin(cls, user: User, *, browser: str = "", stay: bool = True) -> UserSession:
        """A new row, which knows its token this once. `stay` keeps it for 30 days, else 12 hours."""
        token = secrets.token_urlsafe(32)
        ends = datetime.now(UTC) + (LIFETIME if stay else SHORT_LIFETIME)
        begun = cls(id=fingerprint(token), user_id=user.id, user=user, browser=browser[:200], expires_at=ends)
        begun.token = token
        return begun


class RefreshToken(Base):
    """One link in the chain of a program's session. Used a second time it ends the whole session.

    `used_at` is when the last of the requests that came at once with it was answered.
    """

    __tablename__ = "refresh_tokens"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("user_sessions.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def initials(name: str) -> str:
    """The first letters of the first and the last word."""
    words = name.split()
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


def fingerprint(token: str) -> str:
    """What the table keeps of a token: a copy of the database signs nobody in."""
    return hashlib.sha256(token.encode()).hexdigest()
