"""Rate limits, counted in an unlogged table: the same for every process and instance, without another server."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits.storage import Storage
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from crm.database import db

HIT = text("""
    insert into rate_limits (key, hits, expires_at) values (:key, :amount, now() + make_interval(secs => :expiry))
    on conflict (key) do update set
      hits = case when rate_limits.expires_at <= now() then :amount else rate_limits.hits + :amount end,
      expires_at = case when rate_limits.expires_at <= now() then excluded.expires_at else rate_limits.expires_at end
    returning hits
""")
COUNT = text("select hits from rate_limits where key = :key and expires_at > now()")
EXPIRY = text("select extract(epoch from expires_at) from rate_limits where key = :key and expires_at > now()")


class DatabaseStorage(Storage):
    """Fixed windows: a key has a count until its window ends. Times are seconds since 1970, UTC."""

    STORAGE_SCHEME = ["crm"]

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return SQLAlchemyError

    @property
    def engine(self) -> Engine:
        engine: Engine = current_app.extensions["limits_engine"]()
        return engine

    def incr(self, key: str, expiry: float, amount: int = 1, **options: Any) -> int:
        with self.engine.begin() as connection:
            return int(connection.scalar(HIT, {"key": key, "expiry": expiry, "amount": amount}) or 0)

    def get(self, key: str) -> int:
        with self.engine.begin() as connection:
            return int(connection.scalar(COUNT, {"key": key}) or 0)

    def get_expiry(self, key: str) -> float:
        with self.engine.begin() as connection:
            return float(connection.scalar(EXPIRY, {"key": key}) or time.time())

    def check(self) -> bool:
        with self.engine.begin() as connection:
            return connection.scalar(text("select true from rate_limits limit 1")) is not False

    def reset(self) -> int | None:
        with self.engine.begin() as connection:
            return connection.execute(text("delete from rate_limits")).rowcount

    def clear(self, key: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text("delete from rate_limits where key = :key"), {"key": key})


def guesses(field: str) -> Callable[..., Any]:
    """So many passwords for one account, whatever addresses and doors the tries come by; `field` holds the e-mail."""
    return limiter.shared_limit(
        "10 per 5 minutes", scope="sign-in", key_func=lambda: account_in(field), methods=["POST"]
    )


def account_in(field: str) -> str:
    """The account that somebody tries to enter. Only the field that is read counts: another one could hide it.

    Letters become small one by one, as the database does it: "İ" is no second spelling of "i" that counts anew.
    """
    sent = request.get_json(silent=True) if request.is_json else request.form
    named = sent.get(field) if isinstance(sent, Mapping) else ""
    plain = unicodedata.normalize("NFC", named.strip()) if isinstance(named, str) else ""
    return "account:" + "".join(letter.lower()[0] for letter in plain)[:254]


def forgive() -> None:
    """Takes this request's own hits back: it was nobody guessing. Hits count before hashing, so no burst slips by."""
    for one in limiter.current_limits:
        limiter.storage.incr(one.key, one.limit.get_expiry(), -1)


def only_when_refused(response: Response) -> Response:
    """Retry-After is for who has to wait; Flask-Limiter sends it with every answer."""
    if response.status_code not in (429, 503):
        response.headers.pop("Retry-After", None)
    return response


class Doors(Limiter):
    """Each of our limits stands at a door of its own; no other request is looked at."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)


limiter = Doors(key_func=get_remote_address, strategy="fixed-window", headers_enabled=True)


def init_app(app: Any) -> None:
    app.extensions["limits_engine"] = lambda: db.engine
    app.after_request(only_when_refused)  # runs after the limiter's own
    limiter.init_app(app)
