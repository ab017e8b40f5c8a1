"""The CRM as an app on the device: its manifest, its service worker, and the page for when nothing else is left."""

from __future__ import annotations

import json

from flask import Blueprint, Flask, Response, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.assets import asset, assets_now, packed
from crm.joined import bare
from crm.limits import limiter
from crm.tenancy import public

PAPER = {"light": "#f9f7f4", "dark": "#141210"}  # --paper of tokens.css
FILES = ("app.css", "js/app.js", "vendor/htmx.min.js", "vendor/sortable.min.js", "icons.svg", "favicon.svg")
ICONS = (
    ("favicon.svg", "image/svg+xml", "any", "any"),
    ("icons/192.png", "image/png", "192x192", "any"),
    ("icons/512.png", "image/png", "512x512", "any"),
    ("icons/maskable-512.png", "image/png", "512x512", "maskable"),
)

installed = Blueprint("installed", __name__)


@installed.get("/manifest.webmanifest")
@limiter.exempt
@public
def manifest() -> ResponseReturnValue:
    """What the device shows of us before we run: name, icons, colours, two ways in."""
    icons = [{"src": asset(name), "type": kind, "sizes": sizes, "purpose": use} for name, kind, sizes, use in ICONS]
    body = {
        "id": url_for("board.home"),
        "name": "CRM",
        "short_name": "CRM",
        "description": _("Every deal, its next step and its day."),
        "start_url": url_for("board.index"),
        "scope": url_for("board.home"),
        "display": "standalone",
        "background_color": PAPER["light"],
        "theme_color": PAPER["light"],
        "icons": icons,
        "shortcuts": [shortcut(_("Board"), "board.index"), shortcut(_("New deal"), "deals.new")],
    }
    return Response(json.dumps(body), mimetype="application/manifest+json", headers={"Cache-Control": "no-cache"})


def shortcut(name: str, endpoint: str) -> dict[str, object]:
    icon = {"src": asset("icons/192.png"), "type": "image/png", "sizes": "192x192"}
    return {"name": name, "url": url_for(endpoint), "icons": [icon]}


@installed.get("/service-worker.js")
@limiter.exempt
@public
def worker() -> ResponseReturnValue:
    """Stands at the root, so that it may answer for every page; another version of our files is another worker."""
    files = [*map(asset, FILES), url_for("installed.offline")]
    head = f"const VERSION = {json.dumps(assets_now().version)}, FILES = {json.dumps(files)};\n"
    texts = assets_now().texts
    sources = [bare(texts[name].decode()) for name in sorted(texts) if name.startswith("worker/")]
    response = packed((head + "".join(sources)).encode(), "text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@installed.get("/offline")
@limiter.exempt
@public
def offline() -> ResponseReturnValue:
    """Nothing of anybody's: the worker keeps it for all who use this browser."""
    return render_template("offline.html")


def tell_sight(response: Response) -> Response:
    """Tells the worker whose answer this is, so that it drops what somebody else, or more rights, had seen."""
    if request.method == "GET" and "_login_user" in g and request.blueprint != "api":
        response.headers["X-Sight"] = g.get("sight") or "nobody"
    return response


def init_app(app: Flask) -> None:
    app.register_blueprint(installed)
    app.after_request(tell_sight)
    app.jinja_env.globals["paper"] = PAPER
