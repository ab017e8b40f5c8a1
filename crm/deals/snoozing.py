"""Leaving a deal in peace: until a day it does not rot."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped, mapped_column

from crm.errors import Invalid
from crm.organizations.models import Membership

NOT_YOURS_TO_SNOOZE = "Only the deal's owner or a manager can snooze it."


class Snoozable:
    """A deal that may be quiet for a while. On the day itself, as on the wall of who looks, it is awake again."""

    if TYPE_CHECKING:

        def expect(self, version: int | None) -> None: ...

        def record(self, type: str, *, by: Membership | None, **payload: object) -> None: ...

    snoozed_until: Mapped[date | None] = mapped_column()

    def snooze(self, until: date | None, *, by: Membership, version: int | None = None) -> None:
        """Until a later day than the person's today, else raises Invalid; None wakes it."""
        by.must("records.edit", self, words=NOT_YOURS_TO_SNOOZE)
        self.expect(version)
        if until is not None and until <= by.today():
            raise Invalid("Choose a day after today.", field="until")
        if until != self.snoozed_until:
            self.snoozed_until = until
            self.record("system", by=by, event="snoozed", until=until.isoformat() if until else None)
