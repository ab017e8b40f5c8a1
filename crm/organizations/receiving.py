"""To whom records and tasks can be given."""

from __future__ import annotations

from sqlalchemy import Select
from sqlalchemy.orm import Session

from crm.errors import Invalid
from crm.organizations.models import Membership
from crm.organizations.queries import assignees_of, workers_of


def refuse_unfit_owner(session: Session, user_id: int, *, by: Membership) -> None:
    """Raises Invalid at `owner_id` unless that user can own records of this organization."""
    refuse_unfit(session, workers_of(by), user_id, field="owner_id")


def refuse_unfit_assignee(session: Session, user_id: int, *, owner_id: int, by: Membership) -> None:
    """Raises Invalid at `assignee_id` unless that user can be given a task on what the owner has."""
    refuse_unfit(session, assignees_of(by, owner_id), user_id, field="assignee_id")


def refuse_unfit(session: Session, fit: Select[Membership], user_id: int, *, field: str) -> None:
    """Raises Invalid at the field unless the user is one of those; until the commit nobody removes that person.

    Who is just being removed is waited for, and then gone: removing locks the membership before it looks what there is.
    """
    chosen = fit.where(Membership.user_id == user_id).with_only_columns(Membership.user_id).order_by(None)
    if session.scalar(chosen.with_for_update(read=True, of=Membership)) is None:
        raise Invalid("Choose one from the list.", field=field)
