"""Giving one record to a colleague."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Mapped

from crm.organizations.models import Membership

NOT_YOURS = "You can give away only what you or your team own."


class Assignable:
    """A record whose owner can be changed: a deal, a contact, a company."""

    if TYPE_CHECKING:
        owner_id: Mapped[int]

        def change(self, values: dict[str, Any], *, by: Membership, version: int | None = None) -> None: ...

    def assign(self, to: Membership, *, by: Membership, version: int | None = None) -> None:
        """Makes `to` its owner. Raises Forbidden without the right to give it away, Invalid for who can't have it."""
        by.must("records.assign", self, words=NOT_YOURS)
        self.change({"owner_id": to.user_id}, by=by, version=version)
