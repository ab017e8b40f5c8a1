"""How numbers, money, days and people read on screen: in the reader's language and time zone."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal, get_currency_symbol
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_locale, gettext, ngettext
from markupsafe import Markup

from crm.accounts.models import LANGUAGES
from crm.rounding import rounded
from crm.sessions import current

babel = Babel()


def language() -> str:
    """The member's language, else what the browser prefers."""
    if not has_request_context():
        return "en"
    member = g.get("member")
    if member is not None:
        return str(member.user.language)
    return request.accept_languages.best_match(LANGUAGES) or "en"


def locale() -> str:
    """The reader's locale, asked for a hundred times a page and found out once."""
    found = g.get("locale")
    if found is None:
        found = g.locale = str(get_locale() or "en")
    return str(found)


def _(sentence: str, **values: Any) -> Markup:
    """The sentence in the reader's language, its values escaped: quick, for one may stand on forty cards."""
    return translated(sentence, locale()) % values if values else spoken(sentence, locale())


@functools.lru_cache(maxsize=4096)
def translated(sentence: str, where: str) -> Markup:
    return Markup(gettext(sentence))  # noqa: S704 - a sentence of ours or of the translators


@functools.lru_cache(maxsize=4096)
def spoken(sentence: str, where: str) -> Markup:
    """One without values; its %% becomes %."""
    return translated(sentence, where) % ()


def money(amount: Decimal | int | None, currency: str, *, cents: bool = False) -> str:
    """An amount with its currency's sign; whole units on boards and lists, cents where asked."""
    return in_currency(Decimal(amount or 0), currency, cents, locale())


@functools.lru_cache(maxsize=8192)
def in_currency(amount: Decimal, currency: str, cents: bool, where: str) -> str:
    pattern = "¤#,##0.00" if cents else "¤#,##0"
    if not where.startswith("en"):
        pattern = pattern.replace("¤", "") + "\xa0¤"
    return format_currency(rounded(amount, 2 if cents else 0), currency, pattern, locale=where, currency_digits=False)


def symbol(currency: str) -> str:
    return get_currency_symbol(currency, locale=locale())


def count(number: int, most: int | None = None) -> str:
    """A number with its thousands parted; above `most` that one and a plus."""
    if most is not None and number > most:
        return f"{count(most)}+"
    return in_thousands(number, locale())


@functools.lru_cache(maxsize=4096)
def in_thousands(number: int, where: str) -> str:
    return format_decimal(number, locale=where)


def today() -> date:
    """The reader's today."""
    found = g.get("today")
    if found is None:
        found = g.today = current.member.today()
    return cast(date, found)


def day(value: date | None, *, long: bool = False) -> str:
    """26 Nov, or 26 November 2026; the year is told when it isn't this one. Never only digits."""
    if value is None:
        return ""
    skeleton = ("yMMMMd" if long else "yMMMd") if long or value.year != today().year else "MMMd"
    return on_day(value, skeleton, locale())


@functools.lru_cache(maxsize=4096)
def on_day(value: date, skeleton: str, where: str) -> str:
    if where.startswith("en"):
        patterns = {"MMMd": "d MMM", "yMMMd": "d MMM y", "yMMMMd": "d MMMM y", "EMMMd": "EEE d MMM"}
        return format_date(value, patterns[skeleton], locale=where)
    return format_skeleton(skeleton, value, locale=where)


def month(first: date) -> str:
    """November, or January 2027 when it isn't this year."""
    return format_date(first, "LLLL" if first.year == today().year else "LLLL y", locale=locale())


def here(moment: datetime) -> datetime:
    """The moment on the reader's clock."""
    return moment.astimezone(ZoneInfo(current.member.user.timezone))


def clock(moment: datetime) -> str:
    return here(moment).strftime("%H:%M")


def day_heading(moment: datetime) -> str:
    """Today, Yesterday, or the weekday and date: what parts a timeline."""
    on = here(moment).date()
    if on == today():
        return str(_("Today"))
    if on == today() - timedelta(days=1):
        return str(gettext("Yesterday"))
    pattern = "EEEE, d MMMM" if on.year == today().year else "d MMMM y"
    return format_date(on, pattern, locale=locale())


def urgency(due_on: date | None) -> str:
    """overdue, today, later or none: the four looks of a next step."""
    if due_on is None:
        return "none"
    return "overdue" if due_on < today() else "today" if due_on == today() else "later"


def next_step(title: str | None, due_on: date | None) -> str:
    """A next step in words: what and when; today's goes without saying."""
    if title is None or due_on is None:
        return str(_("No next step"))
    return title if due_on == today() else f"{title}, {due_words(due_on)}"


def due_words(due_on: date) -> str:
    """2 days late, Today, Mon 23 Nov or 4 Dec: the number first when it is late."""
    late = (today() - due_on).days
    if late > 0:
        return str(ngettext("%(num)s day late", "%(num)s days late", late))
    if late == 0:
        return str(_("Today"))
    return on_day(due_on, "EMMMd", locale()) if late >= -6 else day(due_on)


def days_since(moment: datetime) -> int:
    """Whole days between then and now."""
    return (datetime.now(UTC) - moment).days


def ago(moment: datetime) -> str:
    """How long ago, in the coarsest unit that fits."""
    minutes = int((datetime.now(UTC) - moment).total_seconds() // 60)
    if minutes < 1:
        return str(gettext("a moment ago"))
    if minutes < 60:
        return str(ngettext("a minute ago", "%(num)s minutes ago", minutes))
    if minutes < 24 * 60:
        return str(ngettext("an hour ago", "%(num)s hours ago", minutes // 60))
    return str(ngettext("yesterday", "%(num)s days ago", minutes // (24 * 60)))


WORDS: dict[str, Any] = {
    one.__name__: one
    for one in (
        money,
        symbol,
        count,
        today,
        day,
        month,
        clock,
        day_heading,
        urgency,
        next_step,
        due_words,
        days_since,
        ago,
        here,
    )
}


def init_app(app: Flask) -> None:
    babel.init_app(app, locale_selector=language)
    app.jinja_env.globals.update(WORDS, _=_)
