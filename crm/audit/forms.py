"""The filters of the audit log, as the address says them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from crm.audit.queries import Shown
from crm.audit.wording import KINDS, kind_name
from crm.forms import ChoiceField, DayField, Form
from crm.organizations.models import Membership

LAST_DAY = date(9998, 12, 31)  # the day after it can still be written
NAMES = ("person", "kind", "since", "until")


class FilterForm(Form):
    """Days are the reader's; both count. What the address can't mean is said at its field and left out."""

    person = ChoiceField(_l("Person"), coerce=int)
    kind = ChoiceField(_l("What"))
    since = DayField(_l("From"))
    until = DayField(_l("To"))

    def __init__(self, asked: MultiDict[str, str], people: dict[int, str], **kwargs: Any) -> None:
        super().__init__(formdata=asked, **kwargs)
        self.person.choices = [(0, gettext("Everyone")), *people.items()]
        kinds = sorted(((kind, kind_name(kind)) for kind in KINDS), key=lambda one: one[1])
        self.kind.choices = [("", gettext("Everything")), *kinds]
        self.validate()

    def said(self) -> dict[str, Any]:
        """The fields that are filled and make sense, as an address names them."""
        fields = [self[name] for name in NAMES]
        return {field.name: field.data for field in fields if field.data and not field.errors}

    def shown(self, member: Membership) -> Shown:
        said, zone = self.said(), ZoneInfo(member.user.timezone)
        since, until = said.get("since"), said.get("until")
        return Shown(
            actor_id=said.get("person"),
            kind=said.get("kind"),
            since=datetime.combine(since, time(), zone) if since else None,
            until=datetime.combine(min(until, LAST_DAY) + timedelta(days=1), time(), zone) if until else None,
        )
