"""What the document says there is, with ids that exist: the ground of every test that walks over the whole API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.sql import visitors

from crm.api.endpoints import Endpoint
from crm.database import db
from crm.organizations.models import Membership
from crm.tenancy import FINDERS
from tests.program import PREFIX, Program

NOBODY_S = 10**12
PEOPLE = {"owner_id", "assignee_id", "lead_user_id", "actor_id", "user_ids"}  # spares trying every kind of id there
Ids = dict[str, int]


@dataclass(frozen=True)
class Operation:
    """One method at one address, as the document describes it. `path` is below /api/v1."""

    path: str
    method: str
    described: dict[str, Any] = field(hash=False)
    endpoint: Endpoint = field(hash=False)

    @property
    def path_ids(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return [one for one in self.described["parameters"] if one["in"] == "query"]

    @property
    def content(self) -> tuple[str, dict[str, Any]] | None:
        """The body's type, and what the document says of it."""
        return next(iter(self.described.get("requestBody", {}).get("content", {}).items()), None)

    @property
    def example(self) -> Any:
        return json.loads(json.dumps(self.content[1]["example"])) if self.content else None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def document(app: Flask) -> dict[str, Any]:
    """What is served to everybody, to be read only: it is parsed once."""
    return parsed(app.extensions["openapi"]())


@cache
def parsed(text: str) -> dict[str, Any]:
    return json.loads(text)


def operations(app: Flask) -> list[Operation]:
    """All of them, in the document's order."""
    declared = {
        (one.method, re.sub(r"<(?:int:)?(\w+)>", r"{\1}", one.path)): one for one in app.extensions["endpoints"]
    }
    found = [
        Operation(path.removeprefix(PREFIX), method.upper(), described, declared[method.upper(), path[len(PREFIX) :]])
        for path, methods in document(app)["paths"].items()
        for method, described in methods.items()
    ]
    assert len(found) == len(declared)
    return found


def ids_of(member: Membership, session: Any) -> Ids:
    """For each argument of a path with a finder the first such record of the member's organization; the own user id."""
    own = {"organization_id": member.organization_id, "user_id": member.user_id}
    firsts = {name: session.scalar(first(name, member)) for name in FINDERS.keys() - own.keys()}
    return own | {name: number for name, number in firsts.items() if number is not None}


def first(name: str, member: Membership) -> Any:
    """The lowest id that this finder can find."""
    query, sought = FINDERS[name](member, NOBODY_S), []
    for one in visitors.iterate(query.whereclause):
        if getattr(getattr(one, "right", None), "value", None) == NOBODY_S:
            sought.append(one.left)
    column = sought[0]
    return select(column).where(column.table.c.organization_id == member.organization_id).order_by(column).limit(1)


def slot_kind(name: str, path: str, ids: Ids) -> str | None:
    """Which kind of record a field or parameter names, as far as its name tells."""
    if name in PEOPLE:
        return "user_id"
    if name in ("ids", "before_id", "after_id", "source_id"):
        return next((one for one in ids if f"/{one[:4]}" == path[:5]), None)
    kind = f"{name.removesuffix('s').removesuffix('_id')}_id"
    return kind if kind in ids else None


def filled(operation: Operation, ids: Ids) -> Any:
    """The example of the body, its ids replaced by some that exist."""
    return replaced(operation.example, operation.path, ids)


def replaced(value: Any, path: str, ids: Ids, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: replaced(one, path, ids, key) for key, one in value.items()}
    known = ids.get((is_id(name) and slot_kind(name, path, ids)) or "", value)
    if isinstance(value, list):
        return [known] if known is not value else [replaced(one, path, ids) for one in value]
    return known


def is_id(name: str) -> bool:
    return name == "ids" or name.endswith(("_id", "_ids"))


def address(operation: Operation, ids: Ids) -> str:
    return re.sub(r"{(\w+)}", lambda found: str(ids.get(found[1], NOBODY_S)), operation.path)


def fill(program: Program, ids: Ids, wanted: set[str], all: list[Operation]) -> Ids:
    """Ids with those that are missing, of records that are made by the POST to the list where such records are."""
    for _, name in product(range(2), sorted(wanted - ids.keys())):  # an invitation wants a team, which comes later
        for operation in makers(name, all) if name not in ids else ():
            made = program.call("POST", address(operation, ids), filled(operation, ids))
            if made.status_code < 300:
                ids = ids | {name: made.json["id"]}
    assert not wanted - ids.keys(), f"nobody makes a record for {wanted - ids.keys()}: give the cast one"
    return ids


def everything(program: Program, owner: Membership, all: list[Operation], **more: int) -> Ids:
    """An id for every argument of every path, of the owner's organization."""
    known = ids_of(owner, db.session) | more
    return fill(program.as_(owner), known, {name for one in all for name in one.path_ids}, all)


def makers(name: str, all: list[Operation]) -> Iterator[Operation]:
    lists = {one.path.removesuffix(f"/{{{name}}}") for one in all if one.path.endswith(f"/{{{name}}}")}
    tests = {one.removesuffix("deliveries") + "test" for one in lists}  # a webhook's message is made by testing it
    yield from (one for one in all if one.method == "POST" and one.path in lists | tests)
