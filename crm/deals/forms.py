"""The deal's form, whole or one field at a time."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, NumberRange, Optional

from crm.contacts.operations import find_company, find_contact
from crm.contacts.rules import tidy
from crm.database import db
from crm.deals.models import Deal
from crm.forms import ChoiceField, DayField, Form, Line, MoneyField, WholeField
from crm.organizations.queries import members_of
from crm.pipelines.models import Pipeline
from crm.sessions import current

FACTS = ("title", "amount", "company", "contact", "owner_id", "expected_close_date", "probability")


class DealForm(Form):
    """All that a person says of a deal. Company and contact are typed by name."""

    title = Line(_l("Title"), validators=[DataRequired(_l("Give the deal a title."))])
    amount = MoneyField(_l("Amount"))
    company = Line(_l("Company"))
    contact = Line(_l("Contact"))
    owner_id = ChoiceField(_l("Owner"), coerce=int)
    expected_close_date = DayField(_l("Expected close"))
    probability = WholeField(
        _l("Probability"), validators=[Optional(), NumberRange(0, 100, _l("Use a number from 0 to 100."))]
    )
    version = WholeField()

    def __init__(self, deal: Deal | None = None, *, only: str | None = None, **kwargs: Any) -> None:
        self.deal = deal
        super().__init__(**(told_by(deal) if deal else {}) | kwargs)
        for name in FACTS:
            if only and name != only:
                del self[name]
        if "owner_id" in self:
            people = db.session.scalars(members_of(current.member)).all()
            self.owner_id.choices = [(one.user_id, one.name) for one in people]

    def values(self) -> dict[str, Any]:
        """Ready for the verbs. Raises Invalid for a company or contact that isn't there."""
        found = {
            name: self[name].data
            for name in ("title", "amount", "owner_id", "expected_close_date", "probability")
            if name in self
        }
        if "amount" in found:
            found["amount"] = found["amount"] or 0
        for name, find in (("company", find_company), ("contact", find_contact)):
            if name in self:
                found[f"{name}_id"] = self.kept(name) or getattr(
                    find(db.session(), current.member, self[name].data or ""), "id", None
                )
        return found

    def kept(self, name: str) -> int | None:
        """The deal's own company or contact, when the field still names it: it may be out of the person's sight."""
        if self.deal is None or tidy(self[name].data) != (told_by(self.deal)[name] or ""):
            return None
        number: int | None = getattr(self.deal, f"{name}_id")
        return number


class NewDealForm(DealForm):
    """A new deal also says where it starts."""

    stage_id = ChoiceField(_l("Stage"), coerce=int)

    def __init__(self, pipelines: list[Pipeline], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        several = len(pipelines) > 1
        self.stage_id.choices = [
            (stage.id, f"{pipeline.name}: {stage.name}" if several else stage.name)
            for pipeline in pipelines
            for stage in pipeline.open_stages
        ]


def told_by(deal: Deal) -> dict[str, Any]:
    """The fields of a deal, company and contact as a person would type them."""
    contact = deal.contact
    plain = {name: getattr(deal, name) for name in (*FACTS, "version")}
    return plain | {
        "company": deal.company.name if deal.company else None,
        "contact": (contact.email or contact.name) if contact else None,
    }
