"""Forms of records with versions: two people never silently overwrite each other."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext

from crm.errors import Conflict, Invalid, Refused, Stale
from crm.forms import Form, WholeField


class VersionedForm(Form):
    """Carries the version that the person looked at. After a conflict it shows what is stored now; the text stays."""

    catches = (Invalid, Conflict)
    version = WholeField()
    record: Any = None

    def __init__(self, record: Any = None, **kwargs: Any) -> None:
        super().__init__(obj=record, **kwargs)
        self.record = record
        for field in self:  # several stages can be open on one page
            field.id = f"{field.name}-{record.id if record else 'new'}"

    def refuse(self, error: Refused) -> None:
        """Who saves again after reading of the conflict means it: the form now carries the stored version."""
        super().refuse(error)
        if isinstance(error, Stale):
            self.form_errors[-1] += " " + gettext("Your text is still here.")
            self.version.raw_data, self.version.data = None, self.record.version
            if told := self.differences():
                self.form_errors[-1] += " " + gettext("Stored now: %(values)s.", values="; ".join(told))

    def differences(self) -> list[str]:
        """What is stored otherwise than typed, in words."""
        fields = [field for name, field in self._fields.items() if name != "version" and hasattr(self.record, name)]
        other = [(field, self.stored(field.name)) for field in fields if self.stored(field.name) != field.data]
        return [f"{field.label.text} {words_for(field, value)}" for field, value in other]

    def stored(self, name: str) -> Any:
        return getattr(self.record, name)


def words_for(field: Any, value: Any) -> str:
    """A stored value as the form would say it."""
    names = getattr(field, "names", {})
    if isinstance(value, list):
        return ", ".join(str(names.get(one, one)) for one in value) or gettext("Nothing")
    return gettext("None") if value is None else str(names.get(value, value))
