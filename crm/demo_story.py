"""How the demo's deals came to where they stand: every step by a verb, then set back to its day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crm.contacts.models import Company, Contact
from crm.contacts.tags import Tag
from crm.deals.models import Deal
from crm.deals.operations import open_deal
from crm.demo_deals import Card, Closed
from crm.organizations.models import Membership
from crm.pipelines.models import Pipeline, Stage
from crm.tasks.models import Task, add_task
from crm.timeline.models import POSTED, Activity

TOUCHING = (*POSTED, "task_created", "task_done")


@dataclass
class Scene:
    """One organization while it is furnished. People by initials, contacts by their company's name."""

    session: Session
    pipeline: Pipeline
    people: dict[str, Membership]
    now: datetime
    companies: dict[str, Company] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)

    def stage(self, slug: str) -> Stage:
        return next(stage for stage in self.pipeline.stages if stage.slug == slug)

    def tag_ids(self, names: Iterable[str]) -> list[int]:
        return [self.tags[name].id for name in names]

    def path(self, slug: str) -> list[Stage]:
        """The open stages up to this one."""
        return self.pipeline.open_stages[: self.stage(slug).position + 1]

    def ago(self, days: int) -> datetime:
        """So many full days ago, and half an hour more."""
        return self.now - timedelta(days=days, minutes=30)

    def at(self, days: int, clock: str) -> datetime:
        """That time of that day on the owner's wall, but never later than now."""
        zone = ZoneInfo(next(iter(self.people.values())).user.timezone)
        return min(datetime.combine(self.day(-days), time.fromisoformat(clock), zone), self.now)

    def day(self, days: int) -> date:
        """Today plus so many days."""
        return next(iter(self.people.values())).today() + timedelta(days=days)


def happened(scene: Scene, record: Deal | Company | Contact, when: datetime) -> None:
    """What this transaction has just recorded about it happened then."""
    scene.session.flush()
    fresh = (
        Activity.organization_id == record.organization_id,
        getattr(Activity, record.timeline_key) == record.id,
        Activity.created_at == func.now(),
    )
    set_back = update(Activity).where(*fresh).values(created_at=when)
    scene.session.execute(set_back, execution_options={"synchronize_session": False})


def settle(scene: Scene) -> None:
    """The database has put every deal's last activity at this moment; it was when the timeline says."""
    scene.session.flush()
    same = (Activity.organization_id == Deal.organization_id, Activity.deal_id == Deal.id)
    last = select(func.max(Activity.created_at)).where(*same, Activity.type.in_(TOUCHING)).scalar_subquery()
    mine = update(Deal).where(Deal.organization_id == scene.pipeline.organization_id)
    scene.session.execute(mine.values(last_activity_at=last), execution_options={"synchronize_session": False})


def begin(scene: Scene, card: Card, when: datetime, *, by: Membership, **values: Any) -> Deal:
    """The deal as it was opened in the first stage, with its tags."""
    company, contact = scene.companies[card.company], scene.contacts.get(card.company)
    values = {"title": card.title, "amount": Decimal(card.amount), "company_id": company.id} | values
    values["contact_id"] = contact.id if contact else None
    values |= {"currency": card.currency, "tag_ids": scene.tag_ids(card.tags)}
    deal = open_deal(scene.session, scene.pipeline.stages[0], values, by=by)
    deal.created_at = deal.stage_entered_at = when
    happened(scene, deal, when)
    return deal


def move(scene: Scene, deal: Deal, stage: Stage, when: datetime, *, by: Membership, **how: Any) -> None:
    """Into the stage on that day, after the days since the last move."""
    deal.stage_entered_at = scene.now - (when - deal.stage_entered_at)  # the verb counts from now
    deal.move_to(stage, by=by, **how)
    deal.stage_entered_at = when
    happened(scene, deal, when)


def tell(scene: Scene, card: Card, slug: str, said: Iterable[tuple[int, str, str]] = ()) -> Deal:
    """Opened, moved from stage to stage up to this one, with a next step and what was said since."""
    by, path, stay = scene.people[card.owner], scene.path(slug), 4 + len(card.title) % 5
    days = [card.age + stay * later for later in range(len(path))][::-1]
    close = scene.day(75 - 12 * len(path) - len(card.title) % 7)
    deal = begin(scene, card, scene.ago(days[0]), by=by, expected_close_date=close)
    for stage, ago in zip(path[1:], days[1:], strict=True):
        move(scene, deal, stage, scene.ago(ago), by=by)
    if card.step:
        plan(deal, card.step, scene.day(card.due), by=by)
        happened(scene, deal, deal.stage_entered_at)
    for ago, kind, text in said:
        deal.log(kind, text, by=by)
        happened(scene, deal, scene.ago(ago))
    return deal


def plan(deal: Deal, title: str, due_on: date, *, by: Membership, assignee_id: int | None = None) -> Task:
    """A task; one that is late by now was not when it was planned."""
    if due_on >= by.today():
        return add_task(deal, title, due_on, by=by, assignee_id=assignee_id)
    task = Task(organization_id=deal.organization_id, deal_id=deal.id, title=title, due_on=due_on)
    task.assignee_id = assignee_id or by.user_id
    deal.session.add(task)
    deal.session.flush()
    deal.record("task_created", by=by, task_id=task.id, title=title, due_on=due_on.isoformat())
    return task


def tell_closed(scene: Scene, closed: Closed, reasons: dict[str, int]) -> None:
    """All the way to won, or from qualification to lost."""
    by, days = scene.people[closed.owner], min(closed.days, scene.day(0).day - 1)
    card = Card(closed.title, closed.company, closed.amount, closed.owner, None, 0, days + 3)
    deal = tell(scene, card, "qualification" if closed.why else "contract")
    filled = {"lost_reason_id": reasons[closed.why]} if closed.why else {}
    stage = scene.pipeline.stage_of_kind("lost" if closed.why else "won")
    move(scene, deal, stage, scene.ago(days), by=by, filled=filled)
    deal.closed_on = scene.day(-days)


def tell_scanners(scene: Scene, card: Card) -> None:
    """The deal of the design's own page, down to the clock."""
    anna, marek, priya = (scene.people[who] for who in ("AK", "MN", "PS"))
    before = {"amount": Decimal(78_000), "expected_close_date": scene.day(-3)}
    deal = begin(scene, card, scene.at(29, "11:20"), by=priya, **before)
    deal.change({"owner_id": anna.user_id}, by=marek)
    happened(scene, deal, scene.at(28, "09:05"))
    met = "Walked through the Bremen warehouse. Wi-Fi in hall 3 is too weak for scanners, Jonas will have it measured."
    deal.log("meeting", met, by=anna)
    happened(scene, deal, scene.at(27, "15:30"))
    move(scene, deal, scene.stage("qualification"), scene.at(27, "15:40"), by=anna)
    deal.change({"expected_close_date": scene.day(11)}, by=anna)
    offer = plan(deal, "Prepare the offer", scene.day(-7), by=anna)
    happened(scene, deal, scene.at(16, "14:10"))
    deal.change({"expected_close_date": scene.day(29)}, by=marek)
    happened(scene, deal, scene.at(8, "10:02"))
    sent = "Offer NL-2026-0184. Dear Jonas, enclosed is the offer for 120 scanners with three years of support…"
    deal.log("email", sent, by=anna)
    happened(scene, deal, scene.at(8, "16:38"))
    move(scene, deal, scene.stage("proposal"), scene.at(8, "16:40"), by=anna)
    finish_scanners(scene, deal, offer, anna, marek)


def finish_scanners(scene: Scene, deal: Deal, offer: Task, anna: Membership, marek: Membership) -> None:
    """What is done, what is next, and this morning's call."""
    offer.complete(by=anna)
    offer.done_at = scene.at(7, "09:40")
    happened(scene, deal, offer.done_at)
    plan(deal, "Call Jonas Brandt", scene.day(0), by=anna)
    plan(deal, "Send delivery plan in two lots", scene.day(6), by=anna, assignee_id=marek.user_id)
    happened(scene, deal, scene.at(7, "09:45"))
    said = (
        "Happy with the pilot. Wants delivery in two lots, sends the purchase order after the board meets on Tuesday."
    )
    deal.log("call", said, by=anna)
    happened(scene, deal, scene.at(0, "09:12"))
    deal.change({"amount": Decimal(84_000)}, by=anna)
    happened(scene, deal, scene.at(0, "09:14"))
    deal.stage_entered_at = scene.ago(8)
