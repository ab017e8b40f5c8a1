"""An endpoint: its address, who may call it, what it takes and gives. The same declaration checks and documents it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_type_hints

from flask import Blueprint
from pydantic import BaseModel

from crm.api.schemas import Query
from crm.limits import limiter
from crm.organizations.permissions import PERMISSIONS

View = TypeVar("View", bound=Callable[..., Any])
OPEN = ("public", "signed in")
READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Endpoint:
    """One method at one address. `needs` is a permission, "signed in" or "public"; `gives` the model of the answer."""

    method: str
    path: str
    view: Callable[..., Any]
    needs: str
    scope: str | None
    tag: str
    gives: Any = None
    status: int = 200
    statuses: dict[int, str] = field(default_factory=dict)
    form: bool = False
    query: type[Query] | None = None
    body: type[BaseModel] | None = None
    shows: Callable[..., Any] | None = None

    @property
    def name(self) -> str:
        """The slice, or the noun of its second file: `contacts_index`, and `companies_index` in api_companies.py."""
        _, slice, module = self.view.__module__.split(".")
        return f"{module.removeprefix('api_') if module.startswith('api_') else slice}_{self.view.__name__}"

    @property
    def tenant(self) -> bool:
        """Whether it works in an organization."""
        return self.needs not in OPEN

    @property
    def path_ids(self) -> list[str]:
        return re.findall(r"<int:(\w+)>", self.path)

    @property
    def repeatable(self) -> bool:
        """Whether an Idempotency-Key makes a second call of it harmless."""
        return self.method == "POST" and self.tenant

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.view) or self.view.__name__).split("\n")[0].rstrip(".")

    @property
    def description(self) -> str:
        return "\n".join((inspect.getdoc(self.view) or "").split("\n")[1:]).strip()


class Endpoints:
    """A slice's part of the API, in the order in which the document shows it."""

    def __init__(self, tag: str, *, scope: str | None = None) -> None:
        self.tag = tag
        self.scope = scope or tag
        self.all: list[Endpoint] = []

    def get(self, path: str, needs: str, **how: Any) -> Callable[[View], View]:
        return self.add("GET", path, needs, **how)

    def post(self, path: str, needs: str, **how: Any) -> Callable[[View], View]:
        return self.add("POST", path, needs, **{"status": 201} | how)

    def put(self, path: str, needs: str, **how: Any) -> Callable[[View], View]:
        return self.add("PUT", path, needs, **how)

    def patch(self, path: str, needs: str, **how: Any) -> Callable[[View], View]:
        return self.add("PATCH", path, needs, **how)

    def delete(self, path: str, needs: str, **how: Any) -> Callable[[View], View]:
        return self.add("DELETE", path, needs, **{"status": 204} | how)

    def add(
        self, method: str, path: str, needs: str, *, limits: Iterable[Any] = (), **how: Any
    ) -> Callable[[View], View]:
        """Declares the decorated function; `query` and `body` are found by the names of its parameters.

        `shows` is the function that reads the record: a stale change is answered with what it gives.
        """
        assert needs in OPEN or needs in PERMISSIONS, f"no such permission: {needs}"
        reach = "read" if method in READING else "write"

        def declare(view: View) -> View:
            hints = get_type_hints(view)
            taken = {name: hints[name] for name in ("query", "body") if name in hints}
            scope = None if needs == "public" else how.pop("scope", f"{self.scope}:{reach}")
            called = limited(view, limits)
            self.all.append(Endpoint(method, path, called, needs, scope, self.tag, **taken, **how))
            return view

        return declare


def limited(view: Any, limits: Iterable[Any]) -> Any:
    for limit in limits:
        view = limiter.limit(*limit)(view) if isinstance(limit, tuple) else limit(view)
    return view


def mount(blueprint: Blueprint, groups: Iterable[Endpoints], call: Callable[[Endpoint], Any]) -> list[Endpoint]:
    """Gives every endpoint its address. Returns them in the document's order."""
    endpoints = [one for group in groups for one in group.all]
    for one in endpoints:
        blueprint.add_url_rule(
            one.path, one.name, call(one), methods=[one.method], provide_automatic_options=False, strict_slashes=False
        )
    return endpoints
