"""One settings object, read from the environment once. Production refuses to start unsafe."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WEAK_WORDS = ("change", "secret", "password", "example", "default", "insecure", "development", "test")
SHORTEST_SECRET = 32
THREADS = 384  # of a web process; an open event stream holds one


class ConfigurationError(SystemExit):
    """The environment does not allow a safe start. The sentence names the variable."""


@dataclass(frozen=True)
class Settings:
    """What the environment says. See docs/operations.md for every variable."""

    environment: str
    secret_key: str
    database_url: str
    owner_database_url: str
    folder: Path
    pepper: str
    ratelimit_enabled: bool
    trusted_hosts: tuple[str, ...]
    proxies: int
    pool_size: int
    streams: int
    smtp_url: str = ""
    mail_from: str = ""
    webhooks_allow_private: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Raises ConfigurationError with one sentence when a variable is missing or unsafe."""
        environment = environ.get("CRM_ENV", "production")
        if environment not in ("production", "development", "test"):
            raise ConfigurationError("CRM_ENV must be production, development or test.")
        folder = Path(environ.get("CRM_DATA_DIR") or ".data").resolve()
        url = psycopg_url(environ.get("DATABASE_URL") or own_database(environment, folder))
        return cls(
            environment=environment,
            secret_key=secret_key(environ, environment),
            database_url=url,
            owner_database_url=psycopg_url(environ.get("DATABASE_OWNER_URL") or url),
            folder=folder,
            pepper=environ.get("PASSWORD_PEPPER", ""),
            ratelimit_enabled=flag(environ, "RATELIMIT_ENABLED", default=True),
            trusted_hosts=tuple(host.strip() for host in environ.get("TRUSTED_HOSTS", "").split(",") if host.strip()),
            proxies=number(environ, "PROXIES", 0),
            pool_size=number(environ, "DATABASE_POOL", 15),
            streams=number(environ, "WEB_STREAMS", number(environ, "WEB_THREADS", THREADS) * 4 // 5),
            smtp_url=smtp_url(environ),
            mail_from=environ.get("MAIL_FROM", ""),
            webhooks_allow_private=webhooks_allow_private(environ, environment),
        )

    @property
    def secure(self) -> bool:
        """Cookies travel over https only: in production always."""
        return self.environment == "production"

    def for_flask(self) -> dict[str, Any]:
        """The Flask configuration that follows from these settings."""
        return {
            "SECRET_KEY": self.secret_key,
            "TESTING": self.environment == "test",
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": {
                "pool_size": self.pool_size,
                "max_overflow": self.pool_size,
                "pool_use_lifo": True,  # a few connections stay warm, with their plans and caches
                "pool_timeout": 10,
                "connect_args": {"connect_timeout": 5, "application_name": "crm"},
            },
            "SESSION_COOKIE_NAME": "__Host-crm" if self.secure else "crm",
            "SESSION_COOKIE_SECURE": self.secure,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_REFRESH_EACH_REQUEST": False,
            "PERMANENT_SESSION_LIFETIME": 30 * 24 * 3600,
            "MAX_CONTENT_LENGTH": 32 * 1024 * 1024,
            "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
            "TRUSTED_HOSTS": list(self.trusted_hosts) or None,
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_CSRF_CHECK_DEFAULT": False,
            "RATELIMIT_ENABLED": self.ratelimit_enabled,
            "RATELIMIT_STORAGE_URI": "crm://",
            "RATELIMIT_HEADERS_ENABLED": True,
            "COMPRESS_ALGORITHM": ["br", "gzip"],
            "COMPRESS_BR_LEVEL": 5,
            "BABEL_DEFAULT_LOCALE": "en",
        }


def secret_key(environ: Mapping[str, str], environment: str) -> str:
    """SECRET_KEY; outside production a missing one is allowed and marked as such."""
    key = environ.get("SECRET_KEY", "")
    if environment != "production":
        return key or "only-for-development"
    if not key:
        raise ConfigurationError(
            "SECRET_KEY is missing. Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    if len(key) < SHORTEST_SECRET or len(set(key)) < 12 or any(word in key.lower() for word in WEAK_WORDS):
        raise ConfigurationError(
            f"SECRET_KEY is too easy to guess: use at least {SHORTEST_SECRET} random characters, "
            "for example from python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    return key


def own_database(environment: str, folder: Path) -> str:
    """In development the database that `make run` keeps in the data folder, so that commands find it."""
    if environment != "development":
        return ""
    from crm.embedded import EmbeddedPostgres

    return EmbeddedPostgres(folder / "postgres").url("crm")


def psycopg_url(url: str) -> str:
    """The URL with the driver that we use; postgres:// and postgresql:// are both understood."""
    if not url:
        raise ConfigurationError(
            "DATABASE_URL is missing, for example postgresql://crm:…@db/crm. `make run` brings its own PostgreSQL."
        )
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise ConfigurationError("DATABASE_URL must start with postgresql://")
    return "postgresql+psycopg://" + rest


def libpq_url(url: str) -> str:
    """The same URL for psycopg itself, without SQLAlchemy's driver name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def smtp_url(environ: Mapping[str, str]) -> str:
    """smtp://user:password@host:587 or smtps://…; empty when no mail is sent. Mail needs a sender."""
    url = environ.get("SMTP_URL", "").strip()
    if url and not url.startswith(("smtp://", "smtps://")):
        raise ConfigurationError("SMTP_URL must start with smtp:// or smtps://")
    if url and not environ.get("MAIL_FROM", "").strip():
        raise ConfigurationError("MAIL_FROM is missing: the address from which mail is sent by SMTP_URL.")
    return url


def webhooks_allow_private(environ: Mapping[str, str], environment: str) -> bool:
    """WEBHOOKS_ALLOW_PRIVATE: webhooks into this machine and its network, for development only."""
    allowed = flag(environ, "WEBHOOKS_ALLOW_PRIVATE", default=False)
    if allowed and environment == "production":
        raise ConfigurationError(
            "WEBHOOKS_ALLOW_PRIVATE can't be true in production: it opens your network to members."
        )
    return allowed


def flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    """A yes or no; anything else is refused."""
    value = environ.get(name, "").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    if value:
        raise ConfigurationError(f"{name} must be true or false, not {value!r}.")
    return default


def number(environ: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of zero or more."""
    value = environ.get(name, "").strip() or str(default)
    if not value.isdecimal():
        raise ConfigurationError(f"{name} must be a whole number, not {value!r}.")
    return int(value)
