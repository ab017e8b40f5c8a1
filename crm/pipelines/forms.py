"""A pipeline's name, and all that can be said of a stage."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectMultipleField
from wtforms.validators import DataRequired, InputRequired, ValidationError

from crm.forms import Line, WholeField
from crm.pipelines.models import LONGEST_PIPELINE, LONGEST_STAGE, Stage
from crm.versioned import VersionedForm

COLOUR_NAMES = {
    "slate": _l("Slate"),
    "teal": _l("Teal"),
    "sky": _l("Sky"),
    "blue": _l("Blue"),
    "plum": _l("Plum"),
    "rose": _l("Rose"),
    "red": _l("Red"),
    "orange": _l("Orange"),
    "gold": _l("Gold"),
    "green": _l("Green"),
}
REQUIRABLE_NAMES = {
    "amount": _l("Amount"),
    "expected_close_date": _l("Close date"),
    "contact_id": _l("Contact"),
    "company_id": _l("Company"),
}
STRICT_NAMES = {"show": _l("Show it"), "refuse": _l("Refuse more deals")}


def strictness(value: Any) -> str:
    """How the form says wip_strict."""
    return "refuse" if value in (True, "refuse") else "show"


class OneOf(RadioField):
    """Radios for the keys of `names`. The error asks for a choice instead of naming the value."""

    def __init__(self, label: Any, names: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.names, self.choices = names, list(names.items())

    def pre_validate(self, form: Any) -> None:
        if self.data not in self.names:
            raise ValidationError(gettext("Choose one of these."))


class AnyOf(SelectMultipleField):
    """Check boxes, the same."""

    def __init__(self, label: Any, names: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.names, self.choices = names, list(names.items())

    def pre_validate(self, form: Any) -> None:
        if set(self.data or ()) - set(self.names):
            raise ValidationError(gettext("Choose from these."))


class PipelineForm(VersionedForm):
    """A pipeline's name."""

    name = Line(_l("Name"), longest=LONGEST_PIPELINE, validators=[DataRequired(_l("Give the pipeline a name."))])


class ClosingForm(VersionedForm):
    """Won and lost stages: their kind, colour and chance are fixed."""

    name = Line(_l("Name"), longest=LONGEST_STAGE, validators=[DataRequired(_l("Give the stage a name."))])

    def values(self) -> dict[str, Any]:
        return {"name": self.name.data}


class StageForm(ClosingForm):
    """An open stage. What the numbers may be is the verb's to say."""

    probability = WholeField(_l("Chance to win"), validators=[InputRequired(_l("Type a number from 0 to 100."))])
    rots_after = WholeField(_l("Rots after"))
    wip_limit = WholeField(_l("Limit of deals"))
    color = OneOf(_l("Colour"), COLOUR_NAMES, default="slate")
    wip_strict = OneOf(_l("When the limit is reached"), STRICT_NAMES, coerce=strictness, default=False)
    required = AnyOf(_l("Must be filled"), REQUIRABLE_NAMES)

    def values(self) -> dict[str, Any]:
        names = ("name", "probability", "rots_after", "wip_limit", "color", "required")
        return {name: self[name].data for name in names} | {"wip_strict": self.wip_strict.data == "refuse"}

    def stored(self, name: str) -> Any:
        value = super().stored(name)
        return strictness(value) if name == "wip_strict" else value


def form_for(stage: Stage) -> StageForm | ClosingForm:
    return StageForm(stage) if stage.is_open else ClosingForm(stage)
