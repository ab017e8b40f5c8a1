"""The quick update of a deal: what happened, what is done, what is next and where it goes, all or nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

from crm.deals.models import Deal
from crm.errors import Invalid
from crm.organizations.models import Membership
from crm.pipelines.models import Stage
from crm.tasks.models import Task, add_task


def update_deal(
    deal: Deal,
    *,
    by: Membership,
    version: int | None = None,
    report: tuple[str, str] | None = None,
    done: int | None = None,
    step: tuple[str, date] | None = None,
    stage: Stage | None = None,
    filled: dict[str, Any] | None = None,
) -> None:
    """Logs the `report` (kind, text), finishes the task `done`, adds the next `step` (title, day), enters the `stage`.

    Raises Invalid when there is nothing of it, Stale for another version, and what the verbs of each part raise.
    """
    deal.expect(version)
    if not (report or done or step or stage):
        raise Invalid("Say what happened, choose a next step, or move the deal.")
    if report:
        deal.log(*report, by=by)
    if done:
        task_on(deal, done).complete(by=by)
    if step:
        add_task(deal, *step, by=by)
    if stage:
        deal.move_to(stage, by=by, filled=filled)


def task_on(deal: Deal, task_id: int) -> Task:
    """Raises Invalid for a task that isn't on this deal, or is gone."""
    found = next((task for task in deal.tasks if task.id == task_id), None)
    if found is None:
        raise Invalid("This task is not here any more.", field="done")
    return found
