"""flask crm demo: what a newcomer finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from crm import cli
from crm.accounts.models import User
from crm.accounts.passwords import passwords
from crm.accounts.queries import user_with_email
from crm.board.filters import in_stage, rots
from crm.contacts.models import Company, Contact
from crm.database import db, scope
from crm.deals.models import Deal
from crm.deals.money import worth
from crm.demo import OWNER, PASSWORD, fill_demo
from crm.demo_deals import BOARD, PEOPLE, SCANNERS
from crm.organizations.models import Membership, Organization
from crm.organizations.queries import organizations_of
from crm.pipelines.models import Pipeline, Stage
from crm.tasks.models import Task
from crm.timeline.models import Activity
from tests.world import World

LINE = "Sign in as tom@northlight.example with the password northlight-demo\n"


@pytest.fixture
def tom(session: Session) -> Membership:
    """The demo's owner, in whose organization the session works."""
    assert fill_demo(session)
    user = session.scalars(user_with_email(OWNER)).one()
    return session.scalars(select(Membership).where(Membership.user_id == user.id)).one()


def scanners(session: Session) -> Deal:
    return session.scalars(select(Deal).where(Deal.title == SCANNERS)).one()


def test_everyone_signs_in_with_the_same_password(session: Session, tom: Membership) -> None:
    members = session.scalars(select(Membership).where(Membership.organization_id == tom.organization_id)).all()
    assert {member.name: member.role for member in members} == {
        "Tom Okafor": "owner",
        "Marek Novák": "admin",
        "Anna Keller": "manager",
        "Priya Shah": "member",
        "Lena Ivanova": "member",
    }
    assert all(passwords.match(PASSWORD, member.user.password_hash) for member in members)


def test_the_board_has_the_sums_of_the_design(session: Session, tom: Membership) -> None:
    rows = session.execute(
        select(Stage.slug, func.count(), func.sum(Deal.amount))
        .join(Deal, in_stage())
        .join(Pipeline, Pipeline.id == Stage.pipeline_id)
        .where(Pipeline.name == "New business")
        .group_by(Stage.slug)
    )
    assert {slug: (count, int(total)) for slug, count, total in rows} == {
        "lead": (12, 186_400),
        "qualification": (9, 241_800),
        "proposal": (7, 328_500),
        "negotiation": (5, 274_900),
        "contract": (3, 121_000),
        "won": (6, 163_750),
        "lost": (4, 58_300),
    }


def test_one_deal_is_in_crowns_and_counts_in_euros(session: Session, tom: Membership) -> None:
    in_euros = select(Deal.title, worth(literal("EUR"))).where(Deal.currency != "EUR")
    assert session.execute(in_euros).all() == [("Sensor licences, 2nd year", Decimal("11970.00"))]


def test_contacts_and_companies_have_tags(session: Session, tom: Membership) -> None:
    jonas, hanse = (
        select(Contact).where(Contact.name == "Jonas Brandt"),
        select(Company).where(Company.name.like("Han%")),
    )
    assert [tag.name for tag in session.scalars(jonas).one().tags] == ["Enterprise", "Renewal"]
    assert [tag.name for tag in session.scalars(hanse).one().tags] == ["Partner"]


def test_the_cards_stand_in_the_designs_order(session: Session, tom: Membership) -> None:
    titles = select(Deal.title).join(Stage, in_stage()).join(Pipeline, Pipeline.id == Stage.pipeline_id)
    titles = titles.where(Pipeline.name == "New business", Stage.slug == "lead").order_by(Deal.rank)
    assert session.scalars(titles).all() == [card.title for card in BOARD["lead"]]


def test_closed_deals_were_closed_this_month_and_the_lost_ones_say_why(session: Session, tom: Membership) -> None:
    closed = session.scalars(select(Deal).where(Deal.closed_on.is_not(None))).all()
    first = tom.today().replace(day=1)
    assert all(deal.closed_on and first <= deal.closed_on <= tom.today() for deal in closed)
    assert all((deal.status == "lost") == bool(deal.lost_reason_id) for deal in closed)


def test_the_quiet_deals_rot_and_no_others(session: Session, tom: Membership) -> None:
    rotting = select(Deal.title).join(Stage, in_stage()).where(rots(tom.today()))
    assert set(session.scalars(rotting)) == {
        "Spare parts portal",
        "Dock scheduling",
        "Driver app, 120 seats",
        "Stock transparency",
    }


def test_next_steps_are_late_today_and_later(session: Session, tom: Membership) -> None:
    due = {
        task.title: task.due_on - tom.today() for task in session.scalars(select(Task).where(Task.done_at.is_(None)))
    }
    assert due["Budget call"] == timedelta(days=-5)
    assert due["Demo 11:00"] == timedelta(0)
    assert due["Site visit"] > timedelta(0)


def test_the_scanners_look_like_the_designs_page(session: Session, tom: Membership) -> None:
    deal = scanners(session)
    assert (deal.amount, deal.stage.name, deal.owner.name) == (Decimal(84_000), "Proposal", "Anna Keller")
    assert deal.contact and deal.contact.name == "Jonas Brandt"
    assert deal.company and deal.company.name == "Brandt Logistik GmbH"
    assert [tag.name for tag in deal.tags] == ["Enterprise", "Renewal"]
    assert deal.expected_close_date == tom.today() + timedelta(days=29)
    tasks = [(task.title, task.assignee.name, bool(task.done_at)) for task in deal.tasks]
    assert tasks == [
        ("Prepare the offer", "Anna Keller", True),
        ("Call Jonas Brandt", "Anna Keller", False),
        ("Send delivery plan in two lots", "Marek Novák", False),
    ]


def test_the_scanners_timeline_runs_in_order_up_to_this_morning(session: Session, tom: Membership) -> None:
    mine = select(Activity).where(Activity.deal_id == scanners(session).id).order_by(Activity.id)
    told = session.scalars(mine.execution_options(populate_existing=True)).all()
    assert [activity.created_at for activity in told] == sorted(activity.created_at for activity in told)
    assert (told[0].type, told[0].actor.name if told[0].actor else "") == ("deal_created", "Priya Shah")
    assert [activity.type for activity in told[-2:]] == ["call", "amount_changed"]
    (moved,) = (activity for activity in told if activity.payload.get("new_stage") == "Proposal")
    assert moved.payload["days"] == 19


def test_anna_can_switch_to_an_organization_of_her_own(session: Session, tom: Membership) -> None:
    anna = session.scalars(user_with_email(PEOPLE["AK"][1])).one()
    scope(session, user_id=anna.id)
    names = [organization.name for organization in session.scalars(organizations_of(anna))]
    assert names == ["Keller Consulting", "Northlight Supply"]


def test_filling_twice_changes_nothing(session: Session, tom: Membership) -> None:
    before = session.scalar(select(func.count()).select_from(Deal))
    assert not fill_demo(session)
    assert session.scalar(select(func.count()).select_from(Deal)) == before
    assert session.scalar(select(func.count()).select_from(User)) == len(PEOPLE)


@pytest.fixture
def runner(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> FlaskCliRunner:
    """The operator's own connection can't see what the test hasn't committed: it gets the test's, without the role."""

    def seen(query: Any) -> Sequence[Any]:
        connection: Any = db.engine
        connection.exec_driver_sql("reset role")
        found = connection.scalars(query).all()
        connection.exec_driver_sql("set local role crm_app")
        return found  # type: ignore[no-any-return]

    monkeypatch.setattr(cli, "seen_by_operator", seen)
    return app.test_cli_runner()


def test_the_command_fills_an_empty_database_once(runner: FlaskCliRunner, session: Session) -> None:
    for _ in range(2):
        result = runner.invoke(args=["crm", "demo"])
        assert (result.exit_code, result.output) == (0, LINE)


def test_the_command_leaves_other_peoples_database_alone(runner: FlaskCliRunner, world: World) -> None:
    result = runner.invoke(args=["crm", "demo"])
    assert (result.exit_code, result.output) == (0, "")
    assert world.session.scalar(user_with_email(OWNER)) is None
    assert world.session.get(Organization, world.acme.id) is not None
