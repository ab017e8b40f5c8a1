"""A model of the board: `python -m bench.model [moves] [seed]`.

Eight clients, each on a connection of its own, move, open and delete some 200 deals at random; each remembers what was
acknowledged. At every checkpoint they rest, and all readers must see what they remember: the same deals, each once, in
one order; heads that count and sum them; a timeline with every move.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from flask import Flask
from psycopg.errors import DeadlockDetected
from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import NoResultFound, OperationalError

from bench.columns import computed, kept
from bench.house import house
from crm.board.filters import Filter
from crm.board.layout import lay_out, next_page
from crm.database import db, scope
from crm.deals.models import Deal
from crm.deals.operations import open_deal
from crm.deals.queries import deal_to_change
from crm.errors import Refused
from crm.organizations.models import Membership
from crm.pipelines.models import Pipeline, Stage
from crm.timeline.models import Activity

MOVES, DEALS, CLIENTS, CHECKPOINTS = 10_000, 200, 8, 20


@dataclass
class Told:
    """What was acknowledged to the clients: the deals there are, and how often each was moved."""

    deals: set[int] = field(default_factory=set)
    moves: Counter[int] = field(default_factory=Counter)
    deleted: set[int] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)

    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, deal_id: int) -> None:
        with self.lock:
            self.moves[deal_id] += 1


@dataclass
class Model:
    """One organization's first pipeline, and what its clients were told."""

    app: Flask
    organization_id: int
    user_id: int
    seed: int = 1
    told: Told = field(default_factory=Told)

    def run(self, moves: int, *, deals: int = DEALS, clients: int = CLIENTS, checkpoints: int = CHECKPOINTS) -> None:
        """So many acknowledged moves. Raises AssertionError at the first checkpoint that is not right."""
        with self.app.app_context():
            self.me()
            self.told.deals = set(db.session.scalars(self.all_deals()))
            db.session.remove()
        quota = -(-moves // (clients * checkpoints))
        for point in range(checkpoints):
            crew = [Client(self, Random(f"{self.seed}-{point}-{one}"), quota, deals) for one in range(clients)]
            threads = [threading.Thread(target=client.work) for client in crew]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert not [client.failed for client in crew if client.failed]
            self.check()

    def me(self) -> Membership:
        scope(db.session(), organization_id=self.organization_id, user_id=self.user_id)
        return db.session.get_one(Membership, (self.organization_id, self.user_id))

    def check(self) -> None:
        with self.app.app_context():
            me = self.me()
            pipeline = db.session.scalars(select(Pipeline).order_by(Pipeline.id).limit(1)).one()
            self.check_deals()
            self.check_order(pipeline)
            self.check_timeline()
            assert kept(db.session(), me) == computed(db.session(), me), "the heads are not the sums of the deals"
            db.session.remove()

    def all_deals(self) -> Select[int]:
        return select(Deal.id).where(Deal.organization_id == self.organization_id)

    def check_deals(self) -> None:
        there = db.session.scalars(self.all_deals()).all()
        assert Counter(there) == Counter(self.told.deals), "a deal is lost, or doubled, or came back"

    def check_order(self, pipeline: Pipeline) -> None:
        """Every reader turns over all pages of every column."""
        for stage in pipeline.open_stages:
            rows = db.session.execute(
                select(Deal.id, Deal.rank).where(Deal.stage_id == stage.id).order_by(Deal.rank)
            ).all()
            assert len({rank for _, rank in rows}) == len(rows), "two deals have one place"
            readers = select(Membership).where(Membership.organization_id == self.organization_id)
            for reader in db.session.scalars(readers).unique().all():
                assert list(read(reader, pipeline, stage)) == [id for id, _ in rows], "a reader sees another order"

    def check_timeline(self) -> None:
        reordered = (Activity.type == "system") & (Activity.payload["event"].astext == "reordered")
        told = select(Activity.deal_id, func.count()).where(
            Activity.organization_id == self.organization_id, or_(Activity.type == "stage_changed", reordered)
        )
        found = {row.deal_id: row.count for row in db.session.execute(told.group_by(Activity.deal_id))}
        moves = {id: count for id, count in self.told.moves.items() if id in self.told.deals}
        assert found == moves, "the timeline does not have every move once"


def read(reader: Membership, pipeline: Pipeline, stage: Stage) -> Any:
    """The ids of a column as it is turned over page by page."""
    layout = lay_out(db.session(), reader, pipeline, Filter())
    column = next(column for column in layout.columns if column.stage.id == stage.id)
    while True:
        yield from (card.id for card in column.cards)
        if not column.has_more:
            return
        last = column.cards[-1]
        place = {"after": last.key, "after_id": last.id, "pipeline": pipeline.id}
        column = next_page(db.session(), reader, column, Filter(), **place)


@dataclass
class Client:
    """Somebody at work: moves until the quota is acknowledged, with a deal opened or deleted now and then."""

    model: Model
    random: Random
    quota: int
    deals: int
    failed: str = ""

    def work(self) -> None:
        with self.model.app.app_context():
            try:
                while self.quota:
                    self.act()
            except Exception as error:
                self.failed = repr(error)
                raise
            finally:
                db.session.remove()

    def act(self) -> None:
        told, chance = self.model.told, self.random.random()
        few = len(told.deals) < self.deals
        act = self.open if chance < (0.5 if few else 0.03) else self.delete if chance < 0.06 else self.move
        try:
            act(self.model.me())
        except (Refused, NoResultFound) as refused:  # somebody was first
            told.refused[type(refused).__name__] += 1
        except OperationalError as error:
            if not isinstance(error.orig, DeadlockDetected):
                raise
            told.refused["Deadlock"] += 1  # both wait for the other: one is told to try again
        db.session.rollback()

    def stages(self, me: Membership) -> list[Stage]:
        here = (Stage.organization_id == me.organization_id, Stage.kind != "lost")
        first = select(func.min(Pipeline.id)).where(Pipeline.organization_id == me.organization_id).scalar_subquery()
        return list(db.session.scalars(select(Stage).where(*here, Stage.pipeline_id == first).order_by(Stage.id)))

    def any_deal(self) -> int:
        """Often one of the same few: where people work, they work together."""
        known = sorted(self.model.told.deals)
        return self.random.choice(known[:5] if self.random.random() < 0.2 else known)

    def move(self, me: Membership) -> None:
        deal = db.session.scalars(deal_to_change(me, self.any_deal())).unique().one()
        stages = self.stages(me)
        target = deal.stage if self.random.random() < 0.4 else self.random.choice(stages)
        seen = deal.version - (self.random.random() < 0.05)
        where = self.random.choice([{}, {"after": self.any_deal()}, {"before": self.any_deal()}])
        deal.move_to(target, by=me, version=seen, **where)
        db.session.commit()
        self.model.told.note(deal.id)
        self.quota -= 1

    def open(self, me: Membership) -> None:
        values = {"title": "Opened", "amount": Decimal(self.random.randint(1, 10**7)) / 100}
        values["probability"] = self.random.choice([None, 40])
        deal = open_deal(db.session(), self.random.choice(self.stages(me)[:-1]), values, by=me)
        db.session.commit()
        self.model.told.deals.add(deal.id)

    def delete(self, me: Membership) -> None:
        deal = db.session.scalars(deal_to_change(me, self.any_deal())).unique().one()
        deal.delete(by=me)
        db.session.commit()
        self.model.told.deals.discard(deal.id)
        self.model.told.deleted.add(deal.id)


def main() -> None:
    moves = int(sys.argv[1]) if len(sys.argv) > 1 else MOVES
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with house() as place:
        begun, here = time.perf_counter(), place.small.organization_id
        with place.app.app_context():
            scope(db.session(), organization_id=here)
            user = db.session.scalars(select(Membership.user_id)).one()
            db.session.remove()
        model = Model(place.app, here, user, seed)
        model.run(moves)
        told, took = model.told, time.perf_counter() - begun
    done = f"{told.moves.total():,} moves by {CLIENTS} clients in {took:.0f} s: right at {CHECKPOINTS} checkpoints"
    left = f"{len(told.deals)} deals left, {len(told.deleted)} deleted, refused {dict(told.refused)}"
    sys.stdout.write(f"{done}; {left}\n")


if __name__ == "__main__":
    main()
