"""The settings of an organization, handing it over and deleting it."""

from __future__ import annotations

from typing import Any

from babel.numbers import get_currency_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import DataRequired

from crm.accounts.forms import language_choices, zone_choices
from crm.errors import Conflict, Invalid
from crm.forms import ChoiceField, Form, Line
from crm.organizations.models import Membership, Organization
from crm.organizations.rules import LONGEST_NAME, currencies
from crm.versioned import VersionedForm
from crm.words import locale

SIGHTS = {
    "everyone": (_l("Everyone’s records"), _l("The whole organization is one book.")),
    "team": (_l("Their team’s records"), _l("Records owned by someone in the same team.")),
    "own": (_l("Only their own"), _l("Records they own. Others answer “not found”.")),
}


class OrganizationForm(VersionedForm):
    """All that can be set of an organization at once."""

    name = Line(_l("Name"), longest=LONGEST_NAME, validators=[DataRequired(_l("Give the organization a name."))])
    currency = ChoiceField(_l("Currency"))
    timezone = ChoiceField(_l("Time zone"))
    language = ChoiceField(_l("Language"))
    visibility = ChoiceField(_l("Members and viewers see"))
    lost_reason_required = BooleanField(_l("Losing a deal asks for a reason"))

    def __init__(self, organization: Organization, **kwargs: Any) -> None:
        super().__init__(organization, **kwargs)
        self.offer("currency", currency_choices(organization.currency))
        self.offer("timezone", zone_choices(organization.timezone))
        self.offer("language", language_choices())
        self.offer("visibility", [(value, str(title)) for value, (title, _) in SIGHTS.items()])
        self["lost_reason_required"].names = {True: gettext("yes"), False: gettext("no")}

    def offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """`names` are the words that a conflict tells."""
        self[name].choices, self[name].names = choices, dict(choices)

    def values(self) -> dict[str, Any]:
        return {name: field.data for name, field in self._fields.items() if name != "version"}


def currency_choices(own: str) -> list[tuple[str, str]]:
    """Codes with their names in the reader's language, by code."""
    return [(code, f"{code}, {get_currency_name(code, locale=locale())}") for code in sorted({own, *currencies()})]


class TransferForm(Form):
    """Who owns it from now on."""

    catches = (Invalid, Conflict)

    user_id = ChoiceField(_l("New owner"), coerce=int)

    def __init__(self, others: list[Membership], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.others = {one.user_id: one for one in others}
        self.user_id.choices = [(0, gettext("Choose a member")), *((one.user_id, one.name) for one in others)]

    @property
    def chosen(self) -> Membership:
        """Raises Invalid until somebody is chosen."""
        if self.user_id.data not in self.others:
            raise Invalid("Choose one from the list.", field="user_id")
        return self.others[self.user_id.data]


class DeletionForm(Form):
    """The name is typed by hand, so that nobody deletes by accident."""

    catches = (Invalid, Conflict)

    name = Line(_l("Name of the organization"), validators=[DataRequired(_l("Type the name of the organization."))])
