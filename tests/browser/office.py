"""An organization stored for good, with the people that the browser tests play."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from playwright.sync_api import Locator, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.database import scope
from crm.deals.models import Deal
from crm.deals.operations import open_deal
from crm.organizations.models import Membership
from crm.organizations.operations import found_organization, take_in
from crm.organizations.permissions import Role
from crm.pipelines.models import Pipeline, Stage
from crm.pipelines.operations import first_pipeline
from tests.browser.windows import Windows

PASSWORD = "correct horse battery"
numbers = itertools.count(1)


@dataclass
class Office:
    """Olga owns it, Mona is a manager, Max a member."""

    session: Session
    windows: Windows
    olga: Membership
    mona: Membership
    max: Membership
    pipeline: Pipeline

    @classmethod
    def open(cls, session: Session, windows: Windows) -> Office:
        session.rollback()
        olga = found_organization(session, f"Acme {next(numbers)}", owner=person(session, "Olga Owen"))
        mona = take_in(session, olga.organization, person(session, "Mona Meyer"), Role.MANAGER)
        max_ = take_in(session, olga.organization, person(session, "Max Moser"), Role.MEMBER)
        pipeline = first_pipeline(session, olga.organization)
        session.commit()
        return cls(session, windows, olga, mona, max_, pipeline)

    def enter(self) -> None:
        """The session works in this organization again."""
        self.session.rollback()
        scope(self.session, organization_id=self.olga.organization_id, user_id=self.olga.user_id)

    def stage(self, slug: str) -> Stage:
        return next(stage for stage in self.pipeline.stages if stage.slug == slug)

    def deal(
        self, title: str, stage: str | Stage = "lead", *, by: Membership | None = None, amount: str = "1000"
    ) -> Deal:
        """On top of the stage; Max's unless said otherwise."""
        stage = self.stage(stage) if isinstance(stage, str) else stage
        deal = open_deal(self.session, stage, {"title": title, "amount": Decimal(amount)}, by=by or self.max)
        self.session.commit()
        return deal

    def deals(self, *titles: str, stage: str = "lead") -> list[Deal]:
        """In this order from the top."""
        return [self.deal(title, stage) for title in reversed(titles)][::-1]

    def stored(self, deal: Deal) -> Deal:
        """The deal as the database has it now."""
        self.session.rollback()
        return self.session.scalars(
            select(Deal).where(Deal.id == deal.id).execution_options(populate_existing=True)
        ).one()

    def order(self, stage: Stage) -> list[int]:
        """The deals of the stage from top to bottom, as stored."""
        self.session.rollback()
        return list(self.session.scalars(select(Deal.id).where(Deal.stage_id == stage.id).order_by(Deal.rank)))

    def window(self, member: Membership, path: str = "/deals/", **options: Any) -> Page:
        """A window of that member; see DESK and PHONE for the options."""
        return self.windows.of(member.user.email, PASSWORD, path, **options)


def person(session: Session, name: str) -> User:
    """A login with an address of its own."""
    someone = User(email=f"{name.split(maxsplit=1)[0].lower()}-{next(numbers)}@example.com", name=name)
    someone.set_password(PASSWORD)
    session.add(someone)
    session.flush()
    return someone


def card(page: Page, deal: Deal) -> Locator:
    return page.locator(f"#deal-{deal.id}")


def link(page: Page, title: str) -> Locator:
    """Of a card, but not of the copy that glides over the board."""
    return page.locator("#board").get_by_role("link", name=title, exact=True)


def column(page: Page, stage: Stage) -> Locator:
    """The titles of the column's cards, from top to bottom."""
    return page.locator(f"#cards-{stage.id} > .card .card__title")


def count(page: Page, stage: Stage) -> Locator:
    return page.locator(f"#head-{stage.id} .column__n")
