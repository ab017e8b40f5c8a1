"""Opening and changing a deal."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from crm.errors import Conflict, Forbidden, Invalid
from crm.timeline.models import Activity


def payload(world, kind):
    world.session.flush()
    return (
        world.session.scalars(select(Activity).where(Activity.type == kind).order_by(Activity.id.desc()))
        .first()
        .payload
    )


def test_a_new_deal_stands_on_top_and_says_who_made_it(world):
    deal = world.another_deal("Fresh")
    assert deal.rank < world.deal.rank
    assert payload(world, "deal_created") == {"title": "Fresh", "stage": "New lead"}


def test_a_deal_created_in_a_later_stage_stays_new(world):
    assert world.another_deal(stage="proposal").status == "new"


def test_a_deal_is_not_created_as_won_without_an_amount(world):
    with pytest.raises(Invalid):
        world.another_deal(stage="won", amount=Decimal(0))


def test_a_viewer_opens_no_deal(world):
    with pytest.raises(Forbidden):
        world.another_deal(by=world.vera)


def test_a_member_opens_deals_for_oneself_only(world):
    with pytest.raises(Forbidden):
        world.another_deal(owner_id=world.mona.user_id)
    assert world.another_deal(by=world.mona, owner_id=world.max.user_id).owner_id == world.max.user_id


def test_a_change_of_amount_tells_old_and_new(world):
    world.deal.change({"amount": Decimal("1500.00")}, by=world.max)
    assert payload(world, "amount_changed") == {"old": "1000.00", "new": "1500.00", "currency": "EUR"}


def test_a_change_of_owner_and_day_is_told(world):
    world.deal.change({"owner_id": world.lena.user_id, "expected_close_date": date(2030, 1, 31)}, by=world.mona)
    assert payload(world, "owner_changed") == {"old": world.max.user_id, "new": world.lena.user_id}
    assert payload(world, "close_date_changed") == {"old": None, "new": "2030-01-31"}


def test_saying_the_same_again_changes_nothing(world):
    before = world.deal.version
    world.deal.change({"title": "Scanners", "amount": Decimal("1000.00")}, by=world.max)
    world.session.flush()
    assert world.deal.version == before


@pytest.mark.parametrize("amount", [Decimal("-1"), Decimal("1e13"), None])
def test_an_impossible_amount_is_refused(world, amount):
    with pytest.raises(Invalid):
        world.deal.change({"amount": amount}, by=world.max)


def test_a_won_deal_keeps_an_amount_above_zero(world):
    world.deal.win(by=world.max)
    with pytest.raises(Invalid):
        world.deal.change({"amount": Decimal(0)}, by=world.max)
    world.deal.change({"amount": Decimal(1)}, by=world.max)


def test_a_stale_change_is_a_conflict(world):
    with pytest.raises(Conflict):
        world.deal.change({"title": "Late"}, by=world.max, version=world.deal.version - 1)
    world.deal.change({"title": "In time"}, by=world.max, version=world.deal.version)


def test_a_member_changes_and_deletes_own_deals_only(world):
    theirs = world.another_deal(by=world.mona)
    for act in (lambda by: theirs.change({"title": "Mine now"}, by=by), lambda by: theirs.delete(by=by)):
        with pytest.raises(Forbidden):
            act(world.max)
    theirs.delete(by=world.mona)
    world.session.flush()


@pytest.mark.parametrize("column", ["contact_id", "company_id", "stage_id", "owner_id"])
def test_the_database_refuses_a_reference_across_organizations(world, column):
    foreign = world.foreign["user" if column == "owner_id" else column.removesuffix("_id")]
    with pytest.raises(IntegrityError):
        world.session.execute(text(f"update deals set {column} = {foreign} where id = {world.deal.id}"))


def test_row_level_security_hides_other_organizations(world):
    assert world.session.scalar(text("select count(*) from deals")) == 1
    world.in_bolt()
    assert world.session.scalar(text("select count(*) from deals where title = 'Scanners'")) == 1
    assert world.session.scalar(text("select count(*) from deals where id = :id"), {"id": world.deal.id}) == 0


def test_without_an_organization_nothing_is_there(world):
    from crm.database import scope

    scope(world.session)
    assert world.session.scalar(text("select count(*) from deals")) == 0
