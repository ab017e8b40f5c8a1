"""What people type into a timeline."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from crm.forms import Form, WholeField
from crm.timeline.models import LONGEST_TEXT


class Note(TextAreaField):
    """Several lines of text: as typed but for the ends, None when empty."""

    def __init__(self, label: Any = None, *, longest: int = LONGEST_TEXT, validators: Any = (), **kwargs: Any) -> None:
        words = Length(max=longest, message=lazy_gettext("Use at most %(max)d characters."))
        super().__init__(label, validators=[*validators, words], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (valuelist[0] if valuelist else "").replace("\x00", "").replace("\r\n", "\n").strip()
        self.data = text or None


class ComposerForm(Form):
    """A note, call, e-mail or meeting. `step` is the days until the next step, None without one.

    `Recorded.log` holds the rules: form.saved_by(record.log, form.kind.data, form.text.data or "", by=member).
    """

    kind = StringField(default="comment")
    text = Note()
    step = WholeField()

    @property
    def said(self) -> list[str]:
        """All that is at fault, for the one place under the text."""
        return [str(words) for field in self for words in field.errors] + [str(words) for words in self.form_errors]
