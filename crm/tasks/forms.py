"""Tasks on a deal."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from crm.database import db
from crm.forms import ChoiceField, DayField, Form, Line, WholeField
from crm.organizations.queries import members_of
from crm.sessions import current


class TaskForm(Form):
    """What to do, by when, and who does it."""

    title = Line(_l("What to do"), validators=[DataRequired(_l("Say what to do."))])
    due_on = DayField(_l("Due"), validators=[DataRequired(_l("Choose today or a later day."))])
    assignee_id = ChoiceField(_l("Who"), coerce=int)
    version = WholeField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        people = db.session.scalars(members_of(current.member)).all()
        self.assignee_id.choices = [(one.user_id, one.name) for one in people]

    def values(self) -> dict[str, Any]:
        return {"title": self.title.data, "due_on": self.due_on.data, "assignee_id": self.assignee_id.data}


def follow_up(kind: str | None) -> str:
    """What the next step is called when only its day was chosen."""
    words = {"call": gettext("Call again"), "email": gettext("Check for an answer"), "meeting": gettext("Follow up")}
    return str(words.get(kind or "", gettext("Follow up")))
