"""The funnel and the statistics of stages: which deals ever reached a stage, and what stands in it now."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.deals.operations import delete_stage
from crm.pipelines.models import LostReason
from crm.pipelines.operations import add_pipeline, add_stage, order_stages
from crm.reports.queries import funnel, stage_statistics

OPEN = ["lead", "qualification", "proposal", "negotiation", "contract"]
STEPS = [*OPEN, "won"]


def counts(world, member=None, **filters):
    """How many reached each stage, in order."""
    return [step.count for step in told(world, member, **filters)]


def told(world, member=None, **filters):
    return funnel(world.session, member or world.olga, world.pipeline, **filters)


def moved(world, *slugs, stage="lead", by=None):
    deal = world.another_deal(stage=stage, by=by or world.olga)
    for slug in slugs:
        deal.move_to(world.stage(slug), by=world.olga, filled={"lost_reason_id": reason(world)})
    return deal


def reason(world):
    return world.session.scalars(select(LostReason.id).where(LostReason.organization_id == world.acme.id)).first()


@pytest.fixture
def bare(world):
    """Acme without the deal that the cast brings."""
    world.deal.delete(by=world.olga)
    return world


def test_open_and_won_stages_are_told_in_order_and_lost_is_none(bare):
    assert [(step.stage, step.stage_id, step.name, step.color) for step in told(bare)] == [
        (stage.slug, stage.id, stage.name, stage.color) for stage in bare.pipeline.stages if stage.kind != "lost"
    ]


def test_a_deal_reached_every_stage_up_to_the_furthest(bare):
    moved(bare, "negotiation")
    assert counts(bare) == [1, 1, 1, 1, 0, 0]


def test_moved_back_it_still_reached_where_it_was(bare):
    moved(bare, "contract", "qualification", "proposal")
    assert counts(bare) == [1, 1, 1, 1, 1, 0]


def test_made_in_a_later_stage_it_reached_those_before_too(bare):
    moved(bare, stage="proposal")
    moved(bare, "lead", stage="contract")
    assert counts(bare) == [2, 2, 2, 1, 1, 0]


def test_a_won_deal_reached_all_and_a_reopened_one_too(bare):
    moved(bare, "won")
    moved(bare, "won").reopen(by=bare.olga)
    assert counts(bare) == [2] * 6
    assert told(bare)[-1].by_status == {"new": 0, "in_progress": 1, "won": 1, "lost": 0}


def test_a_lost_deal_counts_with_the_furthest_open_stage(bare):
    moved(bare, "proposal", "lead", "lost")
    moved(bare, "lost", stage="qualification")
    moved(bare, "won", "contract", "lost")
    assert counts(bare) == [3, 3, 2, 1, 1, 0]


def test_a_deal_that_was_never_in_an_open_stage_came_to_the_first(bare):
    bare.another_deal(stage="lost", lost_reason_id=reason(bare))
    bare.another_deal(stage="won")
    assert counts(bare) == [2, 1, 1, 1, 1, 1]


def test_each_stage_tells_the_statuses_that_its_deals_have_now(bare):
    for path in ((), ("proposal",), ("proposal", "won"), ("proposal", "lost")):
        moved(bare, *path)
    each = {step.stage: list(step.by_status.values()) for step in told(bare)}
    assert each["lead"] == [1, 1, 1, 1] and each["proposal"] == [0, 1, 1, 1] and each["won"] == [0, 0, 1, 0]


def test_conversion_is_of_the_stage_before_with_one_decimal_half_up(bare):
    for number in range(16):
        moved(bare, *(["qualification"] if number < 13 else []), *(["proposal"] if number < 6 else []))
    assert [str(step.conversion_rate) for step in told(bare)] == ["100.0", "81.3", "46.2", "0.0", "0.0", "0.0"]


def test_the_first_stage_converts_all_even_of_none(bare):
    assert [step.conversion_rate for step in told(bare)] == [100, 0, 0, 0, 0, 0]
    assert counts(bare) == [0] * 6


def test_the_order_is_todays(bare):
    moved(bare, "qualification")
    first, second, *rest = bare.pipeline.open_stages
    order_stages(bare.session, bare.pipeline, [second.id, *(stage.id for stage in rest), first.id], by=bare.olga)
    assert [step.stage for step in told(bare)] == ["qualification", *OPEN[2:], "lead", "won"]
    assert counts(bare) == [1, 1, 1, 1, 1, 0]


def test_a_new_stage_is_reached_by_who_came_further(bare):
    moved(bare, "contract")
    moved(bare, "won")
    add_stage(bare.session, bare.pipeline, {"name": "Signing", "color": "teal"}, by=bare.olga)
    assert [(step.stage, step.count) for step in told(bare)][-2:] == [("signing", 1), ("won", 1)]


def test_after_a_stage_is_deleted_its_deals_count_by_what_else_is_known(bare):
    moved(bare, "negotiation", "lost")
    moved(bare, "qualification", "negotiation", "lost")
    moved(bare, "negotiation")
    delete_stage(bare.session, bare.stage("negotiation"), move_to=bare.stage("proposal"), by=bare.olga)
    assert counts(bare) == [3, 2, 1, 0, 0]


def test_a_stage_that_was_renamed_keeps_its_deals(bare):
    moved(bare, "proposal", "lead")
    bare.stage("proposal").change({"name": "Offer"}, by=bare.olga)
    assert counts(bare)[2] == 1 and told(bare)[2].name == "Offer"


def test_only_deals_of_that_pipeline_and_owner_count(bare):
    other = add_pipeline(bare.session, "Renewals", by=bare.olga)
    moved(bare, "qualification", by=bare.max)
    moved(bare, by=bare.mona)
    assert counts(bare, owner_id=bare.max.user_id) == [1, 1, 0, 0, 0, 0]
    assert counts(bare, owner_id=bare.foreign["user"]) == [0] * 6
    assert [step.count for step in funnel(bare.session, bare.olga, other)] == [0] * 6


@pytest.mark.parametrize(("setting", "who", "count"), [("everyone", "vera", 3), ("own", "max", 1), ("own", "lena", 2)])
def test_members_are_told_of_what_they_may_see(bare, setting, who, count):
    for owner in (bare.max, bare.lena, bare.mona):
        moved(bare, "proposal", by=owner)
    bare.acme.visibility = setting
    bare.session.flush()
    assert counts(bare, getattr(bare, who)) == [count] * 3 + [0] * 3
    statistics = stage_statistics(bare.session, getattr(bare, who), bare.pipeline)
    assert sum(stage.deals_count for stage in statistics) == count


def test_another_organizations_pipeline_has_no_stages_here(world):
    foreign = world.ruslan
    assert funnel(world.session, foreign, world.pipeline) == []
    assert stage_statistics(world.session, foreign, world.pipeline) == []


def test_statistics_tell_every_stage_and_what_stands_in_it_now(bare):
    for amount, path in ((100, ["proposal"]), (50, ["proposal"]), (8, ["won"]), (4, ["lost"])):
        moved(bare, *path).change({"amount": Decimal(amount)}, by=bare.olga)
    found = {one.name: one for one in stage_statistics(bare.session, bare.olga, bare.pipeline)}
    assert list(found) == ["New lead", "Qualification", "Proposal", "Negotiation", "Contract", "Won", "Lost"]
    numbers = {name: (one.kind, one.deals_count, one.total_amount, one.weighted_amount) for name, one in found.items()}
    assert numbers["Proposal"] == ("open", 2, 150, 75) and numbers["New lead"] == ("open", 0, 0, 0)
    assert numbers["Won"] == ("won", 1, 8, 8) and numbers["Lost"] == ("lost", 1, 4, 0)


def test_statistics_weigh_by_the_deals_own_chance_and_count_other_currencies_apart(bare):
    moved(bare).change({"amount": Decimal("10.01"), "probability": 50}, by=bare.olga)
    moved(bare).currency = "USD"
    lead = stage_statistics(bare.session, bare.olga, bare.pipeline)[0]
    assert (lead.deals_count, lead.unconverted) == (2, 1)
    assert (lead.total_amount, lead.weighted_amount) == (Decimal("10.01"), Decimal("5.005"))


def test_statistics_follow_the_chance_of_a_stage_at_once(bare):
    moved(bare)
    bare.stage("lead").change({"probability": 90}, by=bare.olga)
    assert stage_statistics(bare.session, bare.olga, bare.pipeline)[0].weighted_amount == 90
