"""What the board's address and the move itself may say."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, SelectField, TextAreaField

from crm.board.filters import Filter
from crm.contacts.operations import find_company, find_contact
from crm.database import db
from crm.deals.models import Deal
from crm.errors import Invalid
from crm.forms import DayField, Form, Line, MoneyField, WholeField
from crm.pipelines.models import Stage
from crm.pipelines.queries import lost_reasons_of
from crm.sessions import current


def read_filter(args: MultiDict[str, str]) -> Filter:
    """The filter that an address names; what it can't mean is left out."""
    owner = args.get("owner", "")
    return Filter(
        text=" ".join(args.get("q", "").replace("\x00", "").split())[:100],
        owner_id=int(owner) if owner.isascii() and owner.isdecimal() and len(owner) < 18 else None,
        idle=args.get("next") == "none",
        rotting=args.get("rotting") == "1",
    )


@lru_cache(maxsize=4096)
def query_of(shown: Filter, **other: Any) -> str:
    """The part of an address that says this filter, with "?" in front when there is something to say."""
    pairs = {
        "q": shown.text,
        "owner": shown.owner_id,
        "next": "none" if shown.idle else None,
        "rotting": 1 if shown.rotting else None,
    } | other
    said = urlencode({name: value for name, value in pairs.items() if value})
    return "?" + said if said else ""


class MoveForm(Form):
    """Where a deal goes, and what the stage asks for on the way."""

    stage_id = WholeField()
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

    def __init__(self, deal: Deal, **kwargs: Any) -> None:
        super().__init__(**kwargs)
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
