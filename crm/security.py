"""Headers that tell the browser what our pages may do: nothing inline, nothing from elsewhere, nobody frames them."""

from __future__ import annotations

from flask import Flask, Response, request

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
OVER_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}
NOT_KEPT = {"Cache-Control": "no-store"}
FILES = ("static", "assets.file")


def protect(response: Response) -> Response:
    """Pages are not kept by anyone after sign-out; static files are, for as long as their address lives."""
    wanted = HEADERS | (OVER_HTTPS if request.is_secure else {}) | (NOT_KEPT if request.endpoint not in FILES else {})
    present = {name.lower() for name, _ in response.headers}
    response.headers.extend([(name, value) for name, value in wanted.items() if name.lower() not in present])
    return response


def init_app(app: Flask) -> None:
    app.after_request(protect)
