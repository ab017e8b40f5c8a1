"""Tasks by program."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Select
from sqlalchemy.orm import lazyload

from crm.api.calls import if_match, named_here, referred, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Day, Filter, Id, Line, Page, Paged, Versioned, optional
from crm.deals.queries import deal_of
from crm.errors import Invalid
from crm.hypermedia import one_or_404
from crm.organizations.queries import active_member
from crm.sessions import current
from crm.tasks.models import Task, add_task
from crm.tasks.queries import task_of, tasks_of
from crm.tasks.shown import TaskShown
from crm.tenancy import names

tasks = Endpoints("tasks")
names("task_id", task_of)
ORDERS: dict[str, Any] = {"due_date": Task.__table__.c.due_on, "created_at": Task.__table__.c.created_at}


class TaskQuery(Paged):
    deal_id: Filter | None = None
    assignee_id: Filter | None = Field(None, description="A user's id.")
    only_open: bool = Field(False, description="Leaves out what is done.")
    due_before: Day | None = Field(None, description="That day included.", examples=["2026-12-31"])
    due_after: Day | None = Field(None, description="That day included.", examples=["2026-12-01"])
    order_by: Literal["due_date", "created_at"] = "due_date"
    order: Literal["asc", "desc"] = "asc"


class TaskFields(Versioned):
    """What a task holds. Whose it is and where stays when left out."""

    title: Line = Field(max_length=200, examples=["Send the offer"])
    due_date: Day = Field(description="Today or later, by the user's own calendar.", examples=["2031-12-31"])
    deal_id: Id = optional(description="A task stays with its deal.", examples=[17])
    assignee_id: Id = optional(description="A user's id; the own one when left out.", examples=[5])
    is_done: bool = False


class NewTask(TaskFields):
    deal_id: Id = Field(examples=[17])


class TaskChange(TaskFields):
    title: Line = optional(max_length=200, examples=["Send the offer"])
    due_date: Day = optional(description="Today or later.", examples=["2031-12-31"])


@tasks.get("/tasks", "records.view", gives=Page[TaskShown])
def index(query: TaskQuery) -> Any:
    """List tasks."""
    return page_of(asked_for(query), query, ORDERS, Task.id, told=True)


def asked_for(query: TaskQuery) -> Select[Task]:
    found = tasks_of(current.member).options(lazyload(Task.assignee))
    for name in ("deal_id", "assignee_id"):
        if (wanted := getattr(query, name)) is not None:
            found = found.where(getattr(Task, name) == wanted)
    if query.only_open:
        found = found.where(Task.done_at.is_(None))
    if query.due_before is not None:
        found = found.where(Task.due_on <= query.due_before)
    return found if query.due_after is None else found.where(Task.due_on >= query.due_after)


@tasks.post("/tasks", "tasks.create", gives=TaskShown)
def add(body: NewTask) -> Any:
    """Add a task to a deal: members to their own deals only."""
    deal = referred(deal_of(current.member, body.deal_id), "deal_id", "No such deal.")
    values = checked(body.given("deal_id", "is_done"))
    with named_here(due_on="due_date"):
        task = add_task(deal, by=current.member, **values)
    if body.is_done:
        task.complete(by=current.member)
    return saved(task)


def checked(values: dict[str, Any], task: Task | None = None) -> dict[str, Any]:
    """The values by the names of the verbs. Raises Invalid at the field of what is not there."""
    if (due_date := values.pop("due_date", None)) is not None:
        values["due_on"] = due_date
    if values.get("assignee_id", current.member.user_id) not in (current.member.user_id, task and task.assignee_id):
        referred(active_member(current.member, values["assignee_id"]), "assignee_id", "No such user.")
    if task and values.pop("deal_id", task.deal_id) != task.deal_id:
        raise Invalid("A task stays with its deal.", field="deal_id")
    return values


@tasks.get("/tasks/<int:task_id>", "records.view", gives=TaskShown)
def show(task_id: int) -> Task:
    """Get a task."""
    return one_or_404(task_of(current.member, task_id))


@tasks.put("/tasks/<int:task_id>", "records.edit", gives=TaskShown, shows=show)
def replace(task_id: int, body: TaskFields) -> Any:
    """Set title, day and whether it is done; who does it stays when left out."""
    left_out = {"deal_id", "assignee_id"} - body.model_fields_set
    return changed(task_id, body.full(*left_out), body.version)


@tasks.patch("/tasks/<int:task_id>", "records.edit", gives=TaskShown, shows=show)
def change(task_id: int, body: TaskChange) -> Any:
    """Change some of it. `is_done` completes a task, or opens it again."""
    return changed(task_id, body.given(), body.version)


def changed(task_id: int, values: dict[str, Any], version: int | None) -> Any:
    task = show(task_id)
    task.allow(current.member)
    done = values.pop("is_done", task.is_done)
    with named_here(due_on="due_date"):
        task.change(checked(values, task), by=current.member, version=version)
    if done != task.is_done:
        (task.complete if done else task.reopen)(by=current.member)
    return saved(task)


@tasks.delete("/tasks/<int:task_id>", "records.edit", shows=show)
def delete(task_id: int) -> Any:
    """Delete a task; the deal's timeline keeps that there was one."""
    task = show(task_id)
    task.expect(if_match())
    task.delete(by=current.member)
    return saved(None)
