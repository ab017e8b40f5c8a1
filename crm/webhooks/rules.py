"""What an endpoint may be: its address, its types, its description."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from crm.errors import Invalid
from crm.webhooks.addresses import LONGEST_URL, BadAddress, target_of

__all__ = ["LONGEST_DESCRIPTION", "LONGEST_URL", "check_endpoint"]

LONGEST_DESCRIPTION = 200


def check_endpoint(values: dict[str, Any], known: Collection[str], *, private: bool = False) -> None:
    """Raises Invalid at the field. Where a name leads is asked at each sending, not here."""
    if "url" in values:
        check_url(values["url"], private=private)
    types = values.get("event_types") or ()
    if unknown := sorted(set(types) - set(known)):
        raise Invalid("There is no such event: %(name)s", field="event_types", name=", ".join(unknown))
    if len(set(types)) < len(types):
        raise Invalid("Name each event once.", field="event_types")
    if len(values.get("description") or "") > LONGEST_DESCRIPTION:
        raise Invalid("Use at most %(longest)s characters.", field="description", longest=LONGEST_DESCRIPTION)


def check_url(url: str | None, *, private: bool) -> None:
    try:
        target_of(url or "", private=private)
    except BadAddress as error:
        raise Invalid(str(error), field="url") from None
