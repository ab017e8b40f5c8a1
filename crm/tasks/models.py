"""Tasks: something to do by a date. A deal's next open task is its next step."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.database import Base, TenantOwned, Versioned, related, session_of, tenant_key
from crm.deals.models import Deal
from crm.errors import Forbidden, Invalid, Missing
from crm.organizations.models import Membership
from crm.organizations.receiving import refuse_unfit_assignee

NOT_YOUR_DEAL = "You can add tasks to your own deals only."
NOT_YOURS = "Only who has the task, the deal's owner or a manager can change it."


class Task(TenantOwned, Versioned, Base):
    """`due_on` is a date: no time zone ever moves it."""

    __tablename__ = "tasks"
    __table_args__ = (
        tenant_key("deal_id", "deals.id", ondelete="CASCADE"),
        tenant_key("assignee_id", "memberships.user_id"),
        tenant_key("done_by", "memberships.user_id"),
        Index("ix_tasks_next", "organization_id", "deal_id", "due_on", "id", postgresql_where=text("done_at is null")),
        Index("ix_tasks_deal", "organization_id", "deal_id"),
        Index("ix_tasks_assignee", "organization_id", "assignee_id", "due_on"),
    )

    deal_id: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date]
    assignee_id: Mapped[int]
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(BigInteger)

    deal: Mapped[Deal] = related("Task", "deal_id", "Deal")
    assignee: Mapped[Membership] = related("Task", "assignee_id", "Membership", "user_id", lazy="joined")

    @property
    def owner_id(self) -> int:
        """Whose task it is: what permissions ask of every record."""
        return self.assignee_id

    @property
    def is_done(self) -> bool:
        return self.done_at is not None

    def complete(self, *, by: Membership) -> None:
        """Done; doing it twice changes nothing."""
        self.allow(by)
        if self.done_at is None:
            self.done_at, self.done_by = datetime.now(UTC), by.user_id
            self.deal.record("task_done", by=by, task_id=self.id, title=self.title)

    def reopen(self, *, by: Membership) -> None:
        """Not done after all."""
        self.allow(by)
        if self.done_at is not None:
            self.done_at = self.done_by = None
            self.deal.record("task_reopened", by=by, task_id=self.id, title=self.title)

    def change(self, values: dict[str, Any], *, by: Membership, version: int | None = None) -> None:
        """Sets title, day or person, and tells what changed.

        A new day can't be past; a new person sees the deal and is no viewer.
        """
        self.allow(by)
        self.expect(version)
        values = {name: value for name, value in values.items() if value != getattr(self, name)}
        if "title" in values:
            check_title(values["title"])
        if values.get("due_on", self.due_on) != self.due_on:
            refuse_past(values["due_on"], by)
        if values.get("assignee_id", self.assignee_id) != self.assignee_id:
            refuse_unfit_assignee(self.deal.session, values["assignee_id"], owner_id=self.deal.owner_id, by=by)
        for name, value in values.items():
            setattr(self, name, value)
        if values:
            self.deal.record("system", by=by, event="task_changed", title=self.title, due_on=self.due_on.isoformat())

    def delete(self, *, by: Membership) -> None:
        """The task is gone; the timeline keeps that there was one."""
        self.allow(by)
        self.deal.record("system", by=by, event="task_deleted", title=self.title)
        self.deal.session.delete(self)

    def allow(self, by: Membership) -> None:
        """Raises Forbidden unless it is the person's own task, or on a deal that the person may change.

        Locks the deal, whose next step changes with the task: before the task, as whatever deletes a deal does.
        Raises Missing when it was deleted meanwhile, and the task with it.
        """
        here = (Deal.organization_id == self.organization_id, Deal.id == self.deal_id)
        if not session_of(self).scalar(select(Deal.id).where(*here).with_for_update(key_share=True)):
            raise Missing("This task is gone: its deal was deleted meanwhile.")
        if not (by.may("records.edit", self) or by.may("records.edit", self.deal)):
            raise Forbidden(NOT_YOURS)


def add_task(deal: Deal, title: str, due_on: date, *, by: Membership, assignee_id: int | None = None) -> Task:
    """A new task on the deal. Raises Forbidden on somebody else's deal (rule 3).

    Raises Invalid for a past day (rule 3), and for somebody who does not see the deal or is a viewer.
    """
    by.must("tasks.create", deal, words=NOT_YOUR_DEAL)
    check_title(title)
    refuse_past(due_on, by)
    if assignee_id not in (None, by.user_id):
        refuse_unfit_assignee(deal.session, assignee_id, owner_id=deal.owner_id, by=by)
    task = Task(
        organization_id=deal.organization_id,
        deal_id=deal.id,
        title=title.strip(),
        due_on=due_on,
        assignee_id=assignee_id or by.user_id,
    )
    deal.session.add(task)
    deal.session.flush()
    deal.record("task_created", by=by, task_id=task.id, title=task.title, due_on=due_on.isoformat())
    return task


def check_title(title: str) -> None:
    if not title.strip():
        raise Invalid("Say what to do.", field="title")


def refuse_past(day: date, by: Membership) -> None:
    """Today is fine: the person's today."""
    if day < by.today():
        raise Invalid("Choose today or a later day.", field="due_on")
