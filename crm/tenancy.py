"""Who is asking, and for which organization: signed in or not, member or not, and the check of stale tabs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Select
from werkzeug.routing import IntegerConverter

from crm.database import db
from crm.errors import Conflict, Forbidden
from crm.hypermedia import back, is_fragment, one_or_404
from crm.organizations.models import Membership
from crm.organizations.queries import organizations_of
from crm.repeated import done_before
from crm.sessions import current, login

SAFE = {"GET", "HEAD", "OPTIONS"}
csrf = CSRFProtect()
View = Callable[..., ResponseReturnValue]
Finder = Callable[[Membership, int], Select[Any]]
FINDERS: dict[str, Finder] = {}


class StaleTab(Conflict):
    """The tab was made for another organization than the one that the browser is in now."""

    code = "STALE_TAB"


def requires(permission: str) -> Callable[[View], View]:
    """Only for members whose role has the permission, at least for some records; others are refused (403).

    What isn't there for the member is 404 all the same, so the refused learn nothing of other organizations' records.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            if (elsewhere := send_away()) is not None:
                return elsewhere
            refuse_stale_tab()
            if not current.member.may(permission):
                refuse_missing(kwargs)
                raise Forbidden("Your role does not allow this.")
            again = answer_again()
            return view(*args, **kwargs) if again is None else again

        return declared(guarded, permission)

    return decorate


def answer_again() -> ResponseReturnValue | None:
    """For a change that this key has made before: nothing happens twice, and what the page shows is asked for anew."""
    if request.method in SAFE or not done_before(current.member):
        return None
    replayed = {"Idempotent-Replayed": "true"}
    return ("", 204, replayed) if is_fragment() else redirect(back() or url_for("board.index"), 303)


def names(argument: str, finder: Finder) -> None:
    """Addresses with this argument name a record, which exists for a member when the finder's query finds it."""
    FINDERS[argument] = finder


def refuse_missing(arguments: dict[str, Any]) -> None:
    """Raises Missing when a record that the address names doesn't exist for the member."""
    for argument in arguments.keys() & FINDERS.keys():
        one_or_404(FINDERS[argument](current.member, arguments[argument]))


def signed_in(view: View) -> View:
    """For everyone who is signed in, member of an organization or not."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        return login.unauthorized() if not current_user.is_authenticated else view(*args, **kwargs)

    return declared(guarded, "signed in")


def public(view: View) -> View:
    """For everyone."""
    return declared(view, "public")


def declared(view: View, permission: str) -> View:
    view.permission = permission  # type: ignore[attr-defined]
    return view


def send_away() -> ResponseReturnValue | None:
    """Where to send who is not signed in, or signed in without an organization; 404 when it isn't a page."""
    if not current_user.is_authenticated:
        return cast(ResponseReturnValue, login.unauthorized())
    if g.get("member") is not None:
        return None
    if request.method in SAFE and not request.headers.get("HX-Request"):
        return redirect(url_for("organizations.choose", next=request.full_path.rstrip("?")), 303)
    return abort(404)


def refuse_stale_tab() -> None:
    """Every page carries its organization, every request of it sends it back; a mismatch is a Conflict."""
    sent = request.headers.get("X-Organization") or request.form.get("organization")
    if request.method in SAFE and sent is None:
        return
    if sent != str(current.organization_id):
        raise StaleTab(
            "This tab shows %(shown)s, but you are in %(now)s now. Nothing was saved.",
            shown=name_of_mine(sent),
            now=current.member.organization.name,
        )


def name_of_mine(sent: str | None) -> str:
    """The name of that organization if the user is in it; others' names are nobody's business."""
    mine = {str(one.id): one.name for one in db.session.scalars(organizations_of(current.user))}
    return mine.get(sent or "", "another organization")


def unauthorized() -> ResponseReturnValue:
    """To the sign-in page and back again; a part of a page sends the whole page there."""
    if request.headers.get("HX-Request"):
        return "", 401, {"HX-Redirect": url_for("accounts.sign_in")}
    back = request.full_path.rstrip("?") if request.method in SAFE else None
    return redirect(url_for("accounts.sign_in", next=back), 303)


def inside(target: str | None) -> str | None:
    """A path of ours, or None: nobody is sent to another site after signing in."""
    if not target or not target.isprintable() or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def check_origin() -> None:
    """Changes come from our own pages: the browser says so, and the CSRF token proves it."""
    if request.method in SAFE or request.endpoint is None or request.blueprint == "api":
        return  # the API takes no cookies, so nobody can lend them to another site
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if site not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != request.host):
        raise Forbidden("This request came from another site.", code="CROSS_SITE")
    csrf.protect()


class RecordNumber(IntegerConverter):
    """The number of a record in an address. What no record can have is read as 0, which none has either.

    Not matching would be a 405 where the address takes other methods too.
    """

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        number = int(value) if len(value) < 20 else 0
        return number if number < 2**63 else 0


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = RecordNumber
    app.url_map.merge_slashes = False  # //deals is not there: a redirect would go where the Host header says
    login.unauthorized_handler(unauthorized)
    csrf.init_app(app)
    app.before_request(check_origin)
