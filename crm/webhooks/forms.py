"""What the settings ask of a webhook."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import DataRequired, ValidationError

from crm.forms import Line
from crm.pipelines.forms import AnyOf, OneOf
from crm.versioned import VersionedForm
from crm.webhooks.models import WebhookEndpoint
from crm.webhooks.rules import LONGEST_DESCRIPTION, LONGEST_URL
from crm.webhooks.wording import EVENT_NAMES

WHICH = {
    "all": (_l("Everything"), _l("Also events that are added later.")),
    "some": (_l("Only these events"), _l("The others are not sent to it.")),
}


class WebhookForm(VersionedForm):
    """An endpoint: where, what for, what it hears of."""

    url = Line(_l("Address"), longest=LONGEST_URL, validators=[DataRequired(_l("Type the address of your program."))])
    description = Line(_l("What it is for"), longest=LONGEST_DESCRIPTION)
    which = OneOf(_l("It hears of"), {name: title for name, (title, _) in WHICH.items()}, default="all")
    event_types = AnyOf(_l("Events"), EVENT_NAMES)
    enabled = BooleanField(_l("Switched on"), default=True)

    def __init__(self, endpoint: WebhookEndpoint | None = None, **kwargs: Any) -> None:
        super().__init__(endpoint, which="some" if endpoint and endpoint.event_types else "all", **kwargs)
        self["enabled"].names = {True: gettext("yes"), False: gettext("no")}

    def validate_event_types(self, field: AnyOf) -> None:
        if self.which.data == "some" and not field.data:
            raise ValidationError(gettext("Choose at least one event."))

    def values(self) -> dict[str, Any]:
        chosen = self.event_types.data if self.which.data == "some" else []
        said = {"url": self.url.data, "description": self.description.data or "", "event_types": chosen}
        return said | {"enabled": self.enabled.data}
