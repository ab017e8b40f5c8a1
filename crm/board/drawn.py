"""A card as HTML, drawn once for all to whom it looks alike: a board has a hundred, and few change between two looks.

All that a card shows or depends on is an argument of what is kept, so that nothing can be stale or meant for others.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, current_app
from markupsafe import Markup
from sqlalchemy import Row

from crm.assets import asset
from crm.sessions import current
from crm.words import days_since, locale, today

MOST = 8192  # cards that a process keeps: some ten megabytes


class Here(NamedTuple):
    """What the drawing depends on beside the card, alike for all of a board."""

    home: str
    query: str
    group: str
    oob: bool
    locale: str
    today: date
    sprite: str


def drawn(cards: Iterable[Row[Any]], board: tuple[str, str, str, bool]) -> Markup:
    """The cards for the reader, on a board of that home, query and grouping, each alone for htmx or in its column."""
    here, may = Here(*board, locale(), today(), asset("icons.svg")), current.member.may
    draw = draw_anew if current_app.jinja_env.auto_reload else draw_once
    return Markup("\n").join(
        draw(facts(card), may("records.edit", card), days_since(card.stage_entered_at), here) for card in cards
    )


def facts(card: Row[Any]) -> Any:
    """What the row says, as something that can be a key."""
    return shape(card._fields)._make(tuple(map(tuple, one)) if isinstance(one, list) else one for one in card)


@lru_cache
def shape(names: tuple[str, ...]) -> Any:
    return namedtuple("Card", names)


def draw_anew(card: Any, mine: bool, days: int, here: Here) -> Markup:
    """`mine` says whether the reader may change it, `days` how many whole ones it is in its stage."""
    template: Any = current_app.jinja_env.get_template("board/_card.html").module
    html: Markup = template.one(card, mine, days, here)
    return html


draw_once = lru_cache(MOST)(draw_anew)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["drawn"] = drawn
