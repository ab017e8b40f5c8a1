"""Numbers are kept until a change could have altered them, and not a moment longer: real connections, real commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from crm.cached import LOOK, Cache, Kept, cache, kept
from crm.database import db, scope
from crm.deals.models import Deal
from crm.deals.operations import delete_stage, open_deal
from crm.organizations.models import Membership
from crm.people.distribution import distribute
from crm.pipelines.models import LostReason, Pipeline, Stage
from crm.pipelines.operations import add_stage, order_stages
from crm.reports.queries import funnel, stage_statistics, summary
from crm.timeline.models import Activity
from tests.crowd import at_once, crowd


@dataclass
class Person:
    """A member at work on a connection of their own."""

    session: Session
    member: Membership
    ids: dict[str, int]

    def deal(self, number: int | None = None) -> Deal:
        return self.session.get_one(Deal, (self.ids["organization"], number or self.ids["deal"]))

    def stage(self, slug: str) -> Stage:
        return self.session.get_one(Stage, (self.ids["organization"], self.ids[slug]))

    @property
    def pipeline(self) -> Pipeline:
        return self.stage("won").pipeline

    def open(self, title: str = "One more", slug: str = "lead", **values: Any) -> Deal:
        return open_deal(self.session, self.stage(slug), {"title": title, "amount": 5} | values, by=self.member)

    def lost(self) -> dict[str, int]:
        reasons = select(LostReason.id).where(LostReason.organization_id == self.ids["organization"])
        return {"lost_reason_id": self.session.scalars(reasons).first() or 0}

    def numbers(self) -> tuple[Any, ...]:
        """All that is told: for everybody's deals, and for Max's."""
        ask, max_ = (self.session, self.member), self.ids["max"]
        everything = (summary(*ask, days=7), funnel(*ask, self.pipeline), stage_statistics(*ask, self.pipeline))
        return *everything, summary(*ask, owner_id=max_), funnel(*ask, self.pipeline, owner_id=max_)


@dataclass
class Office:
    """Acme, in a database where things stay."""

    app: Flask
    ids: dict[str, int]

    @contextmanager
    def person(self, name: str = "olga") -> Iterator[Person]:
        with Session(db.engine, expire_on_commit=False) as session:
            scope(session, organization_id=self.ids["organization"], user_id=self.ids[name])
            member = session.get_one(Membership, (self.ids["organization"], self.ids[name]))
            yield Person(session, member, self.ids)

    def numbers(self, name: str = "olga") -> tuple[Any, ...]:
        with self.person(name) as person:
            return person.numbers()

    def total(self, name: str = "olga") -> int:
        with self.person(name) as person:
            return summary(person.session, person.member).total.count

    def change(self, verb: Callable[[Person], Any]) -> None:
        with self.person() as person:
            verb(person)
            person.session.commit()


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, dict[str, int]]]:
    with crowd(request, "kept") as made:
        yield made


@pytest.fixture
def office(crowded: tuple[Flask, dict[str, int]]) -> Iterator[Office]:
    app, ids = crowded
    cache.clear()
    with app.app_context():
        yield Office(app, ids)


@pytest.fixture
def sent(office: Office) -> Iterator[list[str]]:
    """The statements that count deals, as they reach the database."""
    heavy: list[str] = []

    def note(conn: object, cursor: object, statement: str, *_: object) -> None:
        if "FROM deals" in statement and "count(" in statement:
            heavy.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield heavy
    event.remove(db.engine, "before_cursor_execute", note)


def win_and_reopen(person: Person) -> None:
    person.deal().win(by=person.member)
    person.deal().reopen(by=person.member)


def to_mona(person: Person) -> None:
    assert distribute(person.session, "deals", [person.ids["deal"]], [person.ids["mona"]], by=person.member) == 1


def turned_round(person: Person) -> None:
    ids = [stage.id for stage in person.pipeline.open_stages]
    order_stages(person.session, person.pipeline, ids[::-1], by=person.member)


def without_a_stage(person: Person) -> None:
    delete_stage(person.session, person.stage("negotiation"), move_to=person.stage("lead"), by=person.member)


CHANGES: dict[str, Callable[[Person], Any]] = {  # each finds the office as those before it left it
    "opened": lambda one: one.open(),
    "amount": lambda one: one.deal().change({"amount": 77}, by=one.member),
    "chance": lambda one: one.deal().change({"probability": 33}, by=one.member),
    "moved": lambda one: one.deal().move_to(one.stage("negotiation"), by=one.member),
    "won and reopened": win_and_reopen,
    "won": lambda one: one.deal().win(by=one.member),
    "reopened": lambda one: one.deal().reopen(by=one.member),
    "lost": lambda one: one.deal().lose(by=one.member, filled=one.lost()),
    "given away": to_mona,
    "stages turned round": turned_round,
    "stage renamed": lambda one: one.stage("lead").change({"name": "First"}, by=one.member),
    "stage weighed": lambda one: one.stage("lead").change({"probability": 99}, by=one.member),
    "stage added": lambda one: add_stage(one.session, one.pipeline, {"name": "S", "color": "teal"}, by=one.member),
    "deal in the stage": lambda one: one.open(slug="negotiation"),
    "stage deleted": without_a_stage,
    "deleted": lambda one: one.deal().delete(by=one.member),
}


NEWEST = select(func.max(Activity.id))


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_the_numbers_are_new(office, change):
    before = office.numbers()
    assert office.numbers() == before
    office.change(CHANGES[change])
    after = office.numbers()
    cache.clear()
    assert after == office.numbers() != before


def test_without_a_change_nothing_is_computed_again(office, sent):
    office.numbers()
    assert len(sent) == 4, "summary and funnel, of all and of one owner; statistics join deals to the stages"
    sent.clear()
    assert office.numbers() == office.numbers()
    assert sent == []


def test_what_another_organization_does_costs_nothing_here(office, sent):
    office.numbers()
    sent.clear()
    with Session(db.engine) as session:
        bolt = office.ids["organization"] - 1
        scope(session, organization_id=bolt)
        deal = session.scalars(select(Deal).where(Deal.organization_id == bolt)).one()
        deal.change({"title": "Still scanners"}, by=session.get_one(Membership, (bolt, deal.owner_id)))
        session.commit()
    sent.clear()
    office.numbers()
    assert sent == []


def test_a_commit_that_comes_late_is_in_the_next_answer(office, sent):
    with office.person() as early, office.person() as late:
        early.open("Drawn first")
        first = early.session.scalar(NEWEST)
        late.open("Committed first", slug="proposal")
        late.session.commit()
        assert first < late.session.scalar(NEWEST)
        before = office.total()
        assert office.total() == before and len(sent) == 1, "kept while the early one is still open"
        early.session.commit()
        assert office.total() == before + 1


def test_many_at_once_are_never_told_less_than_they_committed(office):
    before = office.total()

    def act() -> bool:
        for _ in range(10):
            with office.person() as person:
                person.open()
                person.session.commit()
                known = summary(person.session, person.member).total.count
            if known > office.total():
                return False
        return True

    assert at_once(office.app, [act] * 4) == [True] * 4
    assert office.total() == before + 40


def test_who_has_written_is_told_of_it_and_nobody_else(office):
    before = office.total()
    with office.person() as person:
        person.open()
        assert summary(person.session, person.member).total.count == before + 1
        assert office.total() == before
        person.session.rollback()
    assert office.total() == before


def test_what_is_rolled_back_was_never_kept(office):
    with office.person() as person:
        office.change(lambda one: one.open())
        before = summary(person.session, person.member).total.count
        person.open()
        with office.person() as other:  # a later transaction ends first: the snapshot now looks past the open one
            other.open(slug="proposal")
            other.session.commit()
        cache.clear()
        assert summary(person.session, person.member).total.count == before + 2
        person.session.rollback()
    assert office.total() == before + 1


def test_what_is_not_yet_flushed_counts_as_written(office):
    office.change(lambda one: one.open("Dollars"))
    before = office.numbers()
    for forget in (lambda: None, cache.clear):
        with office.person() as person:
            deal = person.session.scalars(select(Deal).where(Deal.title == "Dollars")).one()
            forget()
            deal.currency = "USD"  # waits in the session, which writes at its next query
            assert person.numbers()[0].total.unconverted
            person.session.rollback()
        assert office.numbers() == before


def test_a_change_while_the_numbers_are_computed_makes_them_old(office):
    def count(person: Person) -> int:
        return person.session.scalars(select(func.count()).select_from(Deal)).one()

    def overtaken(person: Person) -> int:
        known = count(person)
        office.change(lambda one: one.open())
        return known

    with office.person() as person:
        organization = person.member.organization_id
        known = kept(person.session, organization, "deals", lambda: overtaken(person))
        assert kept(person.session, organization, "deals", lambda: count(person)) == known + 1


def test_those_who_see_different_deals_are_told_different_numbers(office):
    with office.person() as person:
        person.member.organization.change({"visibility": "own"}, by=person.member)
        person.open(owner_id=person.ids["max"])
        person.open()
        person.session.commit()
    seen = [office.total(name) for name in ("max", "vera", "olga", "max")]
    assert seen[0] == seen[3] > seen[1] == 0 and seen[2] > seen[0]


def test_a_session_of_another_organization_is_not_told_what_is_kept(office):
    with office.person() as person:
        member = person.member
        assert summary(person.session, member).total.count > 0
    with Session(db.engine) as session:
        scope(session, organization_id=office.ids["organization"] - 1)
        assert summary(session, member).total.count == 0


def test_numbers_of_the_future_keep_nothing(office, sent):
    with office.person() as person:
        person.open().log("comment", "From a later time.", by=person.member).txid = 2**40
        person.session.commit()
    before = office.total()
    office.change(lambda one: one.open())
    assert (office.total(), office.total(), len(sent)) == (before + 1, before + 1, 3)
    with office.person() as person:
        person.session.execute(text("delete from activities where txid = 1099511627776"))
        person.session.commit()


def test_the_look_is_answered_by_the_indexes_alone(office):
    with office.person() as person:
        person.session.execute(text("set local enable_seqscan = off"))
        asked = {"organization": office.ids["organization"], "snapshot": "900:900:"}
        plan = "\n".join(person.session.scalars(text(f"explain {LOOK.text}"), asked))
    for table in ("activities", "audit_entries"):
        assert f"using ix_{table}_txid" in plan
    assert plan.count("Index Cond: ((organization_id = ") == 2 and plan.count("(txid >= ") == 2


def test_a_full_cache_forgets_what_was_longest_unasked():
    small = Cache(2)
    small.put("a", Kept("1:1:", 1))
    small.put("b", Kept("1:1:", 2))
    assert small.get("a") == Kept("1:1:", 1)
    small.put("c", Kept("1:1:", 3))
    assert (small.get("b"), list(small.entries)) == (None, ["a", "c"])
