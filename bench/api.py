"""The API's list of deals and opening of one, against the same SQL without us: `python -m bench.api [deals] [rounds]`.

As `bench.board`: both sides answer by turns in one run and their ratio is told. First at 20,000 deals of one
organization, then, when more are asked for, at that number: how much longer do our own answers take?
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from io import BytesIO
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import text
from werkzeug.test import EnvironBuilder

from bench.board import WARM_UP, Wsgi
from bench.house import PASSWORD, SITE, House, analyze, board_of, house
from bench.statements import Said, bare, count, recorded
from crm.database import db

FLOOR, ROUNDS = 20_000, 200

# Copies of open deals, each as it would be after being opened: on the lowest places of its stage, with its activity.
FILL = text("""
    with spot as (
        select organization_id, id as stage_id, row_number() over (order by position) - 1 as place,
            count(*) over () as n
        from stages where pipeline_id = :pipeline and kind = 'open'
    ), low as (
        select stage_id, max(rank) as rank from deals group by stage_id
    ), made as (
        insert into deals (organization_id, title, amount, currency, stage_id, rank, owner_id, created_at)
        select spot.organization_id, 'Deal ' || n.i, n.i % 5000 + 1, :currency, spot.stage_id,
            coalesce(low.rank, 0) + n.i * 1024, :owner, now() - make_interval(secs => n.i)
        from generate_series(1, :more) as n(i)
        join spot on spot.place = n.i % spot.n left join low on low.stage_id = spot.stage_id
        returning organization_id, id, owner_id
    )
    insert into activities (organization_id, type, payload, deal_id, actor_id)
    select organization_id, 'deal_created', '{}', id, owner_id from made
""")


@dataclass
class Side:
    """One kind of call by a program that has signed in."""

    app: Wsgi
    headers: dict[str, str]
    method: str
    path: str
    body: Any = None

    def ours(self) -> tuple[float, bytes]:
        """Milliseconds until the last byte, and the bytes."""
        sent = None if self.body is None else json.dumps(self.body).encode()
        how = {"method": self.method, "headers": self.headers, "data": sent, "content_type": "application/json"}
        request = EnvironBuilder(self.path, base_url=SITE, **how).get_environ() | {"wsgi.input": BytesIO(sent or b"")}
        return took(self.app, request)


def took(app: Wsgi, request: dict[str, Any]) -> tuple[float, bytes]:
    told: list[str] = []
    begun = time.perf_counter()
    parts = app(request, lambda status, *_: told.append(status))
    body = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    ended = (time.perf_counter() - begun) * 1000
    assert told[0][0] == "2", (told, body[:300])
    return ended, body


def sides(place: House) -> dict[str, Side]:
    """A list of 20 deals, and opening a deal."""
    client = place.app.test_client()
    signed = client.post("/api/v1/auth/login", json={"email": "large@example.com", "password": PASSWORD}, base_url=SITE)
    headers = {"Authorization": f"Bearer {signed.json['access_token']}", "Accept-Encoding": "gzip, br"}
    headers["X-Organization-Id"] = str(place.large.organization_id)
    deal = {"title": "Another", "amount": 1250.50, "pipeline_id": board_of(place.large)}
    return {
        "list": Side(place.app, headers, "GET", "/api/v1/deals?page_size=20"),
        "create": Side(place.app, headers, "POST", "/api/v1/deals", deal),
    }


def measure(name: str, side: Side, place: House, rounds: int) -> float:
    """Tells the ratio; gives our own median in milliseconds."""
    ours, floor, said = [], [], Said()
    with psycopg.connect(place.url) as connection:
        for _ in range(min(rounds, WARM_UP) + rounds):
            with recorded(place.app) as said:
                milliseconds, body = side.ours()
            ours.append(milliseconds)
            floor.append(took(bare(connection, apart(said)), {})[0])
    own, others = (median(these[min(rounds, WARM_UP) :]) for these in (ours, floor))
    told = f"{own:.1f} ms to {others:.1f} ms), {count(said)} statements, {len(body):,} bytes"
    sys.stdout.write(f"{name}: {own / others:.2f} times the bare SQL ({told}\n")
    return own


def apart(said: Said) -> Said:
    """The same statements; what is inserted a second time stands on a place of its own."""
    return [(sql, moved(parameters)) for sql, parameters in said]


def moved(parameters: Any) -> Any:
    return (
        parameters | {"rank": parameters["rank"] + 1}
        if isinstance(parameters, dict) and "rank" in parameters
        else parameters
    )


def fill(place: House, wanted: int) -> None:
    """The large organization gets as many deals as are wanted."""
    with place.app.app_context():
        mine = {"pipeline": board_of(place.large), "currency": "EUR"}
        with psycopg.connect(place.url) as owner:
            here = place.large.organization_id
            known, person = owner.execute(
                "select count(*), min(owner_id) from deals where organization_id = %s", (here,)
            ).fetchone() or (0, 0)
        db.session.rollback()
        with db.engine.begin() as connection:
            connection.execute(FILL, mine | {"more": max(0, wanted - known), "owner": person})
        analyze()


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else FLOOR
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    with house() as place:
        fill(place, FLOOR)
        before = {name: measure(f"{name} at {FLOOR:,}", side, place, rounds) for name, side in sides(place).items()}
        if wanted <= FLOOR:
            return
        fill(place, wanted)
        for name, side in sides(place).items():
            own = measure(f"{name} at {wanted:,}", side, place, rounds)
            sys.stdout.write(f"{name}: {own / before[name]:.2f} times its own time at {FLOOR:,}\n")


if __name__ == "__main__":
    main()
