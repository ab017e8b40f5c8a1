"""Static files: styles and modules joined, texts compressed once, every address carrying the hash of what it serves."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import brotli
from flask import Blueprint, Flask, Response, current_app, g, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from crm.joined import joined_css, joined_js
from crm.limits import limiter
from crm.tenancy import public

assets = Blueprint("assets", __name__)
YEAR = "public, max-age=31536000, immutable"
TEXTS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
PACKERS = {"br": brotli.compress, "gzip": gzip.compress}  # the better one first


def version_of(folder: Path) -> str:
    """One hash over everything that browsers keep: modules import each other by relative address."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def texts_in(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in TEXTS]


class Assets:
    """What the files were when this process started; in development, when this request began."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version = version_of(folder)
        self.texts = {name: (folder / name).read_bytes() for name in texts_in(folder)}
        self.texts["app.css"] = joined_css(folder / "css").encode()
        self.texts["js/app.js"] = joined_js(folder / "js").encode()
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
    text = kept.texts.get(name)
    response = current_app.send_static_file(name) if text is None else packed(text, TEXTS[Path(name).suffix])
    response.headers["Cache-Control"] = YEAR if version == kept.version else "no-cache"
    return response


def packed(text: bytes, mimetype: str) -> Response:
    """The text in the best encoding that the browser reads."""
    best = next((one for one in PACKERS if request.accept_encodings[one]), None)
    response = Response(smallest(text, best) if best else text, mimetype=mimetype)
    response.vary.add("Accept-Encoding")
    if best:
        response.content_encoding = best
    return response


@lru_cache(maxsize=256)
def smallest(text: bytes, encoding: str) -> bytes:
    """As small as it gets: takes long, so each text is compressed once in the life of the process."""
    return bytes(PACKERS[encoding](text))


def init_app(app: Flask) -> None:
    app.extensions["assets"] = Assets(Path(str(app.static_folder)))
    app.register_blueprint(assets)
    names: dict[str, Any] = {"asset": asset, "icon": icon}
    app.jinja_env.globals.update(names)
