"""What the fields may hold."""

from __future__ import annotations

import pytest

from crm.contacts.rules import checked
from crm.errors import Invalid

KEPT = [
    ("phone", "+49 (421) 555-00-18", "+49 421 5550018"),
    ("phone", "0421 / 555-00 18", "0421 / 555-00 18"),
    ("phone", "  ", None),
    ("phone", "+442079460018", "+44 20 7946 0018"),
    ("email", "Anna@BRANDT.example", "Anna@brandt.example"),
    ("email", "łukasz@żółć.example", "łukasz@żółć.example"),
    ("email", None, None),
    ("domain", "HTTPS://www.Brandt.example/contact?x=1", "www.brandt.example"),
    ("domain", "müller.example", "müller.example"),
    ("city", "São\x00 Paulo", "São Paulo"),
]
REFUSED = [
    ("phone", "+1"),
    ("phone", "+00 123456789012345678901234567890"),
    ("phone", "javascript:alert(1)"),
    ("phone", "()"),
    ("email", "anna"),
    ("email", "anna@brandt"),
    ("email", "anna brandt@x.example"),
    ("email", "<anna@brandt.example>"),
    ("domain", "brandt"),
    ("domain", "bra ndt.example"),
    ("domain", "javascript:alert(1)"),
    ("domain", "-x.example"),
    ("domain", "x..example"),
    ("name", ""),
    ("name", "\x00"),
    ("status", "asleep"),
    ("status", None),
]


@pytest.mark.parametrize(("field", "typed", "kept"), KEPT)
def test_is_kept_in_one_form(field: str, typed: str | None, kept: str | None) -> None:
    assert checked({field: typed}) == {field: kept}


@pytest.mark.parametrize(("field", "typed"), REFUSED)
def test_is_refused_at_its_field(field: str, typed: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        checked({field: typed})
    assert field in refused.value.errors
