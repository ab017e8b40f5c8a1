"""How an activity reads: one sentence with who did what, from what to what, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from flask import Flask
from flask_babel import gettext, ngettext
from markupsafe import Markup

from crm.sessions import current
from crm.timeline.models import POSTED, Activity
from crm.timeline.wording import MARKS, SENTENCES, field_name, status_name
from crm.words import day, day_heading, money

LONGEST_VALUE = 60
People = Mapping[int, str]
Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Sentence:
    """The line with its mark; `text` is what the person wrote."""

    line: Markup
    icon: str
    color: str
    text: str


class Parts(dict[str, Any]):
    """What a sentence speaks of; what an old payload lacks is left out."""

    def __missing__(self, key: str) -> str:
        return ""


def sentence_of(activity: Activity, people: People) -> Sentence:
    """The activity in words. `people` has the names of the users that its payload speaks of."""
    kind = kind_of(activity)
    parts = parts_of(kind, activity.payload, people)
    parts["who"] = strong(activity.actor.name if activity.actor else gettext("The system"))
    words = SENTENCES.get(" ".join([kind, *turn_of(kind, parts)]), SENTENCES["anything"])
    icon, color = MARKS.get(kind, ("history", ""))
    text = str(activity.payload.get("text") or "") if kind in POSTED else ""
    return Sentence(Markup(str(words)) % parts, icon, color, text)  # noqa: S704 - the words are ours, parts are escaped


def kind_of(activity: Activity) -> str:
    """The activity's type; of the system's own the event, of a closing how it ended."""
    if activity.type == "system":
        return str(activity.payload.get("event"))
    closed = activity.payload.get("new_status")
    return closed if activity.type == "status_changed" and closed in ("won", "lost") else activity.type


def turn_of(kind: str, parts: Parts) -> list[str]:
    """Which turn of the kind's sentence fits what is known."""
    if kind in ("edited", "amount_changed", "owner_changed", "close_date_changed"):
        turns = {"several": parts["fields"], "set": not parts["old"], "removed": not parts["new"]}
    elif kind == "tagged":
        turns = {"both": parts["added"] and parts["removed"], "removed": parts["removed"]}
    elif kind == "snoozed":
        turns = {"removed": not parts["until"]}
    else:
        turns = {"after": parts["days"], "by": kind.startswith("task_c") and parts["due_on"], "from": parts["file"]}
    return [turn for turn, fits in turns.items() if fits][:1]


def parts_of(kind: str, payload: Payload, people: People) -> Parts:
    """The payload's values as they read on screen: what is new in bold, an old amount struck through."""
    if kind == "edited":
        return edited(payload.get("changed") or {})
    if kind == "tagged":
        names = {way: ", ".join(payload.get(way) or ()) for way in ("added", "removed")}
        return Parts((way, strong(name)) for way, name in names.items() if name)
    parts = Parts(payload)
    parts |= {name: strong(payload[name]) for name in ("stage", "new_stage") if name in payload}
    parts["days"] = ngettext("%(num)s day", "%(num)s days", payload["days"]) if payload.get("days") else ""
    parts |= {name: shown_day(payload.get(name)) for name in ("due_on", "until")}
    parts |= {"old_status": status_name(parts["old_status"]), "new_status": strong(status_name(parts["new_status"]))}
    parts |= replaced(kind, payload, people)
    return parts


def replaced(kind: str, payload: Payload, people: People) -> Parts:
    """Old and new as amounts, days or people."""
    parts = Parts(old="", new="")
    for name in ("old", "new"):
        value = payload.get(name)
        if value is None:
            continue
        if kind == "amount_changed":
            was = payload.get("old_currency") if name == "old" else None
            parts[name] = shown_amount(value, was or payload.get("currency"))
        elif kind == "owner_changed":
            parts[name] = people.get(value, gettext("someone"))
        else:
            parts[name] = shown_day(value)
    return marked(parts, strike=kind == "amount_changed")


def edited(changed: Mapping[str, Any]) -> Parts:
    """One field with its values when they are short, else the names of all."""
    names = [field_name(field) for field in changed]
    if len(changed) != 1:
        return Parts(fields=", ".join(names))
    ((field, (old, new)),) = changed.items()
    if field.endswith("_id") or max(len(str(old)), len(str(new))) > LONGEST_VALUE:
        return Parts(fields=names[0])
    return marked(Parts(field=names[0], old=old or "", new=new or ""))


def marked(parts: Parts, *, strike: bool = False) -> Parts:
    old, new = parts["old"], parts["new"]
    return Parts(parts, old=struck(old) if strike and old else old, new=strong(new) if new else "")


def strong(value: object) -> Markup:
    return Markup("<b>{}</b>").format(value)


def struck(value: object) -> Markup:
    return Markup("<s>{}</s>").format(value)


def shown_amount(value: Any, currency: str | None) -> str:
    """Money in the currency that the activity speaks of, else the organization's."""
    try:
        return money(Decimal(str(value)), currency or current.member.organization.currency)
    except InvalidOperation:
        return str(value)


def shown_day(value: Any) -> str:
    try:
        return day(date.fromisoformat(str(value))) if value else ""
    except ValueError:
        return str(value)


def by_day(activities: Iterable[Activity]) -> list[tuple[str, list[Activity]]]:
    """Activities under their days, in the order in which they come."""
    days = groupby(activities, key=lambda activity: day_heading(activity.created_at))
    return [(heading, list(rows)) for heading, rows in days]


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(sentence_of=sentence_of, by_day=by_day, status_name=status_name)
    app.jinja_env.filters["status_name"] = status_name
