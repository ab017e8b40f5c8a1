"""A board of 50,000 open deals against one of 2,000, in one house: `python -m bench.scale [deals] [rounds]`.

Both answer by turns in one run and the ratio of their medians is told: the first screen, a page of further cards, a
move into the middle of another column, the first screen of who sees only the own deals.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from random import Random
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import func, select

from bench.board import WARM_UP, answer
from bench.house import Browser, Plot, analyze, founded, plot, scalar, signed_in
from bench.statements import count, recorded
from crm.accounts.models import User
from crm.database import db
from crm.deals.models import Deal
from crm.organizations.models import Membership
from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from crm.pipelines.models import Stage
from crm.pipelines.operations import first_pipeline

MANY, TIMES, ROUNDS, PEOPLE = 50_000, 25, 200, 20

# A third has no next step, a fifth a chance of its own, a tenth is in dollars; some are quiet for long.
FILL = """
    with people as (
        select user_id, row_number() over (order by user_id) - 1 as place, count(*) over () as n
        from memberships where organization_id = %(here)s
    ), columns as (
        select id as stage_id, row_number() over (order by position) - 1 as place, count(*) over () as n
        from stages where organization_id = %(here)s and kind = 'open'
    ), firms as (
        insert into companies (organization_id, name, owner_id)
        select %(here)s, 'Company ' || i, user_id from generate_series(1, 200) i join people on place = i %% n
        returning id
    ), listed as (
        select id as company_id, row_number() over (order by id) - 1 as place from firms
    ), made as (
        insert into deals (organization_id, title, amount, currency, probability, stage_id, rank, owner_id, company_id,
            created_at, stage_entered_at, last_activity_at)
        select %(here)s, 'Deal ' || i, i %% 5000 + 1, case when i %% 10 = 0 then 'USD' else 'EUR' end,
            case when i %% 5 = 0 then i %% 101 end, stage_id, i * 4294967296, user_id, company_id,
            now() - make_interval(secs => i), now() - make_interval(hours => i %% 1000),
            case when i %% 2 = 0 then now() - make_interval(hours => i %% 700) end
        from generate_series(1, %(deals)s) i
        join people on people.place = i %% people.n join columns on columns.place = i %% columns.n
        join listed on listed.place = i %% 200
        returning id, owner_id
    ), tagged as (
        insert into deal_tags (organization_id, deal_id, tag_id)
        select %(here)s, made.id, tags.id from made join tags on tags.organization_id = %(here)s
            and (made.id + tags.id) %% 3 = 0
    )
    insert into tasks (organization_id, deal_id, title, due_on, assignee_id)
    select %(here)s, id, 'Call again', current_date + (id %% 40 - 10)::int, owner_id from made where id %% 3 > 0
"""
EXTRAS = """
    insert into currencies (organization_id, code, rate) values (%(here)s, 'USD', 0.92);
    insert into tags (organization_id, name, color) select %(here)s, name, 'rose' from unnest(array['Hot', 'New']) name
"""


@dataclass
class Board:
    """Somebody's board with so many open deals; what is asked of it changes nothing but places."""

    browser: Browser
    random: Random

    def __post_init__(self) -> None:
        here = (Stage.organization_id == self.browser.organization_id, Stage.kind == "open")
        stages = select(Stage.id).where(*here).order_by(Stage.position)
        self.stages = [scalar(self.browser, stages.offset(place).limit(1)) for place in range(5)]
        pipeline = select(Stage.pipeline_id).where(*here).limit(1)
        self.path = f"/pipelines/{scalar(self.browser, pipeline)}/board"

    def page(self) -> dict[str, Any]:
        return self.browser.request(self.path)

    def more(self) -> dict[str, Any]:
        """Further cards, far down in a column."""
        stage = self.random.choice(self.stages)
        rank = scalar(self.browser, select(func.max(Deal.rank)).where(Deal.stage_id == stage)) * 2 // 3
        return self.browser.request(f"/stages/{stage}/cards?after={rank}~0")

    def move(self) -> dict[str, Any]:
        """A card from anywhere goes below a card in the middle of another column."""
        left, entered = self.random.sample(self.stages, 2)
        deal, version = self.card(left, Deal.id, Deal.version)
        (neighbour,) = self.card(entered, Deal.id)
        form = {"version": version, "stage_id": entered, "after_id": neighbour}
        request = self.browser.request(f"/deals/{deal}/move", form)
        return request | {"wsgi.input": BytesIO(request["wsgi.input"].read())}

    def card(self, stage: int, *columns: Any) -> Any:
        """Of a deal somewhere in the column; beside a rank that nobody has."""
        highest = scalar(self.browser, select(func.max(Deal.rank)).where(Deal.stage_id == stage))
        beside = Deal.rank >= self.random.randint(1, highest)
        near = select(func.json_build_array(*columns)).where(Deal.stage_id == stage, beside)
        return scalar(self.browser, near.order_by(Deal.rank).limit(1))


def organization(place: Plot, name: str, deals: int) -> tuple[Board, Board]:
    """One with so many open deals of twenty people, seen by its owner, and by a member who sees only the own ones."""
    with place.app.app_context():
        owner = founded(name)
        first_pipeline(db.session(), owner.organization)
        staff = [hired(owner, f"{name}-{number}") for number in range(PEOPLE)]
        staff[0].user.set_password("correct horse battery")
        db.session.commit()
        here = owner.organization_id
        db.session.remove()
    with psycopg.connect(place.url) as connection:
        connection.execute(EXTRAS.replace("%(here)s", str(here)))
        connection.execute(FILL, {"here": here, "deals": deals})
    with place.app.app_context():
        analyze()
    boards = (Board(signed_in(place.app, f"{who}@example.com"), Random(7)) for who in (name, f"{name}-0"))
    return next(boards), next(boards)


def hired(owner: Membership, name: str) -> Membership:
    user = User(email=f"{name}@example.com", name=name.title())
    db.session.add(user)
    db.session.flush()
    return take_in(db.session(), owner.organization, user, Role.MEMBER)


def set_visibility(place: Plot, setting: str) -> None:
    with psycopg.connect(place.url) as connection:
        connection.execute("update organizations set visibility = %s", (setting,))


def by_turns(few: Callable[[], Any], many: Callable[[], Any], rounds: int) -> Iterator[tuple[float, float, int, int]]:
    """Milliseconds and statements of both, after a warm-up."""
    for number in range(min(rounds, WARM_UP) + rounds):
        told = []
        for ask in (few, many):
            request, app = ask()
            with recorded(app) as said:
                told.append((answer(app, request)[0], count(said)))
        if number >= min(rounds, WARM_UP):
            (small, one), (large, other) = told
            yield small, large, one, other


def measure(name: str, kind: str, few: Board, many: Board, rounds: int) -> None:
    sides = [lambda board=board: (getattr(board, kind)(), board.browser.app) for board in (few, many)]
    small, large, one, other = zip(*by_turns(*sides, rounds), strict=True)
    times = f"{median(large) / median(small):.2f} times ({median(large):.1f} ms to {median(small):.1f} ms)"
    sys.stdout.write(f"{name}: {times}, {max(other)} statements (of few: {max(one)})\n")


def main() -> None:
    deals = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    with plot() as place:
        few, mine_of_few = organization(place, "few", deals // TIMES)
        many, mine_of_many = organization(place, "many", deals)
        for name, kind in (("first screen", "page"), ("further cards", "more"), ("move", "move")):
            measure(name, kind, few, many, rounds)
        set_visibility(place, "own")
        measure("first screen of who sees only the own deals", "page", mine_of_few, mine_of_many, rounds)
        measure("further cards of the same", "more", mine_of_few, mine_of_many, rounds)


if __name__ == "__main__":
    main()
