"""What the fields of contacts and companies may hold: read as people type it, kept in one form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from crm.errors import Invalid

STATUSES = ("new", "in_work", "stuck", "closed", "dead")
LENGTHS = {
    "name": 200,
    "position": 120,
    "email": 254,
    "phone": 40,
    "domain": 200,
    "industry": 80,
    "city": 120,
    "note": 10_000,
}
DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_](?:[\w-]{0,61}[^\W_])?")
PHONE_SIGNS = set(" ()-./+#*,;x")


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in the form in which they are kept; empty text is None. Raises Invalid at the field."""
    kept = dict(values)
    for name in values.keys() & LENGTHS.keys():
        text = (values[name] or "").replace("\x00", "").strip()
        if len(text) > LENGTHS[name]:
            raise Invalid("Use at most %(longest)s characters.", field=name, longest=LENGTHS[name])
        kept[name] = FORMS.get(name, str)(text) or None if text else None
    if "name" in kept and not kept["name"]:
        raise Invalid("Type a name.", field="name")
    if kept.get("status", STATUSES[0]) not in STATUSES:
        raise Invalid("Choose one from the list.", field="status")
    return kept


def tidy(text: str | None) -> str:
    """One line without what no name contains."""
    return " ".join((text or "").replace("\x00", "").split())


def email(text: str) -> str:
    """The address with its domain in small letters. No server is asked."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise Invalid("Write an e-mail such as anna@brandt.example.", field="email") from None


def phone(text: str) -> str:
    """With a + in front a possible number in international form, else as it was typed."""
    if not text.startswith("+"):
        return local_phone(text)
    words = "Write the number with its country code, such as +49 421 555 00 18."
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        raise Invalid(words, field="phone") from None
    if not phonenumbers.is_possible_number(number):
        raise Invalid(words, field="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)[: LENGTHS["phone"]]


def local_phone(text: str) -> str:
    if any(sign.isdigit() for sign in text) and all(sign.isdigit() or sign in PHONE_SIGNS for sign in text):
        return text
    raise Invalid("Use digits, spaces and the signs + - ( ) / only.", field="phone")


def domain(text: str) -> str:
    """The bare domain in small letters, also of a whole address."""
    bare = re.sub(r"^[a-z]+://", "", text.lower()).partition("/")[0]
    if not DOMAIN.fullmatch(bare):
        raise Invalid("Write a domain such as brandt.example.", field="domain")
    return bare


FORMS: dict[str, Callable[[str], str]] = {"email": email, "phone": phone, "domain": domain}
