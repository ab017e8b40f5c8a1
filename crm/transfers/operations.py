"""Importing deals: all rows of a file or none, and no row twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.deals.models import Deal, DealTag
from crm.deals.moving import asked_by, refuse_full
from crm.deals.ranking import GAP
from crm.errors import Invalid
from crm.organizations.models import Membership
from crm.pipelines.models import NOT_ALLOWED, LostReason, Stage
from crm.transfers.maven import Book, read_book
from crm.transfers.maven_rows import CLOSING, Opportunity, key_of
from crm.transfers.people import Staff, bring_in
from crm.transfers.reading import reason
from crm.transfers.references import PIPELINE, companies_for, lost_reason_for, stages_for, tags_for

SOURCE = "maven:"


@dataclass(frozen=True)
class Imported:
    """What an import did: how many deals it made, and how many of the file were there before."""

    made: int
    present: int

    def __str__(self) -> str:
        if not self.made:
            return f"Nothing to import: all {self.present:,} deals are here already."
        before = f"; {self.present:,} were here already and stay as they are" if self.present else ""
        return f"Deals imported into {PIPELINE}: {self.made:,}{before}."


def import_deals(session: Session, path: Path, *, by: Membership) -> Imported:
    """Loads the file and those beside it into the member's organization.

    Raises BadRows, naming all of them, or Invalid when a file is none at all; then nothing may be committed.
    """
    by.must("pipelines.edit", words=NOT_ALLOWED)
    book = read_book(path)
    drafts = [(one, drafted(book, one, by)) for one in book.opportunities]
    book.raise_problems()
    session.refresh(by.organization, with_for_update={"key_share": True})  # one import at a time
    present = deals_present(session, by)
    new = [(one, deal) for one, deal in drafts if deal.external_id not in present]
    if new:
        Loading(session, book, by).load(new)
    return Imported(len(new), len(drafts) - len(new))


def drafted(book: Book, one: Opportunity, by: Membership) -> Deal:
    """The deal of that row as far as the row alone tells. What the rules refuse is noted in the book."""
    product, now = book.product_name(one), datetime.now(UTC)
    deal = Deal(organization_id=by.organization_id, external_id=SOURCE + one.name, currency=by.organization.currency)
    deal.title = f"{product} for {one.account}" if one.account else product
    deal.amount = book.amount(one)
    deal.status = {"prospecting": "new", "engaging": "in_progress"}.get(one.stage, one.stage)
    deal.closed_on = one.closed_on if one.stage in CLOSING else None
    deal.expected_close_date = None if one.stage in CLOSING else one.closed_on
    deal.created_at = noon(one.engaged_on) or now
    deal.stage_entered_at = noon(deal.closed_on) or noon(one.engaged_on) or now
    try:
        deal.check({"title": deal.title})
    except Invalid as error:
        book.refuse(one, reason(error))
    return deal


def noon(day: date | None) -> datetime | None:
    """A moment that is on that day in nearly every time zone."""
    return datetime.combine(day, time(12), UTC) if day else None


def deals_present(session: Session, by: Membership) -> set[str | None]:
    """External ids from earlier imports."""
    mine = select(Deal.external_id).where(Deal.organization_id == by.organization_id)
    return set(session.scalars(mine.where(Deal.external_id.startswith(SOURCE))))


@dataclass
class Loading:
    """One import on its way into the database; rows go there in batches."""

    session: Session
    book: Book
    by: Membership

    def load(self, new: list[tuple[Opportunity, Deal]]) -> None:
        """Everything that the deals point at, then the deals, their tags and their activities."""
        stages, lost = stages_for(self.session, self.by), lost_reason_for(self.session, self.by)
        staff = bring_in(self.session, self.by.organization, self.book)
        companies = companies_for(self.session, self.book, self.by)
        with self.session.no_autoflush:
            self.session.add_all(deal for _, deal in new)
            for one, deal in new:
                self.connect(one, deal, staff, companies, lost)
                if missing := asked_by(stages[one.stage], deal, self.by):
                    self.book.refuse(one, next(iter(missing.values())))
            self.book.raise_problems()
            self.place(new, stages)
        self.session.flush()
        self.follow_up(new)
        for stage, deal in {one.stage: deal for one, deal in new}.items():
            refuse_full(deal, stages[stage])

    def connect(self, one: Opportunity, deal: Deal, staff: Staff, companies: dict[str, int], lost: LostReason) -> None:
        """Whose it is, with whom, and why it was lost."""
        deal.owner_id = staff.owner_id(one.agent)
        deal.company_id = companies[one.account.casefold()] if one.account else None
        deal.lost_reason_id = lost.id if one.stage == "lost" else None

    def place(self, new: list[tuple[Opportunity, Deal]], stages: dict[str, Stage]) -> None:
        """Below what is in each stage, in the file's order; the stages stay locked until the transaction ends."""
        last: dict[str, int] = {}
        for slug, stage in sorted(stages.items(), key=lambda pair: pair[1].id):
            self.session.refresh(stage, with_for_update={"key_share": True})
            highest = select(func.max(Deal.rank)).where(Deal.organization_id == stage.organization_id)
            last[slug] = self.session.scalar(highest.where(Deal.stage_id == stage.id)) or 0
        for one, deal in new:
            last[one.stage] += GAP
            deal.stage_id, deal.rank = stages[one.stage].id, last[one.stage]

    def follow_up(self, new: list[tuple[Opportunity, Deal]]) -> None:
        """Each deal's tag, and where it came from."""
        tags = tags_for(self.session, self.book, self.by)
        for one, deal in new:
            tag = DealTag(organization_id=deal.organization_id, deal_id=deal.id, tag_id=tags[key_of(one.product)])
            self.session.add(tag)
            deal.record("imported", by=self.by, opportunity_id=one.name, file=self.book.file)
        self.session.flush()
