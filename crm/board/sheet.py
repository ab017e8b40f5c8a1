"""The quick update sheet: what it shows of a deal, and what it may say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.board.forms import MoveForm
from crm.deals.models import Deal
from crm.deals.months import month_after
from crm.errors import Conflict, Forbidden, Invalid, Refused
from crm.forms import ChoiceField, DayField, Form, Line, WholeField
from crm.pipelines.models import Pipeline, Stage
from crm.sessions import current
from crm.tasks.forms import follow_up
from crm.tasks.models import Task
from crm.timeline.forms import Note

KINDS = [("comment", _l("Note")), ("call", _l("Call")), ("email", _l("E-mail")), ("meeting", _l("Meeting"))]
OUTCOMES = [
    ("reached", _l("Reached")),
    ("no_answer", _l("No answer")),
    ("voicemail", _l("Voicemail")),
    ("wrong_number", _l("Wrong number")),
]
STEPS = [("", _l("None")), ("1", _l("+1 day")), ("3", _l("+3 days")), ("7", _l("+1 week")), ("date", _l("On a day"))]


class UpdateForm(MoveForm):
    """What happened, whether the next step is done, when the one after it is, and the stage; any of it."""

    catches = (Invalid, Conflict, Forbidden)
    kind = ChoiceField(_l("What happened?"), default="comment")
    outcome = ChoiceField(_l("Outcome"), default="reached")
    text = Note(_l("Text"))
    done = WholeField(_l("Done"))
    step = ChoiceField(_l("Next step"), default="")
    step_title = Line(_l("What to do"))
    step_on = DayField(_l("Day"))

    def __init__(self, deal: Deal | None, **kwargs: Any) -> None:
        super().__init__(deal, **kwargs)
        self.kind.choices, self.outcome.choices, self.step.choices = KINDS, OUTCOMES, STEPS

    def values(self) -> dict[str, Any]:
        """The keyword arguments of `update_deal`. Raises Invalid for a step without its day."""
        left = self.deal.stage_id
        goes = self.stage if self.stage_id.data and self.stage_id.data != left else None
        parts = {"report": self.report(), "done": self.done.data, "step": self.next_step(), "stage": goes}
        return parts | {"version": self.version.data, "filled": self.filled()}

    def report(self) -> tuple[str, str] | None:
        """Kind and text; a call is told by its outcome too, a note by its text alone."""
        kind, text = self.kind.data or "comment", self.text.data or ""
        if kind == "call":
            text = ". ".join(filter(None, (str(dict(OUTCOMES)[self.outcome.data or "reached"]), text)))
        return (kind, text) if text or kind != "comment" else None

    def next_step(self) -> tuple[str, date] | None:
        """Title and day: so many days from the person's today, or the chosen one."""
        if not self.step.data:
            if self.step_title.data:
                raise Invalid("Choose when to do it.", field="step")
            return None
        title = self.step_title.data or follow_up(self.kind.data)
        if self.step.data != "date":
            return title, current.member.today() + timedelta(days=int(self.step.data))
        if self.step_on.data is None:
            raise Invalid("Choose today or a later day.", field="step_on")
        return title, self.step_on.data

    def refuse(self, error: Refused) -> None:
        """The verbs speak of a task's title and day."""
        names = {"title": "step_title", "due_on": "step_on"}
        error.errors = {names.get(name, name): words for name, words in error.errors.items()}
        super().refuse(error)


class SnoozeForm(Form):
    """How long a deal is left in peace."""

    catches = (Invalid, Conflict)
    version = WholeField()
    pick = ChoiceField(_l("Until"), default="date")
    until = DayField(_l("Day"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pick.choices = [(one, one) for one in (*self.offers, "date", "wake")]

    @property
    def offers(self) -> dict[str, date]:
        """Days counted from the person's today; in a month is the same day of it, or its last."""
        today = current.member.today()
        return {"day": today + timedelta(days=1), "week": today + timedelta(days=7), "month": month_after(today)}

    def day(self) -> date | None:
        """The chosen one; None wakes the deal."""
        if self.pick.data == "wake":
            return None
        until: date | None = self.offers.get(self.pick.data, self.until.data)
        if until is None:
            raise Invalid("Choose a day after today.", field="until")
        return until


@dataclass
class Sheet:
    """What the sheet shows. A blank one is filled by the board's script from the card that was tapped."""

    form: UpdateForm
    stages: list[Stage]
    id: int = 0
    deal: Deal | None = None
    step: Task | None = None

    @classmethod
    def of(cls, deal: Deal, form: UpdateForm) -> Sheet:
        step = next((task for task in deal.tasks if not task.is_done), None)
        return cls(form, deal.stage.pipeline.stages, deal.id, deal, step)

    @classmethod
    def blank(cls, pipeline: Pipeline) -> Sheet:
        return cls(UpdateForm(None, formdata=None), pipeline.stages)

    @property
    def chosen(self) -> int | None:
        """The stage that is preset: the chosen one, else where the deal stands."""
        number: int | None = self.form.stage_id.data or (self.deal.stage_id if self.deal else None)
        return number

    def is_closed_to(self, stage: Stage) -> bool:
        """Whether this person can't move the deal there: it would be a move back."""
        if self.deal is None or current.member.may("deals.move_back") or stage.id == self.deal.stage_id:
            return False
        return stage.is_open and (self.deal.is_closed or stage.position < self.deal.stage.position)
