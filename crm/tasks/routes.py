"""Tasks on a deal: add, done, change, delete; and reports, which may bring the next one."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from crm.database import db
from crm.deals.models import Deal
from crm.deals.pages import answer, record_context
from crm.deals.queries import deal_of, deal_to_change
from crm.hypermedia import is_fragment, one_or_404, render
from crm.sessions import current
from crm.tasks.forms import TaskForm, follow_up
from crm.tasks.models import NOT_YOUR_DEAL, Task, add_task
from crm.tasks.queries import task_of
from crm.tenancy import names, requires
from crm.timeline.forms import ComposerForm

LATEST_STEP = 366

tasks = Blueprint("tasks", __name__)
names("task_id", task_of)


@tasks.route("/deals/<int:deal_id>/tasks", methods=["GET", "POST"])
@requires("tasks.create")
def add(deal_id: int) -> ResponseReturnValue:
    """The short form, and what it sends."""
    deal = one_or_404(deal_of(current.member, deal_id))
    current.member.must("tasks.create", deal, words=NOT_YOUR_DEAL)
    form = TaskForm(deal, assignee_id=current.member.user_id, due_on=current.member.today())
    if form.saved_by(lambda: add_task(deal, by=current.member, **form.values())):
        db.session.commit()
        return answer(deal)
    home = url_for("tasks.add", deal_id=deal.id)
    return render(
        "tasks/edit.html", fragment="tasks/_form.html", status=form.http_status, deal=deal, form=form, action=home
    )


@tasks.post("/tasks/<int:task_id>/done")
@requires("records.edit")
def done(task_id: int) -> ResponseReturnValue:
    """The round check: done, or not done after all."""
    task = one_or_404(task_of(current.member, task_id))
    if request.form.get("done") == "1":
        task.complete(by=current.member)
    else:
        task.reopen(by=current.member)
    db.session.commit()
    return answer(task.deal)


@tasks.route("/tasks/<int:task_id>/edit", methods=["GET", "POST"])
@requires("records.edit")
def edit(task_id: int) -> ResponseReturnValue:
    task = one_or_404(task_of(current.member, task_id))
    task.allow(current.member)
    form = TaskForm(task.deal, task)
    if form.saved_by(lambda: task.change(form.values(), by=current.member, version=form.version.data)):
        db.session.commit()
        return answer(task.deal)
    home = url_for("tasks.edit", task_id=task.id)
    context = {"deal": task.deal, "form": form, "action": home, "task": task}
    return render("tasks/edit.html", fragment="tasks/_form.html", status=form.http_status, **context)


@tasks.post("/tasks/<int:task_id>/delete")
@requires("records.edit")
def delete(task_id: int) -> ResponseReturnValue:
    task = one_or_404(task_of(current.member, task_id))
    deal = task.deal
    task.delete(by=current.member)
    db.session.commit()
    return answer(deal)


@tasks.post("/deals/<int:deal_id>/activities")
@requires("activities.create")
def report(deal_id: int) -> ResponseReturnValue:
    """A note, call, e-mail or meeting, and the next step if a day was chosen."""
    deal = one_or_404(deal_to_change(current.member, deal_id))
    form = ComposerForm()
    if form.saved_by(lambda: reported(deal, form)):
        db.session.commit()
        return answer(deal, "tasks/reported.html", composer=None)
    context = record_context(deal) | {"composer": form, "oob": is_fragment()}
    return render("deals/show.html", fragment="timeline/_composer.html", status=form.http_status, **context)


def reported(deal: Deal, form: ComposerForm) -> Task | None:
    """The report, and the next step in so many days of the reader's."""
    deal.log(form.kind.data or "", form.text.data or "", by=current.member)
    if not form.step.data:
        return None
    day = current.member.today() + timedelta(days=min(form.step.data, LATEST_STEP))
    return add_task(deal, follow_up(form.kind.data), day, by=current.member)
