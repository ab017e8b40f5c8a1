"""Static files: the CSS joined in the order of app.css, every address carrying the hash of what it serves."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, g, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from crm.limits import limiter
from crm.tenancy import public

assets = Blueprint("assets", __name__)
YEAR = "public, max-age=31536000, immutable"
IMPORT = re.compile(r'@import url\("([\w-]+\.css)"\) layer\((\w+)\);')


def joined_css(folder: Path) -> str:
    """All components as one file, in the layers and the order that app.css names."""
    listed = (folder / "app.css").read_text()
    parts = [f"@layer {layer} {{\n{(folder / name).read_text()}\n}}" for name, layer in IMPORT.findall(listed)]
    return listed.splitlines()[0] + "\n" + "\n".join(parts)


def version_of(folder: Path) -> str:
    """One hash over everything that browsers keep: modules import each other by relative address."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


class Assets:
    """What the files were when this process started; in development, when this request began."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version = version_of(folder)
        self.css = joined_css(folder / "css")
        self.addresses: dict[tuple[str, str], str] = {}

    def address(self, name: str) -> str:
        """Its path; kept, because a page names some files a hundred times."""
        key = (request.script_root, name)
        if key not in self.addresses:
            self.addresses[key] = url_for("assets.file", version=self.version, name=name)
        return self.addresses[key]


def assets_now() -> Assets:
    """What this request serves: the same from its first line to its last."""
    found = g.get("assets")
    if found is None:
        if current_app.debug or current_app.config["SETTINGS"].environment == "development":
            current_app.extensions["assets"] = Assets(Path(str(current_app.static_folder)))
        found = g.assets = current_app.extensions["assets"]
    return cast(Assets, found)


def asset(name: str) -> str:
    """The address of a static file; it changes when any of them does."""
    return assets_now().address(name)


def icon(name: str, kind: str = "") -> Markup:
    """A drawing of the sprite. No template macro: a board shows more than a hundred."""
    sprite = g.get("sprite")
    if sprite is None:
        sprite = g.sprite = asset("icons.svg")
    return drawn(sprite, name, kind and f" {kind}")


@lru_cache(maxsize=1024)
def drawn(sprite: str, name: str, kind: str) -> Markup:
    drawing = '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>'
    return Markup(drawing).format(kind, sprite, name)  # noqa: S704 - a constant, its values escaped by format


@assets.get("/assets/<version>/<path:name>")
@limiter.exempt
@public
def file(version: str, name: str) -> ResponseReturnValue:
    """Kept for a year when the version is today's; an old address still gets today's file, unkept."""
    kept: Assets = current_app.extensions["assets"]
    joined = name == "app.css"
    response = Response(kept.css, mimetype="text/css") if joined else current_app.send_static_file(name)
    response.headers["Cache-Control"] = YEAR if version == kept.version else "no-cache"
    return response


def init_app(app: Flask) -> None:
    app.extensions["assets"] = Assets(Path(str(app.static_folder)))
    app.register_blueprint(assets)
    names: dict[str, Any] = {"asset": asset, "icon": icon}
    app.jinja_env.globals.update(names)
