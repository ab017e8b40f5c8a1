"""What a board's filters, orders and groupings are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from crm.board.choices import Choices
from crm.board.filters import ME, Filter
from crm.words import day, money


@dataclass(frozen=True)
class Chip:
    """A filter that is set: its name, its value, and the board without it."""

    name: str
    value: str
    without: Filter


def groups() -> dict[str, str]:
    return {"stage": _("Stages"), "owner": _("People"), "month": _("Months")}


def sorts() -> dict[str, str]:
    return {"order": _("Own order"), "next_step": _("Next step"), "amount": _("Amount"), "age": _("Age")}


def periods() -> dict[str, str]:
    return {
        "": _("Any time"),
        "week": _("This week"),
        "month": _("This month"),
        "next_month": _("Next month"),
        "overdue": _("Overdue"),
        "none": _("No close date"),
    }


def wording(shown: Filter, choices: Choices, currency: str) -> dict[str, Any]:
    """For the page: chips by what they filter, and the words of all that can be chosen from a few."""
    return {
        "chips": dict(chips(shown, choices, currency)),
        "sorts": sorts(),
        "groups": groups(),
        "periods": periods(),
    }


def chips(shown: Filter, choices: Choices, currency: str) -> Iterator[tuple[str, Chip]]:
    """Those that are set, in the order of the sheet."""
    if shown.owner_ids:
        others = named(choices.named("everybody", [one for one in shown.owner_ids if one != ME]), _("somebody else"))
        mine = [_("Mine")] if ME in shown.owner_ids else []
        yield "owner", Chip(_("Owner"), ", ".join(mine + others), shown.but(owner_ids=()))
    if shown.team_ids:
        teams = named(choices.named("teams", shown.team_ids), _("another team"))
        yield "team", Chip(_("Team"), ", ".join(teams), shown.but(team_ids=()))
    if shown.tag_ids:
        tags = named(choices.named("tags", shown.tag_ids), _("another tag"))
        yield "tag", Chip(_("Tag"), ", ".join(tags), shown.but(tag_ids=()))
    if shown.least is not None or shown.most is not None:
        low, high = (None if one is None else money(one, currency) for one in (shown.least, shown.most))
        yield "amount", Chip(_("Amount"), between(low, high), shown.but(least=None, most=None))
    if closing := [word for word in (closing_period(shown), closing_days(shown)) if word]:
        without = shown.but(closes="", closes_from=None, closes_to=None)
        yield "closes", Chip(_("Closes"), ", ".join(closing), without)


def closing_period(shown: Filter) -> str:
    return periods()[shown.closes] if shown.closes else ""


def closing_days(shown: Filter) -> str:
    first, last = (None if one is None else day(one) for one in (shown.closes_from, shown.closes_to))
    return between(first, last)


def between(low: str | None, high: str | None) -> str:
    """From 5 to 10, from 5 on, up to 10."""
    if low and high:
        return f"{low} – {high}"
    if low:
        return str(_("from %(least)s", least=low))
    return str(_("up to %(most)s", most=high)) if high else ""


def named(names: list[str | None], unknown: str) -> list[str]:
    """Their names; what isn't there is named once."""
    return [one for one in names if one] + [unknown] * (None in names)
