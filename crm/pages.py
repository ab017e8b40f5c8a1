"""What every template knows: macros as `ui`, the member and organization at hand, htmx's settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any

from flask import Flask, g, url_for
from flask_babel import gettext
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import Row, Select

from crm.accounts.models import initials
from crm.assets import icon
from crm.database import db
from crm.organizations.models import Membership, Organization, color_of
from crm.organizations.queries import ASKING, facts_of, organizations_of
from crm.organizations.visibility import why_seen
from crm.sessions import current
from crm.words import language

HTMX = {
    "allowEval": False,
    "includeIndicatorStyles": False,
    "allowNestedOobSwaps": False,
    "historyCacheSize": 0,
    "defaultSettleDelay": 0,  # what has been swapped in is wired at once: until then a click would load a page
    "refreshOnHistoryMiss": True,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "4(00|03|09|22)", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
}
MACROS = ("ui/parts.html", "ui/fields.html", "ui/deals.html", "ui/lists.html", "ui/board.html", "ui/choices.html")


def current_organization() -> Organization | None:
    """The organization that this page is made for; None before signing in."""
    member = member_here()
    return member.organization if member else None


def member_here() -> Membership | None:
    """Who is looking, if somebody is signed in to an organization."""
    return g.get("member") if current_user.is_authenticated else None


def my_organizations() -> Sequence[Row[int, str]]:
    """Numbers and names of the organizations that every page's menu offers."""
    return db.session.execute(organizations(), facts_of(current.member)).all()


@cache
def organizations() -> Select[int, str]:
    return organizations_of(ASKING.user).with_only_columns(Organization.id, Organization.name)


def role_name(role: str) -> str:
    """The role in the reader's language."""
    words = {
        "owner": gettext("owner"),
        "admin": gettext("admin"),
        "manager": gettext("manager"),
        "member": gettext("member"),
        "viewer": gettext("viewer"),
    }
    return str(words[role])


@lru_cache(maxsize=4096)
def face_of(user_id: int, name: str, mute: bool = False) -> Markup:
    """A person's face from the number and the name alone, for rows that don't load members; mute beside the name."""
    told = Markup('aria-hidden="true"') if mute else Markup('role="img" aria-label="{0}" title="{0}"').format(name)
    face = Markup('<span class="face" data-color="{}" {}>{}</span>')
    return face.format(color_of(user_id), told, initials(name))


def said(field: Any) -> str:
    """What a field says, as a person reads it: the choice's words, not its value."""
    offered = field.iter_choices() if hasattr(field, "iter_choices") else ()
    choices = {value: words for value, words, *_ in offered}
    return str(choices.get(field.data, field.data if field.data is not None else "–"))


def context() -> dict[str, Any]:
    """`member` may be None on pages for people without an organization; `oob` marks parts of an answer."""
    return {"member": member_here(), "oob": False, "deals_url": url_for("board.index")}


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        current_organization=current_organization,
        position=lambda: g.position,
        my_organizations=my_organizations,
        role_name=role_name,
        why_seen=why_seen,
        language=language,
        face_of=face_of,
        said=said,
        htmx_config=json.dumps(HTMX),
    )
    app.context_processor(context)
    macros = SimpleNamespace(icon=icon)
    app.jinja_env.globals["ui"] = macros
    with app.app_context():
        for name in MACROS:
            module = app.jinja_env.get_template(name).module
            vars(macros).update({key: macro for key, macro in vars(module).items() if not key.startswith("_")})
