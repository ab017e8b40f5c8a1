"""Moving a deal: rules 1, 4, 5, 6, 7, 9 of the rule book, each refusal beside what is allowed."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.deals.models import Deal
from crm.deals.moving import Incomplete
from crm.errors import Conflict, Forbidden, Invalid
from crm.pipelines.models import LostReason
from crm.timeline.models import Activity


def told(world, deal):
    return [
        activity.type
        for activity in world.session.scalars(select(Activity).where(Activity.deal_id == deal.id).order_by(Activity.id))
    ]


def reason(world, name="Price"):
    return world.session.scalar(select(LostReason).where(LostReason.name == name))


def test_moving_forward_records_who_from_and_to(world):
    world.deal.move_to(world.stage("proposal"), by=world.max)
    world.session.flush()

    last = world.session.scalars(select(Activity).where(Activity.type == "stage_changed")).one()
    assert world.deal.stage.slug == "proposal"
    assert (last.actor_id, last.payload["old_stage"], last.payload["new_stage"]) == (
        world.max.user_id,
        "New lead",
        "Proposal",
    )


def test_leaving_the_first_stage_makes_new_into_in_progress(world):
    assert world.deal.status == "new"
    world.deal.move_to(world.stage("qualification"), by=world.max)
    assert world.deal.status == "in_progress"


@pytest.mark.parametrize("who", ["max", "mona", "lena"])
def test_only_owners_and_admins_move_back(world, who):
    world.deal.move_to(world.stage("proposal"), by=world.max)
    with pytest.raises(Forbidden, match="back"):
        world.deal.move_to(world.stage("lead"), by=getattr(world, who))
    assert world.deal.stage.slug == "proposal"


@pytest.mark.parametrize("who", ["olga", "adam"])
def test_owners_and_admins_do_move_back(world, who):
    world.deal.move_to(world.stage("proposal"), by=world.max)
    world.deal.move_to(world.stage("lead"), by=getattr(world, who))
    assert world.deal.stage.slug == "lead"


def test_a_member_moves_own_deals_only(world):
    theirs = world.another_deal(by=world.mona)
    with pytest.raises(Forbidden):
        theirs.move_to(world.stage("proposal"), by=world.max)
    theirs.move_to(world.stage("proposal"), by=world.mona)


def test_a_lead_moves_the_teams_deals(world):
    world.deal.move_to(world.stage("proposal"), by=world.lena)
    assert world.deal.stage.slug == "proposal"


def test_a_viewer_moves_nothing(world):
    with pytest.raises(Forbidden):
        world.deal.move_to(world.stage("proposal"), by=world.vera)


def test_a_deal_is_not_won_without_an_amount(world):
    free = world.another_deal(amount=Decimal(0))
    with pytest.raises(Incomplete) as refusal:
        free.win(by=world.max)
    assert "amount" in refusal.value.missing
    assert free.status == "new" and free.stage.slug == "lead"


def test_the_amount_can_come_with_the_win(world):
    free = world.another_deal(amount=Decimal(0))
    free.win(by=world.max, filled={"amount": Decimal("12.50")})
    assert (free.status, free.amount, free.stage.kind) == ("won", Decimal("12.50"), "won")


def test_winning_sets_stage_status_and_day(world):
    world.deal.win(by=world.max)
    world.session.flush()
    assert (world.deal.status, world.deal.stage.kind, world.deal.closed_on) == ("won", "won", world.max.today())
    assert told(world, world.deal)[-2:] == ["stage_changed", "status_changed"]


def test_losing_asks_for_a_reason(world):
    with pytest.raises(Incomplete) as refusal:
        world.deal.lose(by=world.max)
    assert list(refusal.value.missing) == ["lost_reason_id"]
    world.deal.lose(by=world.max, filled={"lost_reason_id": reason(world).id})
    assert (world.deal.status, world.deal.lost_reason_id) == ("lost", reason(world).id)


def test_an_organization_may_do_without_reasons(world):
    world.acme.lost_reason_required = False
    world.deal.lose(by=world.max)
    assert world.deal.status == "lost"


def test_a_reason_that_asks_for_a_note_gets_one(world):
    other = reason(world, "Other")
    with pytest.raises(Incomplete) as refusal:
        world.deal.lose(by=world.max, filled={"lost_reason_id": other.id})
    assert list(refusal.value.missing) == ["lost_note"]
    world.deal.lose(by=world.max, filled={"lost_reason_id": other.id, "lost_note": "Moved to Mars"})
    assert world.deal.lost_note == "Moved to Mars"


def test_an_unknown_reason_is_refused(world):
    with pytest.raises(Invalid):
        world.deal.lose(by=world.max, filled={"lost_reason_id": 999_999})


def test_reopening_counts_as_moving_back(world):
    world.deal.move_to(world.stage("proposal"), by=world.max)
    world.deal.win(by=world.max)
    world.session.flush()
    with pytest.raises(Forbidden):
        world.deal.reopen(by=world.max)
    world.deal.reopen(by=world.olga)
    assert (world.deal.stage.slug, world.deal.status, world.deal.closed_on) == ("proposal", "in_progress", None)


def test_reopening_an_open_deal_is_a_conflict(world):
    with pytest.raises(Conflict):
        world.deal.reopen(by=world.olga)


def test_a_stage_may_ask_for_fields(world):
    stage = world.stage("negotiation")
    stage.required = ["expected_close_date"]
    with pytest.raises(Incomplete) as refusal:
        world.deal.move_to(stage, by=world.max)
    assert list(refusal.value.missing) == ["expected_close_date"]
    world.deal.move_to(stage, by=world.max, filled={"expected_close_date": world.max.today()})
    assert world.deal.stage is stage


def test_a_strict_limit_refuses_and_a_soft_one_shows(world):
    stage = world.stage("proposal")
    stage.wip_limit, stage.wip_strict = 1, True
    world.session.flush()
    world.another_deal(stage="proposal")
    with pytest.raises(Conflict, match="full"):
        world.deal.move_to(stage, by=world.max)
    world.session.refresh(world.deal)
    stage.wip_strict = False
    world.session.flush()
    world.deal.move_to(stage, by=world.max)
    assert world.deal.stage is stage


def test_a_stale_move_is_a_conflict(world):
    seen = world.deal.version
    world.deal.move_to(world.stage("qualification"), by=world.max, version=seen)
    world.session.flush()
    with pytest.raises(Conflict):
        world.deal.move_to(world.stage("proposal"), by=world.max, version=seen)
    world.deal.move_to(world.stage("proposal"), by=world.max, version=world.deal.version)


def test_a_stage_of_another_pipeline_is_refused(world):
    from crm.pipelines.operations import add_pipeline

    renewals = add_pipeline(world.session, "Renewals", by=world.olga)
    with pytest.raises(Invalid):
        world.deal.move_to(renewals.stages[1], by=world.olga)


def test_order_follows_the_neighbours(world):
    first, second, third = (world.another_deal(title) for title in ("one", "two", "three"))
    first.move_to(world.stage("lead"), after=second.id, by=world.max)
    third.move_to(world.stage("lead"), after=first.id, by=world.max)
    world.deal.move_to(world.stage("lead"), before=first.id, by=world.max)
    world.session.flush()
    order = world.session.scalars(select(Deal.title).where(Deal.stage_id == world.stage("lead").id).order_by(Deal.rank))
    assert list(order) == ["two", "Scanners", "one", "three"]


def test_inserting_at_one_place_never_runs_out_of_room(world):
    top, bottom = world.another_deal("top"), world.deal
    for number in range(45):
        deal = world.another_deal(str(number), stage="proposal")
        deal.move_to(world.stage("proposal"), by=world.max)
        deal.move_to(world.stage("lead"), after=top.id, by=world.olga)
        world.session.flush()
    ranks = list(
        world.session.scalars(select(Deal.rank).where(Deal.stage_id == world.stage("lead").id).order_by(Deal.rank))
    )
    assert len(set(ranks)) == 47
    world.session.refresh(bottom)
    assert bottom.rank == ranks[-1]


def test_a_new_order_in_the_column_is_no_stage_change(world):
    other = world.another_deal()
    world.deal.move_to(world.stage("lead"), before=other.id, by=world.max)
    world.session.flush()
    assert "stage_changed" not in told(world, world.deal)
