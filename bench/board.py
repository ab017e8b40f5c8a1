"""The board and a move, against the same SQL without us: `python -m bench.board [rounds]`.

Both sides answer in turn in one run, A B A B, and only their ratio is told: seconds depend on the machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import select

from bench.house import Browser, House, board_of, house, scalar
from bench.statements import Said, bare, count, recorded
from crm.deals.models import Deal
from crm.pipelines.models import Stage

Wsgi = Callable[..., Iterable[bytes]]
ROUNDS, WARM_UP = 200, 20


@dataclass
class Measured:
    """One kind of request: medians in milliseconds, statements in the large and the small house, bytes on the wire."""

    name: str
    ours: float
    bare: float
    statements: int
    statements_of_few: int
    bytes: int

    @property
    def ratio(self) -> float:
        return self.ours / self.bare

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.ratio:.2f} times the bare SQL ({self.ours:.1f} ms to {self.bare:.1f} ms), "
            f"{self.statements} statements ({self.statements_of_few} with 20 deals), {self.bytes:,} bytes"
        )


def answer(app: Wsgi, request: dict[str, Any]) -> tuple[float, bytes]:
    """Milliseconds until the last byte, and the bytes. Anything but 200 is a mistake of the measurement."""
    told: list[str] = []
    begun = time.perf_counter()
    parts = app(dict(request), lambda status, *_: told.append(status))
    body = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    took = (time.perf_counter() - begun) * 1000
    assert told[0].startswith("200"), (told, body[:300])
    return took, body


@dataclass
class Page:
    """Opening the board: nothing changes, so the recorded statements serve as they are."""

    browser: Browser
    said: Said = field(default_factory=list)

    def __post_init__(self) -> None:
        self.request = self.browser.request(f"/pipelines/{board_of(self.browser)}/board")

    def ours(self) -> tuple[float, bytes, Said]:
        if not self.said:
            with recorded(self.browser.app) as self.said:
                return *answer(self.browser.app, self.request), self.said
        return *answer(self.browser.app, self.request), self.said

    def undo(self, connection: psycopg.Connection) -> None:
        """There is nothing to undo."""


class Move:
    """A card goes to the next column and comes back. Before the bare side repeats a move, the deal is put back."""

    WAS = "version, stage_id, rank, status, stage_entered_at, last_activity_at, updated_at"

    def __init__(self, browser: Browser) -> None:
        self.browser, self.was = browser, ()
        pipeline = board_of(browser)
        stages = select(Stage.id).where(Stage.pipeline_id == pipeline, Stage.kind == "open").order_by(Stage.position)
        self.stages = [scalar(browser, stages.offset(place).limit(1)) for place in (0, 1)]
        in_first = select(Deal.id).where(Deal.stage_id == self.stages[0]).order_by(Deal.rank)
        self.deal = scalar(browser, in_first.offset(3).limit(1))

    def ours(self) -> tuple[float, bytes, Said]:
        deal = scalar(self.browser, select(Deal).where(Deal.id == self.deal))
        self.was = tuple(getattr(deal, name) for name in self.WAS.split(", "))
        target = self.stages[1 - self.stages.index(deal.stage_id)]
        request = self.browser.request(f"/deals/{deal.id}/move", {"version": deal.version, "stage_id": target})
        body = request["wsgi.input"].read()
        with recorded(self.browser.app) as said:
            return *answer(self.browser.app, request | {"wsgi.input": BytesIO(body)}), said

    def undo(self, connection: psycopg.Connection) -> None:
        values = ", ".join(["%s"] * len(self.was))
        connection.execute(f"update deals set ({self.WAS}) = row({values}) where id = %s", (*self.was, self.deal))
        connection.commit()


def measure(name: str, kind: type[Page] | type[Move], place: House, rounds: int) -> Measured:
    """Ours and bare by turns; the first rounds only warm both up."""
    side, ours, others, warm_up = kind(place.large), [], [], min(rounds, WARM_UP)
    _, body, said = side.ours()
    with psycopg.connect(place.url) as connection, psycopg.connect(place.url) as owner:
        side.undo(owner)
        answer(bare(connection, said), {})
        for _ in range(warm_up + rounds):
            took, body, said = side.ours()
            side.undo(owner)
            ours.append(took)
            others.append(answer(bare(connection, said), {})[0])
    few = count(kind(place.small).ours()[2])
    return Measured(name, median(ours[warm_up:]), median(others[warm_up:]), count(said), few, len(body))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with house() as place:
        print(f"import of 8,800 deals: {place.imported_in:.1f} s")
        print(measure("board", Page, place, rounds))
        print(measure("move", Move, place, rounds))
        print(f"first board of a fresh process: {place.large.first_page:.0f} ms")


if __name__ == "__main__":
    main()
