"""Viewers of one board while somebody moves cards: `python -m bench.viewers [viewers] [moves]`.

Everybody has an event stream of a gunicorn as in production, on the same machine as this script. Somebody moves a card
over HTTP every second or so; told is how long it takes from sending the move until each viewer has read the card, and
how long the board's page takes meanwhile, compared with its time in the same run before the viewers came.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median, quantiles
from urllib.parse import urlencode

from sqlalchemy import select

from bench.crowd import cookies, serving
from bench.house import House, board_of, house, scalar
from crm.deals.models import Deal
from crm.pipelines.models import Stage

VIEWERS, MOVES, PAGES = 500, 40, 60
BETWEEN = 1.2  # seconds from one move to the next


@dataclass
class Heard:
    """When which viewer read of the deal, and how many of them got the card along with it."""

    at: list[float] = field(default_factory=list)
    drawn: int = 0
    beats: int = 0


async def exchange(port: int, cookie: str, path: str, form: dict[str, str] | None = None, **headers: str) -> str:
    """One request on a connection of its own; the answer with its head. Anything but 200 is a mistake of ours."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = urlencode(form).encode() if form else b""
    if form:
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    writer.write(head("POST" if form else "GET", path, cookie, **headers) + body)
    answer = (await reader.read()).decode(errors="replace")
    writer.close()
    if " 200 " not in answer.partition("\r\n")[0]:
        raise RuntimeError(f"{path}: {answer[:300]}")
    return answer


def head(method: str, path: str, cookie: str, **headers: str) -> bytes:
    told = {"Host": "127.0.0.1", "Cookie": cookie, "Connection": "close"} | headers
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


async def view(port: int, cookie: str, path: str, heard: Heard) -> None:
    """One open stream, until it is cancelled."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    writer.write(head("GET", path, cookie, Accept="text/event-stream"))
    kind = b""
    try:
        while line := await reader.readline():
            if line.startswith(b"event: "):
                kind = line
                heard.beats += kind == b"event: beat\n"
            elif line.startswith(b"data: ") and kind == b"event: deal\n":
                heard.at.append(time.perf_counter())
                heard.drawn += b'"card": "' in line
    finally:
        writer.close()


async def pages(port: int, cookie: str, path: str, number: int, pause: float) -> list[float]:
    """Milliseconds of so many board pages, one after the other."""
    took = []
    for _ in range(number):
        begun = time.perf_counter()
        await exchange(port, cookie, path)
        took.append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(pause)
    return took


@dataclass
class Play:
    """What is played on the board of the large house: who looks, who moves, what they measured."""

    place: House
    port: int
    viewers: int
    moves: int
    heard: Heard = field(default_factory=Heard)
    latencies: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.crowd = cookies(self.place, self.viewers)
        pipeline = board_of(self.place.large)
        self.path = f"/pipelines/{pipeline}/board"
        stages = select(Stage.id).where(Stage.pipeline_id == pipeline, Stage.kind == "open").order_by(Stage.position)
        self.stages = [scalar(self.place.large, stages.offset(place).limit(1)) for place in (0, 1)]
        in_first = select(Deal.id).where(Deal.stage_id == self.stages[0]).order_by(Deal.rank)
        self.deal = scalar(self.place.large, in_first.offset(3).limit(1))

    async def stream_path(self, cookie: str) -> str:
        """The stream as this person's tab asks for it."""
        page = await exchange(self.port, cookie, self.path)
        said = {name: re.search(f'data-{name}="([^"]+)"', page)[1] for name in ("position", "view", "pipeline")}  # type: ignore[index]
        organization = self.place.large.organization_id
        return "/live?" + urlencode({"organization": organization, "after": said.pop("position"), **said})

    async def gather(self) -> list[asyncio.Task[None]]:
        """Everybody looks, a few at a time."""
        tasks = []
        for begin in range(0, self.viewers, 10):
            crowd = self.crowd[begin : begin + 10]
            paths = await asyncio.gather(*map(self.stream_path, crowd))
            tasks += [
                asyncio.create_task(view(self.port, *pair, self.heard)) for pair in zip(crowd, paths, strict=True)
            ]
        await self.until(lambda: self.heard.beats >= self.viewers, "somebody has no stream")
        return tasks

    async def until(self, done: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + 30
        while not done():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{otherwise}: {self.heard.beats} streams, {len(self.heard.at)} of {self.viewers}")
            await asyncio.sleep(0.02)

    async def move(self, stage: int) -> None:
        """One move, until all have heard of it."""
        owner = self.place.large
        headers = {"HX_Request": "true", "X_CSRFToken": owner.token, "X_Organization": str(owner.organization_id)}
        headers |= {"Sec_Fetch_Site": "same-origin"}
        self.heard.at.clear()
        begun = time.perf_counter()
        await exchange(self.port, owner.cookie, f"/deals/{self.deal}/move", {"stage_id": str(stage)}, **headers)
        await self.until(lambda: len(self.heard.at) >= self.viewers, "somebody missed a move")
        self.latencies += [(at - begun) * 1000 for at in self.heard.at]
        await asyncio.sleep(max(0.0, BETWEEN - (time.perf_counter() - begun)))

    async def act(self) -> None:
        for number in range(self.moves):
            await self.move(self.stages[1 - number % 2])

    async def run(self) -> None:
        cookie = self.place.large.cookie
        await pages(self.port, cookie, self.path, 10, 0)
        idle = await pages(self.port, cookie, self.path, PAGES, 0.1)
        streams = await self.gather()
        watching = await pages(self.port, cookie, self.path, PAGES, 0.1)
        reading = asyncio.create_task(pages(self.port, cookie, self.path, max(self.moves * 3, 10), 0.3))
        await self.act()
        busy = await reading
        for stream in streams:
            stream.cancel()
        self.tell(idle, watching, busy)

    def tell(self, idle: list[float], watching: list[float], busy: list[float]) -> None:
        number = len(self.latencies)
        drawn = f"{100 * self.heard.drawn / number:.0f} % with the card"
        print(f"{self.viewers} viewers saw each of {self.moves} moves, {drawn}: {spread(self.latencies)}")
        print(f"page before they came: {spread(idle)}")
        print(f"page while they look: {spread(watching)}, {median(watching) / median(idle):.2f} times")
        print(f"page while cards move: {spread(busy)}, {median(busy) / median(idle):.2f} times")


def spread(took: list[float]) -> str:
    return f"median {median(took):.0f} ms, p95 {quantiles(took, n=20)[-1]:.0f} ms, longest {max(took):.0f} ms"


def main() -> None:
    viewers, moves = (int(said) for said in [*sys.argv[1:], *map(str, (VIEWERS, MOVES)[len(sys.argv) - 1 :])])
    with house() as place, serving(place) as port:
        asyncio.run(Play(place, port, viewers, moves).run())


if __name__ == "__main__":
    main()
