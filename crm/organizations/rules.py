"""What the settings of an organization may be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from babel.core import get_global
from babel.numbers import get_territory_currencies

from crm.accounts.models import LANGUAGES
from crm.accounts.zones import zones
from crm.errors import Invalid
from crm.organizations.visibility import VISIBILITIES

LONGEST_NAME = 120
CHOOSE = "Choose one from the list."


@cache
def currencies() -> frozenset[str]:
    """ISO 4217 codes of what is legal tender somewhere today."""
    places = get_global("territory_currencies")
    return frozenset(code for place in places for code in get_territory_currencies(place))


def check_settings(values: Mapping[str, Any]) -> None:
    """Raises Invalid at the field for what no organization can have."""
    if "name" in values:
        check_name(values["name"])
    offered = {"currency": currencies(), "timezone": zones(), "language": LANGUAGES, "visibility": VISIBILITIES}
    for field, choices in offered.items():
        if field in values and values[field] not in choices:
            raise Invalid(CHOOSE, field=field)


def check_name(name: str | None, field: str = "name") -> None:
    """Raises Invalid when there is none, or too much of it."""
    if not (name or "").strip():
        raise Invalid("Give the organization a name.", field=field)
    if len((name or "").strip()) > LONGEST_NAME:
        raise Invalid("Use at most %(longest)s characters.", field=field, longest=LONGEST_NAME)
