"""Refusals: exceptions whose words are fit to show. The edges decide how they look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Refused(Exception):
    """Base of all refusals. `message` is a gettext id; `values` fill its %(name)s places; `errors` names fields."""

    status = 400
    code = "REFUSED"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
        code: str | None = None,
        **values: object,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.values = values
        self.errors = dict(errors or ({field: [message]} if field else {}))
        self.code = code or type(self).code


class Invalid(Refused):
    """What was sent breaks a rule (400). `errors` names the fields at fault."""

    code = "VALIDATION_ERROR"


class Unauthorized(Refused):
    """Nobody is signed in, or no longer (401). Only programs get it as an answer; people get the sign-in page."""

    status = 401
    code = "UNAUTHORIZED"


class Forbidden(Refused):
    """The member sees the record but may not do this (403)."""

    status = 403
    code = "FORBIDDEN"


class Missing(Refused):
    """No such record for this member (404): unknown, foreign and hidden are told apart by nothing."""

    status = 404
    code = "NOT_FOUND"


class Conflict(Refused):
    """Somebody else changed it, or the state does not allow it (409)."""

    status = 409
    code = "CONFLICT"


class Stale(Conflict):
    """The record is no longer the version that was looked at (409). Programs get `now`: what it is instead."""

    code = "STALE"
    now: Mapping[str, object] | None = None
