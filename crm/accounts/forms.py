"""Signing in, the profile, the password."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, SelectMultipleField
from wtforms.validators import DataRequired

from crm.accounts.models import LANGUAGES, LONGEST_NAME
from crm.accounts.zones import offered_zones
from crm.forms import ChoiceField, Form, Line

LANGUAGE_NAMES = {"en": "English"}


class SignInForm(Form):
    """Who somebody says to be. Wrong pairs are refused above the form, in one sentence for all of them."""

    email = Line(_l("E-mail"), longest=254, validators=[DataRequired(_l("Type your e-mail."))])
    password = PasswordField(_l("Password"), validators=[DataRequired(_l("Type your password."))])
    stay = BooleanField(_l("Stay signed in"), default=True)


class ProfileForm(Form):
    """How a person is called, and reads dates and words."""

    name = Line(_l("Name"), longest=LONGEST_NAME, validators=[DataRequired(_l("Type your name."))])
    timezone = ChoiceField(_l("Time zone"))
    language = ChoiceField(_l("Language"))
    celebrates = BooleanField(_l("Celebrate a deal that I win"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timezone.choices = zone_choices(kwargs["obj"].timezone)
        self.language.choices = language_choices()


def zone_choices(own: str) -> list[tuple[str, str]]:
    """The time zones that are offered, and the one that is chosen already."""
    names = offered_zones() if own in offered_zones() else (own, *offered_zones())
    return [(name, name.replace("_", " ")) for name in names]


def language_choices() -> list[tuple[str, str]]:
    return [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES]


class TokenForm(Form):
    """A personal token: its name, what it may do, for how long."""

    name = Line(_l("Name"), longest=LONGEST_NAME, validators=[DataRequired(_l("Give the token a name."))])
    scopes = SelectMultipleField(_l("What it may do"))
    days = ChoiceField(_l("Ends after"), default="90")

    def __init__(self, scopes: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scopes.choices = [(one, one) for one in scopes]
        self.days.choices = [(str(count), _("%(count)s days", count=count)) for count in (7, 30, 90, 365)]

    def values(self) -> dict[str, Any]:
        return {"name": self.name.data or "", "scopes": self.scopes.data or [], "days": int(self.days.data)}


class PasswordForm(Form):
    """A new password needs the current one: an open computer is not enough."""

    current = PasswordField(_l("Current password"), validators=[DataRequired(_l("Type your current password."))])
    new = PasswordField(_l("New password"), validators=[DataRequired(_l("Type a new password."))])
