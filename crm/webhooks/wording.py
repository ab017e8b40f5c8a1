"""How webhooks read on screen: names of events, and how an endpoint and a delivery are doing, with a colour."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from crm.webhooks.models import WebhookDelivery, WebhookEndpoint
from crm.words import clock, day, here

EVENT_NAMES = {
    "comment": _l("Note"),
    "call": _l("Call"),
    "email": _l("E-mail"),
    "meeting": _l("Meeting"),
    "deal_created": _l("Deal created"),
    "status_changed": _l("Status changed"),
    "stage_changed": _l("Stage changed"),
    "amount_changed": _l("Amount changed"),
    "owner_changed": _l("Owner changed"),
    "close_date_changed": _l("Close date changed"),
    "task_created": _l("Task created"),
    "task_done": _l("Task done"),
    "task_reopened": _l("Task reopened"),
    "merged": _l("Records merged"),
    "imported": _l("Imported"),
    "system": _l("Any other change"),
}
STATE_NAMES = {"waiting": _l("Waiting"), "delivered": _l("Delivered"), "failed": _l("Failed")}
COLOURS = {"waiting": "sky", "delivered": "green", "failed": "red"}


def event_name(type: str) -> str:
    return str(EVENT_NAMES.get(type, gettext("Test")))


def standing(endpoint: WebhookEndpoint) -> tuple[str, str]:
    """A colour, and how it is doing."""
    if not endpoint.enabled:
        return "slate", gettext("Switched off")
    if endpoint.failing_since:
        return "orange", gettext("Failing since %(when)s", when=at(endpoint.failing_since))
    return "green", gettext("On")


def fate(delivery: WebhookDelivery) -> tuple[str, str]:
    """A colour, and what became of the message."""
    if delivery.state == "waiting" and delivery.attempts and delivery.next_attempt_at:
        return "orange", gettext("Next try %(when)s", when=at(delivery.next_attempt_at))
    return COLOURS[delivery.state], str(STATE_NAMES[delivery.state])


def outcome(delivery: WebhookDelivery) -> str:
    """The last answer's status, or why there was none."""
    return str(delivery.status_code or delivery.error or "")


def at(moment: datetime) -> str:
    """Day and time on the reader's wall."""
    return f"{day(here(moment).date())}, {clock(moment)}"


def spread(payload: Any) -> str:
    """JSON, line by line."""
    return json.dumps(payload, indent=2, ensure_ascii=False)
