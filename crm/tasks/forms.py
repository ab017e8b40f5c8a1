"""Tasks on a deal."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from crm.database import db
from crm.deals.models import Deal
from crm.forms import ChoiceField, DayField, Form, Line, WholeField
from crm.organizations.queries import assignees_of
from crm.sessions import current
from crm.tasks.models import Task


class TaskForm(Form):
    """What to do, by when, and who does it."""

    title = Line(_l("What to do"), validators=[DataRequired(_l("Say what to do."))])
    due_on = DayField(_l("Due"), validators=[DataRequired(_l("Choose today or a later day."))])
    assignee_id = ChoiceField(_l("Who"), coerce=int)
    version = WholeField()

    def __init__(self, deal: Deal, task: Task | None = None, **kwargs: Any) -> None:
        """Offers those who can be given a task on this deal; who has it stays in the list."""
        super().__init__(obj=task, **kwargs)
        people = db.session.scalars(assignees_of(current.member, deal.owner_id))
        known = {task.assignee_id: task.assignee.name} if task else {}
        self.assignee_id.choices = list((known | {one.user_id: one.name for one in people}).items())

    def values(self) -> dict[str, Any]:
        return {"title": self.title.data, "due_on": self.due_on.data, "assignee_id": self.assignee_id.data}


def follow_up(kind: str | None) -> str:
    """What the next step is called when only its day was chosen."""
    words = {"call": gettext("Call again"), "email": gettext("Check for an answer"), "meeting": gettext("Follow up")}
    return str(words.get(kind or "", gettext("Follow up")))
