"""How a good request is spoiled: one seeded step after the other, in body, headers, path and query."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlencode

JSON = "application/json"
# fmt: off
VALUES: list[Any] = [
    None, True, False, -1, 0, 1, 2**31, 2**31 - 1, 2**63 - 1, 2**63, -(2**63), 10**40, 10**400, 1e308, 1.5, 0.001, -0.0,
    math.nan, math.inf, -math.inf, "", " ", "\t\n", "x", "x" * 300, "x" * 30_000, "\x00", "a\x00b", "\ud800",
    "\udfff x",
    "\ufeff", "\u202egnp.exe", "\U0001f600", "\u0660\u0661", "𝟙𝟚", "é\u0301", "\uffff", "'; drop table deals; --",
    "<script>",
    "%00", "../../etc/passwd", "1", "01", "1e3", "0x10", "NaN", "Infinity", "-1", "9" * 400, "1.999", "1,5", "null",
    "true",
    "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "2026-12-31T00:00:00Z", "today", "24:00", "%(name)s",
    "{0}",
    [], [None], [[]], [1, 1], [1, "1"], list(range(2000)), {}, {"a": {}}, {"": None}, {"__class__": "x"}, [{"id": 1}],
]
SEGMENTS = [
    "0", "-1", "1.0", "%D9%A1", "%00", "%FF", "%2e%2e", "a%2Fb", "1e3", "9" * 30, "%201",
    str(2**63 - 1), str(2**63), "%",
    "%F0%9F%98%80", "+1", "null", "1;x", "1%0d%0aX:y", "x" * 3000, "%ED%A0%80", "openapi.json", "1_000", "%zz",
]
HEADERS = [
    "X-Organization-Id", "If-Match", "Idempotency-Key", "Authorization", "Accept", "Accept-Language", "Cookie", "Host",
    "Content-Encoding", "X-HTTP-Method-Override", "X-Forwarded-For", "Origin", "HX-Request", "Range", "Expect",
]
WORDS = [
    "", " ", "0", "-1", "x", "9" * 30, "1, 2", "\xff\xfe", "é", '"', 'W/"', '"1', '"1", "2"', "*", "null",
    "x" * 5000, "\t",
    "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic eDp5", "bearer " + "é" * 40, "Bearer crm_1_x", "=", ";",
    "%00",
    "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "gzip", "text/html;q=x", "ru;q=9", "session=x", "bytes=0-", "1.5",
]
KINDS = [
    "", "text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=x",
    "application/JSON", "json",
    "application/json; charset=latin-1", "application/json;;;", "application/x-www-form-urlencoded", "\xff", JSON,
]
NAMES = ["", "x", "__class__", "version", "id", "organization_id", "\x00", "é", "a.b", "page", "x" * 500, "[0]"]
CURSORS = [
    "x", "W10", "e30", "bnVsbA", "WyJpZCIsdHJ1ZSwiMSIsMV0", "WyJjcmVhdGVkX2F0Iix0cnVlLCJ4IiwxXQ", "====",
    "9" * 401, "%F0",
    "WyJuYW1lIix0cnVlLG51bGwsMV0",
    "WyJjcmVhdGVkX2F0Iix0cnVlLCI5OTk5LTEyLTMxVDIzOjU5OjU5KzAwOjAwIiw5MjIzMzcyMDM2ODU0Nzc1ODA3XQ",
]
# fmt: on


@dataclass
class Request:
    """What is sent. `raw` goes before `body`."""

    method: str
    path: str
    body: Any
    kind: str
    headers: dict[str, str]
    query: str = ""
    raw: bytes | None = None

    @property
    def sent(self) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.body is None:
            return b""
        if "urlencoded" in self.kind and isinstance(self.body, dict):
            return urlencode(
                {key: repr(one) if isinstance(one, str) else one for key, one in self.body.items()}, errors="replace"
            ).encode()
        return json.dumps(self.body).encode("utf-8", "surrogatepass")


def ways(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a body."""
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*way, key)
        yield from ways(one, (*way, key))


def placed(request: Request, random: Random) -> tuple[Any, Any] | None:
    """Some place in the body: what holds it, and the key there."""
    if not (found := list(ways(request.body))):
        return None
    *outer, last = random.choice(found)
    place = request.body
    for step in outer:
        place = place[step]
    return place, last


def wrong_value(request: Request, random: Random) -> None:
    if place := placed(request, random):
        place[0][place[1]] = deepcopy(random.choice(VALUES))
    else:
        request.body = deepcopy(random.choice(VALUES))


def missing_field(request: Request, random: Random) -> None:
    if place := placed(request, random):
        del place[0][place[1]]


def unknown_field(request: Request, random: Random) -> None:
    if isinstance(request.body, dict):
        request.body[random.choice(NAMES)] = deepcopy(random.choice(VALUES))


def another_body(request: Request, random: Random) -> None:
    request.body = deepcopy(random.choice(VALUES))


def deep_nesting(request: Request, random: Random) -> None:
    depth = random.choice((50, 300, 5000, 100_000))
    opened, closed = random.choice((("[", "]"), ('{"a":', "}")))
    request.raw = (opened * depth + "1" + closed * random.choice((depth, 0))).encode()


def broken_json(request: Request, random: Random) -> None:
    whole = request.sent or b"{}"
    cut = random.randrange(len(whole) + 1)
    request.raw = random.choice(
        (
            whole[:cut],
            whole[:cut] + bytes([random.randrange(256)]) + whole[cut:],
            whole + whole,
            b"\xef\xbb\xbf" + whole,
            whole.decode("utf-8", "replace").encode("utf-16"),
            b"",
            b'{"name": 1, "name": 2}',
            b"{'name': 1}",
            b'{"name": "\xff"}',
            b'{"name": "\\ud800"}',
            b'{"name": 01}',
            b"\x00",
        )
    )


def other_kind(request: Request, random: Random) -> None:
    request.kind = random.choice(KINDS)


def odd_header(request: Request, random: Random) -> None:
    request.headers[random.choice(HEADERS[:4] if random.random() < 0.7 else HEADERS)] = random.choice(WORDS)


def odd_segment(request: Request, random: Random) -> None:
    steps = request.path.split("/")
    steps[random.randrange(1, len(steps))] = random.choice(SEGMENTS)
    request.path = "/".join(steps)


def other_path(request: Request, random: Random) -> None:
    request.path += random.choice(("/", "//", ".json", "/x", "/1", "%20", "/..", "?", "/%2e%2e/", "#x", ";a=b"))


def odd_query(request: Request, random: Random) -> None:
    """Known and unknown names, once or twice, with anything behind them."""
    names = [
        *request.headers.get("names", "").split(),
        "page",
        "page_size",
        "cursor",
        "order_by",
        "x",
        "%00",
        "a[]",
        "",
    ]
    name, value = random.choice(names), random.choice([*SEGMENTS, *CURSORS, "", "101", "asc", "a&b=c", "a=b"])
    pair = f"{name}={random.choice(CURSORS) if name == 'cursor' else value}"
    request.query = "&".join([request.query, *[pair] * random.choice((1, 1, 2))]).strip("&")


def other_method(request: Request, random: Random) -> None:
    request.method = random.choice(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"))


STEPS: list[Callable[[Request, Random], None]] = [
    *[wrong_value] * 8,
    *[unknown_field, missing_field, another_body, broken_json] * 2,
    *[odd_query, odd_header, odd_segment] * 3,
    *(deep_nesting, other_kind, other_path, other_method),
]
