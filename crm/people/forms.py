"""What the pages about people ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.errors import Conflict, Invalid
from crm.forms import ChoiceField, Form
from crm.organizations.models import Membership


class RemovalForm(Form):
    """Who takes over what the person owned."""

    catches = (Invalid, Conflict)

    heir = ChoiceField(_l("Who takes over"))

    def __init__(self, heirs: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heirs = {str(one.user_id): one for one in heirs}
        self.heir.choices = [("", _("Choose a person")), *((id, one.name) for id, one in self.heirs.items())]

    @property
    def chosen(self) -> Membership | None:
        return self.heirs.get(self.heir.data or "")
