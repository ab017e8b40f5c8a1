"""JSON logs, one line an event, with the request's id, user and organization."""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, has_request_context, request

logger = logging.getLogger("crm")
STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """One JSON object a line, so that any collector can read it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **who(),
            **{name: value for name, value in record.__dict__.items() if name not in STANDARD},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def who() -> dict[str, Any]:
    """Request id, user and organization of the request that is being answered."""
    if not has_request_context():
        return {}
    member = g.get("member")
    return {
        "request_id": request_id(),
        "user_id": member.user_id if member else None,
        "organization_id": member.organization_id if member else None,
    }


def request_id() -> str:
    """The proxy's X-Request-Id if it is a plain one, else a new number."""
    if "request_id" not in g:
        sent = request.headers.get("X-Request-Id", "")
        g.request_id = sent if re.fullmatch(r"[\w.-]{8,64}", sent) else secrets.token_hex(8)
    return str(g.request_id)


def start_clock() -> None:
    g.started, g.arrived = time.perf_counter(), time.time()


def tell(response: Response) -> Response:
    """The access log: what was asked, how it ended, how long it took in milliseconds."""
    response.headers["X-Request-Id"] = request_id()
    if request.endpoint not in ("static", "operations.health"):
        took = (time.perf_counter() - g.get("started", time.perf_counter())) * 1000
        logger.info(
            "request",
            extra={
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "ms": round(took, 1),
            },
        )
    return response


def init_app(app: Flask, *, quiet: bool = False) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING if quiet else logging.INFO)
    for chatter in ("procrastinate.blueprints", "procrastinate.periodic", "procrastinate.worker"):
        logging.getLogger(chatter).setLevel(logging.WARNING)
    app.before_request(start_clock)
    app.after_request(tell)
