"""Giving one record to a colleague, by the rules that hold for distributing many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, object_session

from crm.errors import Forbidden, Invalid
from crm.organizations.models import Membership
from crm.organizations.permissions import Reach, Role, reach_of

NOT_YOURS = "You can give away only what you or your team own."


class Assignable:
    """A record whose owner can be changed: a deal, a contact, a company."""

    if TYPE_CHECKING:
        owner_id: Mapped[int]

        def change(self, values: dict[str, Any], *, by: Membership, version: int | None = None) -> None: ...

    def assign(self, to: Membership, *, by: Membership, version: int | None = None) -> None:
        """Makes `to` its owner. Raises Forbidden without the right to give it away, Invalid for who can't have it."""
        by.must("records.assign", self, words=NOT_YOURS)
        refuse_receiver(cast(Session, object_session(self)), to, by)
        self.change({"owner_id": to.user_id}, by=by, version=version)


def refuse_receiver(session: Session, to: Membership, by: Membership) -> None:
    """Raises Invalid for a viewer, for who left or was never here, and, when a lead gives, for who is in no led team.

    Until the transaction ends nobody removes that person or changes the role.
    """
    gives_to_all = reach_of(Role(by.role), "records.assign") is Reach.ALL
    if not (gives_to_all or by.led):
        raise Forbidden(NOT_YOURS)
    here = (Membership.organization_id == by.organization_id, Membership.user_id == to.user_id)
    fit = select(Membership.user_id).where(*here, Membership.ended_at.is_(None), Membership.role != Role.VIEWER)
    found = session.scalar(fit.with_for_update(read=True))
    if found is None or not (gives_to_all or found in by.led):
        raise Invalid("Choose one from the list.", field="owner_id")
