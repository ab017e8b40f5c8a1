"""The funnel against a naive recount: whatever people did, it tells what the timeline tells."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm.deals.models import Deal
from crm.deals.operations import delete_stage
from crm.errors import Refused
from crm.pipelines.models import LostReason, Stage
from crm.pipelines.operations import order_stages
from crm.reports.queries import funnel
from crm.timeline.models import Activity
from tests.world import World

PLACES = st.integers(0, 6)
ACTS = st.one_of(
    st.tuples(st.just("open"), PLACES, PLACES),
    st.tuples(st.just("move"), PLACES, PLACES),
    st.tuples(st.just("move"), PLACES, PLACES),
    st.tuples(st.just("reopen"), PLACES, PLACES),
    st.tuples(st.just("order"), PLACES, PLACES),
    st.tuples(st.just("drop"), PLACES, PLACES),
)


def stages_of(world: World) -> list[Stage]:
    world.session.expire_all()
    return world.session.get_one(type(world.pipeline), (world.acme.id, world.pipeline.id)).stages


def deals_of(world: World) -> list[Deal]:
    mine = select(Deal).where(Deal.organization_id == world.acme.id).order_by(Deal.id)
    return list(world.session.scalars(mine))


def do(world: World, act: str, one: int, other: int, reason: int) -> None:
    """`one` and `other` choose a deal or stages, as many as there are."""
    stages, deals = stages_of(world), deals_of(world)
    deal, stage, target = deals[one % len(deals)], stages[one % len(stages)], stages[other % len(stages)]
    if act == "open":
        world.another_deal(stage=target.slug, by=world.olga, lost_reason_id=reason)
    elif act == "move":
        deal.move_to(target, by=world.olga, filled={"lost_reason_id": reason})
    elif act == "reopen":
        deal.reopen(by=world.olga)
    elif act == "order":
        ids = [one.id for one in world.pipeline.open_stages]
        order_stages(world.session, world.pipeline, ids[one % len(ids) :] + ids[: one % len(ids)], by=world.olga)
    else:
        delete_stage(world.session, stage, move_to=target, by=world.olga)
    world.session.flush()


def been_in(world: World, deal: Deal) -> set[str]:
    """The slugs of all stages that the deal is known to have been in."""
    mine = select(Activity.payload).where(Activity.deal_id == deal.id, Activity.type == "stage_changed")
    moves = world.session.scalars(mine.where(Activity.organization_id == world.acme.id))
    return {deal.stage.slug}.union(*({move["slug"], move["left"]} for move in moves))


def recounted(world: World) -> list[tuple[Any, ...]]:
    """Slug, statuses and conversion of each step."""
    steps = [stage for stage in stages_of(world) if stage.kind != "lost"]
    came: list[list[str]] = [[] for _ in steps]
    for deal in deals_of(world):
        counting = [one.slug for one in steps]
        known = {one.slug for one in steps if deal.status != "lost" or one.is_open} & been_in(world, deal)
        for place in range(max((counting.index(slug) for slug in known), default=-1) + 1):
            came[place].append(deal.status)
    rates = [Decimal(100), *(rate(len(now), len(before)) for before, now in pairwise(came))]
    return [(stage.slug, sorted(here), rate) for stage, here, rate in zip(steps, came, rates, strict=True)]


def rate(now: int, before: int) -> Decimal:
    share = Decimal(100 * now) / Decimal(before) if before else Decimal(0)
    return share.quantize(Decimal("0.1"), ROUND_HALF_UP)


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=3, max_size=25))
def test_the_funnel_is_what_a_recount_of_the_timeline_gives(world, acts):
    reason = world.session.scalars(select(LostReason.id).where(LostReason.organization_id == world.acme.id)).first()
    example = world.session.begin_nested()
    for act in acts:
        try:
            with world.session.begin_nested():
                do(world, *act, reason)
        except Refused:
            continue
    told = funnel(world.session, world.olga, world.pipeline)
    listed = [(one.stage, sorted(s for s, n in one.by_status.items() for _ in range(n))) for one in told]
    expected = recounted(world)
    example.rollback()
    assert [(*each, one.conversion_rate) for each, one in zip(listed, told, strict=True)] == expected
    assert [one.count for one in told] == [len(statuses) for _, statuses, _ in expected]
