"""The sums above the columns are kept by triggers: they are those of the deals, whatever happens to these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from threading import Thread
from time import sleep
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import NoResultFound, ProgrammingError, SAWarning, SQLAlchemyError

from bench.columns import computed, kept, rows_of, wrong_steps
from crm.board.filters import Filter
from crm.board.layout import columns_of, lay_out
from crm.database import db, scope
from crm.deals.models import Deal
from crm.deals.operations import delete_stage, open_deal
from crm.errors import Missing, Refused
from crm.organizations.currencies import add_currency
from crm.organizations.models import Membership
from crm.people.handover import hand_over
from crm.pipelines.models import LostReason, Stage
from crm.tasks.models import Task, add_task
from tests.crowd import at_once, crowd


class Office:
    """Somebody who may do everything does something at random."""

    def __init__(self, session: Any, by: Membership, seed: int) -> None:
        self.session, self.by, self.random = session, by, Random(seed)

    def stages(self, kind: str = "open") -> list[Stage]:
        here = (Stage.organization_id == self.by.organization_id, Stage.kind == kind)
        return list(self.session.scalars(select(Stage).where(*here).order_by(Stage.id)))

    def one(self, model: Any) -> Any:
        """Any of those records, as it is now."""
        mine = select(model).where(model.organization_id == self.by.organization_id)
        some = mine.order_by(func.md5(func.concat(model.id, str(self.random.random())))).limit(1)
        return self.session.scalars(some.execution_options(populate_existing=True)).unique().one()

    def values(self) -> dict[str, Any]:
        people = select(Membership.user_id).where(
            Membership.organization_id == self.by.organization_id, Membership.role == "member"
        )
        return {
            "amount": Decimal(self.random.randint(1, 10**6)) / 100,
            "currency": self.random.choice(["EUR", "EUR", "USD", "CHF"]),
            "probability": self.random.choice([None, 0, 33, 100]),
            "owner_id": self.random.choice(list(self.session.scalars(people))),
        }

    def opened(self) -> None:
        open_deal(self.session, self.random.choice(self.stages()), {"title": "New"} | self.values(), by=self.by)

    def changed(self) -> None:
        name, value = self.random.choice(list(self.values().items()))
        self.one(Deal).change({name: value}, by=self.by)

    def moved(self) -> None:
        self.one(Deal).move_to(self.random.choice(self.stages()), by=self.by)

    def won(self) -> None:
        self.one(Deal).win(by=self.by)

    def lost(self) -> None:
        self.one(Deal).lose(by=self.by, filled={"lost_reason_id": self.one(LostReason).id, "lost_note": "So"})

    def closed_earlier(self) -> None:
        closed = select(Deal).where(Deal.organization_id == self.by.organization_id, Deal.closed_on.is_not(None))
        for deal in self.session.scalars(closed.limit(1)):
            deal.closed_on = self.by.today() - timedelta(days=40)

    def deleted(self) -> None:
        self.one(Deal).delete(by=self.by)

    def planned(self) -> None:
        add_task(self.one(Deal), "Call", self.by.today() + timedelta(days=self.random.randint(0, 9)), by=self.by)

    def done(self) -> None:
        self.one(Task).complete(by=self.by)

    def undone(self) -> None:
        self.one(Task).reopen(by=self.by)

    def put_off(self) -> None:
        self.one(Task).change({"due_on": self.by.today() + timedelta(days=self.random.randint(0, 99))}, by=self.by)

    def dropped(self) -> None:
        self.one(Task).delete(by=self.by)

    def task_given_to_another_deal(self) -> None:
        self.one(Task).deal_id = self.one(Deal).id

    def chance_of_a_stage(self) -> None:
        self.random.choice(self.stages()).probability = self.random.randint(0, 100)

    def regretted(self) -> None:
        point = self.session.begin_nested()
        self.moved(), self.planned()
        self.session.flush()
        point.rollback()

    VERBS = (opened, opened, opened, changed, changed, moved, moved, won, lost, closed_earlier, deleted, planned)
    VERBS += (planned, done, undone, put_off, dropped, task_given_to_another_deal, chance_of_a_stage, regretted)

    def act(self) -> None:
        with suppress(Refused, NoResultFound), self.session.begin_nested():
            self.random.choice(self.VERBS)(self)
            self.session.flush()


def agree(session: Any, *members: Membership) -> None:
    session.flush()
    for member in members:
        assert kept(session, member) == computed(session, member), member.user.name
    assert wrong_steps(session) == 0


def head(world: Any) -> Any:
    return columns_of(world.session, world.olga, world.pipeline.stages, Filter())[0].head


@pytest.mark.parametrize("seed", range(3))
def test_after_whatever_happens_the_kept_sums_are_those_of_the_deals(world, seed):
    add_currency(world.session, "USD", Decimal("0.9137"), by=world.olga)
    office = Office(world.session, world.olga, seed)
    for setting in ("everyone", "team", "own"):
        world.acme.visibility = setting
        for _ in range(40):
            office.act()
        agree(world.session, world.olga, world.max, world.lena, world.vera)
    lead, proposal = world.stage("lead"), world.stage("proposal")
    delete_stage(world.session, lead, move_to=proposal, by=world.olga)
    agree(world.session, world.olga, world.max)
    hand_over(world.session, world.max, world.mona, by=world.olga)
    agree(world.session, world.olga, world.max, world.mona)
    assert any(head.total for stage, head in kept(world.session, world.mona).items() if stage)


def test_the_organizations_currency_and_its_rates_count_as_they_are_now(world):
    world.another_deal(amount=Decimal("100.10"), currency="USD")
    rate = add_currency(world.session, "USD", Decimal("0.5"), by=world.olga)
    world.session.flush()
    assert head(world).total == Decimal("1050.05")
    rate.rate = Decimal("0.25")
    world.session.flush()
    assert head(world).total == Decimal("1025.025")
    world.acme.currency = "USD"
    assert (head(world).total, head(world).unconverted) == (Decimal("100.10"), 1)


def test_what_many_rows_say_is_summed_up_on_the_way(world):
    loop = "for n in 1..1000 loop update deals set amount = n where id = {}; end loop"
    world.session.execute(text(f"do $$ begin {loop.format(world.deal.id)}; end $$"))
    assert rows_of(world.session, world.stage("lead").id) < 600  # one in 64, by chance
    agree(world.session, world.olga)


def test_a_new_order_in_a_column_writes_no_sums(world):
    world.another_deal()
    world.session.flush()
    before = rows_of(world.session, world.stage("lead").id)
    world.session.execute(text("update deals set rank = rank * 2, title = 'x'"))
    assert rows_of(world.session, world.stage("lead").id) == before


PLAIN = {"title": "Plain", "amount": 1}
WRITES = ("insert into stage_sums default values", "delete from stage_sums", "select sum_up(1, 1, now()::date)")


@pytest.mark.parametrize("act", WRITES)
def test_the_application_itself_can_not_write_sums(world, act):
    with pytest.raises(ProgrammingError, match="permission denied"):
        world.session.execute(text(act))


def test_a_column_with_a_filter_is_counted_as_before(world):
    world.another_deal("Idle", amount=Decimal(5))
    world.session.flush()
    idle = columns_of(world.session, world.max, world.pipeline.stages, Filter(idle=True))[0].head
    assert (idle.count, idle.total, idle.idle) == (1, 5, 1)


@pytest.mark.parametrize(("most", "told"), [(999, "2"), (1, "1+")])
def test_rotting_deals_are_counted_as_far_as_can_be_told(world, browser, monkeypatch, most, told):
    for title in ("Quiet", "Quiet too", "Planned"):
        world.another_deal(title).stage_entered_at = datetime.now(UTC) - timedelta(days=8)
    world.session.flush()
    planned = world.session.scalars(select(Deal).where(Deal.title == "Planned")).one()
    add_task(planned, "Call", world.max.today() + timedelta(days=1), by=world.max)
    world.session.execute(text("update deals set last_activity_at = null"))
    world.session.commit()
    found = lay_out(world.session, world.max, world.pipeline, Filter())
    assert found.rotting == 2
    assert lay_out(world.session, world.max, world.pipeline, Filter(rotting=True)).rotting == 2
    monkeypatch.setattr("crm.board.layout.Layout.most", most)
    assert f'Rotting <span class="chip__n" data-count="rotting">{told}<' in browser.as_(world.max).get("/deals/").text


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, dict[str, int]]]:
    with crowd(request, "sums") as made:
        yield made


def person(ids: dict[str, int], name: str = "olga") -> Membership:
    scope(db.session(), organization_id=ids["organization"], user_id=ids[name])
    return db.session.get_one(Membership, (ids["organization"], ids[name]))


def busy(ids: dict[str, int], seed: int) -> Callable[[], None]:
    def work() -> None:
        office = Office(db.session(), person(ids), seed)
        for number in range(40):
            try:
                office.act()
                db.session.rollback() if number % 8 == 7 else db.session.commit()
            except (SQLAlchemyError, SAWarning, Missing):  # changed or gone meanwhile: answered with 409 or 404
                db.session.rollback()
            office.by = person(ids)

    return work


def test_eight_at_once_leave_the_right_sums_while_they_are_summed_up(crowded):
    app, ids = crowded
    ends = at_once(app, [busy(ids, seed) for seed in range(8)])
    assert ends == [None] * 8
    with app.app_context():
        member = person(ids)
        agree(db.session(), member)
        rows = [rows_of(db.session(), stage) for stage in kept(db.session(), member) if stage]
        assert sum(head.count for stage, head in kept(db.session(), member).items() if stage) > 20
        assert max(rows) < 400


def test_a_task_waits_for_its_deal_before_it_is_held_itself(crowded):
    app, ids = crowded
    with app.app_context():
        by = person(ids)
        deal = open_deal(db.session(), db.session.get_one(Stage, (by.organization_id, ids["lead"])), PLAIN, by=by)
        task = add_task(deal, "Call", by.today(), by=by).id
        db.session.commit()
        db.session.execute(text("select from deals where id = :id for no key update"), {"id": deal.id})

        def complete() -> None:
            by = person(ids)
            db.session.get_one(Task, (by.organization_id, task)).complete(by=by)
            db.session.commit()

        ends: list[Any] = []
        other = Thread(target=lambda: ends.extend(at_once(app, [complete])))
        other.start()
        sleep(0.5)
        db.session.execute(text("update tasks set title = 'Write' where id = :id"), {"id": task})
        db.session.commit()
        other.join()
    assert ends == [None]


def test_of_tasks_made_at_once_the_first_due_is_the_next_step(crowded):
    app, ids = crowded
    with app.app_context():
        by = person(ids)
        here = db.session.get_one(Stage, (ids["organization"], ids["proposal"]))
        deals = [open_deal(db.session(), here, {"title": "Busy", "amount": 1}, by=by).id for _ in range(5)]
        db.session.commit()

    def plan(days: int) -> None:
        by = person(ids)
        for number in deals:
            deal = db.session.get_one(Deal, (by.organization_id, number))
            add_task(deal, "Call", by.today() + timedelta(days=days), by=by)
            db.session.commit()

    assert at_once(app, [lambda days=days: plan(days) for days in (5, 3, 1, 2, 4, 9)]) == [None] * 6
    with app.app_context():
        person(ids)
        assert wrong_steps(db.session()) == 0
