"""What a move says, and a quick deal."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, TextAreaField

from crm.board.grouping import month_asked
from crm.contacts.operations import find_company, find_contact
from crm.database import db
from crm.deals.models import Deal
from crm.deals.months import close_in
from crm.errors import Invalid
from crm.forms import DayField, Form, Line, MoneyField, WholeField
from crm.organizations.models import Membership
from crm.organizations.queries import active_member
from crm.pipelines.models import Stage
from crm.pipelines.queries import lost_reasons_of
from crm.sessions import current


class MoveForm(Form):
    """Where a deal goes: to a stage, with what that asks for on the way; to a person; or to a month."""

    stage_id = WholeField()
    owner_id = WholeField()
    month = HiddenField()
    before_id = WholeField()
    after_id = WholeField()
    version = WholeField()
    record = HiddenField()
    amount = MoneyField(_l("Amount"))
    expected_close_date = DayField(_l("Expected close"))
    company = Line(_l("Company"))
    contact = Line(_l("Contact"))
    lost_reason_id = SelectField(_l("Why?"), coerce=int, choices=[], validate_choice=False)
    lost_note = TextAreaField(_l("Note"))

    def __init__(self, deal: Deal | None, **kwargs: Any) -> None:
        """Without a deal it is a blank one, only to be shown."""
        super().__init__(**kwargs)
        if deal is not None:
            self.deal = deal

    def offer_reasons(self) -> None:
        """Asks the database for the reasons; most moves don't need them."""
        reasons = db.session.scalars(lost_reasons_of(current.member)).all()
        self.lost_reason_id.choices = [(reason.id, reason.name) for reason in reasons]

    @property
    def stage(self) -> Stage:
        """The stage of the deal's own pipeline. Raises Invalid for any other."""
        for stage in self.deal.stage.pipeline.stages:
            if stage.id == self.stage_id.data:
                return stage
        raise Invalid("That stage is not on this board.", field="stage_id")

    def carry(self, *, by: Membership) -> None:
        """Does what the drop on a column means: the one verb of that kind of column."""
        version = self.version.data
        if self.owner_id.data:
            self.deal.assign(self.receiver(by), by=by, version=version)
        elif self.month.data:
            close_in(self.deal, self.asked_month(by), by=by, version=version)
        else:
            self.deal.move_to(self.stage, by=by, **self.how())

    def receiver(self, by: Membership) -> Membership:
        found = db.session.scalars(active_member(by, self.owner_id.data or 0)).one_or_none()
        if found is None:
            raise Invalid("Choose one from the list.", field="owner_id")
        return found

    def asked_month(self, by: Membership) -> date | None:
        try:
            return month_asked(self.month.data or "", by.today())
        except ValueError:
            raise Invalid("That month is not on this board.", field="month") from None

    def how(self) -> dict[str, Any]:
        """The keyword arguments of `move_to`."""
        return {
            "after": self.after_id.data,
            "before": self.before_id.data,
            "version": self.version.data,
            "filled": self.filled(),
        }

    def filled(self) -> dict[str, Any]:
        """What was typed into the move's dialog."""
        typed = {
            "amount": self.amount.data,
            "expected_close_date": self.expected_close_date.data,
            "lost_reason_id": self.lost_reason_id.data,
            "lost_note": self.lost_note.data,
        }
        for name, find in (("company", find_company), ("contact", find_contact)):
            if self[name].data:
                typed[f"{name}_id"] = getattr(find(db.session(), current.member, self[name].data), "id", None)
        return {name: value for name, value in typed.items() if value}


class QuickAddForm(Form):
    """A deal in two words: its title and whom it is with."""

    title = Line(_l("Title"))
    who = Line(_l("Company"))
    amount = MoneyField(_l("Amount"))
