"""What all forms share: the tenant's and the token's hidden fields, and verbs that refuse at a field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from sqlalchemy.exc import SQLAlchemyError
from wtforms import DateField, Field, IntegerField, SelectField, StringField
from wtforms.validators import Length, ValidationError

from crm.database import db
from crm.errors import Invalid, Refused


class Form(FlaskForm):  # type: ignore[misc]
    """Fields that know their words. `saved_by` runs a verb and puts what it refuses at the right field."""

    catches: tuple[type[Refused], ...] = (Invalid,)  # add Conflict where a form can show one in its place
    refusal: Refused | None = None

    class Meta:
        csrf = False  # checked for every request, before any form is read

    def saved_by(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """True once the form is valid and the verb has run. Otherwise nothing changed and the errors are set."""
        if not self.validate_on_submit():
            return False
        try:
            verb(*args, **kwargs)
            db.session.flush()
        except self.catches as error:
            db.session.rollback()
            self.refuse(error)
            return False
        except SQLAlchemyError:
            db.session.rollback()
            raise
        return True

    def refuse(self, error: Refused) -> None:
        """Shows the refusal at its fields, or above the form when it has none of them."""
        self.refusal = error
        for name, sentences in (error.errors or {"": [error.message]}).items():
            said = [gettext(sentence) % error.values if error.values else gettext(sentence) for sentence in sentences]
            if name in self._fields:
                self._fields[name].errors = [*self._fields[name].errors, *said]
            else:
                self.form_errors.extend(said)

    @property
    def http_status(self) -> int:
        """400 when fields are at fault; else what the verb's refusal says."""
        if self.refusal is not None:
            return self.refusal.status
        return 400 if self.errors or self.form_errors else 200


class Line(StringField):
    """One line of text: stripped, of limited length, None when empty and not required."""

    def __init__(self, label: Any = None, *, longest: int = 200, validators: Any = (), **kwargs: Any) -> None:
        words = Length(max=longest, message=lazy_gettext("Use at most %(max)d characters."))
        super().__init__(label, validators=[*validators, words], **kwargs)
        self.longest = longest

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = " ".join((valuelist[0] if valuelist else "").replace("\x00", "").split())
        self.data = text or None


class MoneyField(Field):
    """An exact amount with at most two decimals. Understands 84,000.00, 84 000,00 and €84.000."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:,.2f}" if self.data is not None else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if text:
            self.data = amount(text)


class DayField(DateField):
    """A date without any time zone. Empty is None."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                self.data = date.fromisoformat(valuelist[0].strip())
            except ValueError:
                raise ValueError(gettext("Write a date such as 2026-12-31.")) from None


class WholeField(IntegerField):
    """A whole number. Empty is None; the error says what to type."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if text:
            if not (text.isascii() and text.isdecimal() and len(text) < 10):
                raise ValueError(gettext("Type a whole number."))
            self.data = int(text)


class ChoiceField(SelectField):
    """One of some choices; 0 or empty is None. The error asks for a choice instead of naming the value."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        for text in valuelist[:1]:  # when nothing was sent the default stays
            try:
                self.data = self.coerce(text) if text else None
            except ValueError:
                self.data = text  # what no choice has

    def pre_validate(self, form: Any) -> None:
        if self.data is None and any(not value for value, *_ in self.iter_choices()):
            return
        if not any(value == self.data for value, *_ in self.iter_choices()):
            raise ValidationError(gettext("Choose one from the list."))


def amount(text: str) -> Decimal:
    """Reads money as people write it, up to two decimals. Raises ValueError with words for the field."""
    words = gettext("Type an amount such as 1,250.00.")
    bare = "".join(letter for letter in text if letter.isdigit() or letter in ",.-")
    if len(bare) > 25 or any(letter.isalpha() for letter in text):
        raise ValueError(words)
    try:
        number = Decimal(with_point(bare))
        exact = number == round(number, 2)
    except InvalidOperation:
        raise ValueError(words) from None
    if not exact:
        raise ValueError(gettext("Use at most two decimals."))
    return number


def with_point(bare: str) -> str:
    """1.250,5 and 1,250.5 become 1250.5; a lone sign before exactly three digits parts thousands."""
    for sign, other in ((",", "."), (".", ",")):
        head, found, tail = bare.rpartition(sign)
        decimals = len(tail) != 3 or (other in head and sign not in head) or head in ("0", "-0", "")
        if found and other not in tail and decimals:
            return head.replace(",", "").replace(".", "") + "." + tail
    return bare.replace(",", "").replace(".", "")
