"""Which cards stand on the screen: the first of each column, the next page of one, one alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, String, and_, bindparam, func, select, true
from sqlalchemy.orm import aliased

from crm.board.filters import Filter, in_stage
from crm.board.grouping import column_of, open_here
from crm.board.queries import PAGE, card, once
from crm.board.sorting import below, downwards
from crm.database import Rows
from crm.deals.models import Deal
from crm.deals.queries import seen_by
from crm.organizations.models import Membership
from crm.organizations.queries import ASKING
from crm.pipelines.models import Stage


@once
def cards_of(shape: Filter, asking: Membership) -> Rows:
    """The first cards of each open column, one more than a page to know whether there are further ones.

    Their numbers come first, as an array: joined, the planner would look up each deal once for every stage.
    """
    numbers = func.array((first_of_stages if shape.group == "stage" else first_of_groups)(shape, asking))
    return card(shape, asking).where(Deal.id == func.any(numbers)).order_by(Stage.position, *downwards(shape))


def first_of_stages(shape: Filter, asking: Membership) -> Any:
    """Of each stage by itself: the index on ranks ends the search after a page."""
    stages = aliased(Stage, name="columns")
    first = (
        shape.apply(select(Deal.id).join(Stage, in_stage()))
        .where(seen_by(asking), Deal.stage_id == stages.id)
        .order_by(*downwards(shape))
        .limit(PAGE + 1)
        .correlate(stages)
        .lateral("first")
    )
    picked = select(first.c.id).select_from(stages).join(first, true())
    mine = (
        stages.organization_id == ASKING.organization_id,
        stages.pipeline_id == bindparam("pipeline", type_=BigInteger),
    )
    return picked.where(*mine, stages.kind == "open").scalar_subquery()


def first_of_groups(shape: Filter, asking: Membership) -> Any:
    """Of all groups at once."""
    place = func.row_number().over(partition_by=column_of(shape), order_by=downwards(shape)).label("place")
    deals = shape.apply(select(Deal.id, place).join(Stage, in_stage())).where(seen_by(asking), open_here())
    ranked = deals.subquery("ranked")
    return select(ranked.c.id).where(ranked.c.place <= PAGE + 1).scalar_subquery()


@once
def more_cards(shape: Filter, asking: Membership) -> Rows:
    """The page of a column below some card; the column is a `stage`, or that of the key `column` in `pipeline`."""
    stage = Deal.stage_id == bindparam("stage", type_=BigInteger)
    group = and_(column_of(shape) == bindparam("column", type_=String), open_here())
    here = shape.apply(card(shape, asking)).where(stage if shape.group == "stage" else group, below(shape))
    return here.order_by(*downwards(shape)).limit(PAGE + 1)


@once
def one_card(shape: Filter, asking: Membership) -> Rows:
    """The card of `deal`, if the filter lets it in."""
    return shape.apply(card(shape, asking)).where(Deal.id == bindparam("deal", type_=BigInteger))
