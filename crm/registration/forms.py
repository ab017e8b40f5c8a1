"""What a new person tells."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField
from wtforms.validators import DataRequired

from crm.accounts.models import LONGEST_NAME
from crm.errors import Conflict, Invalid
from crm.forms import Form, Line


class RegisterForm(Form):
    """The browser fills the time zone; one that we don't know becomes UTC, since nobody sees the field."""

    catches = (Invalid, Conflict)

    name = Line(_l("Your name"), longest=LONGEST_NAME, validators=[DataRequired(_l("Type your name."))])
    email = Line(_l("E-mail"), longest=254, validators=[DataRequired(_l("Type your e-mail."))])
    password = PasswordField(_l("Password"), validators=[DataRequired(_l("Choose a password."))])
    organization = Line(
        _l("Organization"), longest=120, validators=[DataRequired(_l("Type the name of your organization."))]
    )
    timezone = HiddenField(default="UTC")


class FoundingForm(Form):
    """A further organization of somebody who has a login."""

    organization = Line(
        _l("Organization"), longest=120, validators=[DataRequired(_l("Type the name of your organization."))]
    )
