"""Deals go from stage to stage and from hand to hand, or rest, by program."""

from __future__ import annotations

from typing import Any

from crm.api.calls import named_here, referred, saved
from crm.api.endpoints import Endpoints
from crm.contacts.assigning import NOT_YOURS
from crm.deals.models import NOT_YOURS_TO_MOVE, Deal
from crm.deals.moving import refuse_reason
from crm.deals.queries import deal_of, deal_to_change
from crm.deals.references import checked
from crm.deals.sent import Assignment, Move, Snooze
from crm.deals.shown import DealShown
from crm.deals.snoozing import NOT_YOURS_TO_SNOOZE
from crm.errors import Invalid
from crm.hypermedia import one_or_404
from crm.organizations.queries import active_member
from crm.pipelines.models import Stage
from crm.pipelines.queries import stage_of
from crm.sessions import current

moves = Endpoints("deals")
PLACES = ("before_id", "after_id")


def shown(deal_id: int) -> Deal:
    return one_or_404(deal_of(current.member, deal_id))


@moves.post(
    "/deals/<int:deal_id>/move",
    "records.edit",
    gives=DealShown,
    status=200,
    shows=shown,
    statuses={409: "It is another version, or the stage is full."},
)
def move(deal_id: int, body: Move) -> Any:
    """Move a deal to a place in a stage of its pipeline, bringing what the stage asks for.

    In a stage where it stands already it only changes its place. Back is for owners and admins.
    """
    deal = one_or_404(deal_to_change(current.member, deal_id))
    current.member.must("records.edit", deal, words=NOT_YOURS_TO_MOVE)
    filled = checked(body.given("stage_id", *PLACES), deal)
    place = {name.removesuffix("_id"): neighbour(body, name) for name in PLACES}
    stage = target(deal, body.stage_id)
    refuse_reason(stage, filled)
    deal.move_to(stage, by=current.member, version=body.version, filled=filled, **place)
    return saved(deal)


@moves.post("/deals/<int:deal_id>/assign", "records.assign", gives=DealShown, status=200, shows=shown)
def assign(deal_id: int, body: Assignment) -> Any:
    """Give a deal to a colleague."""
    deal = one_or_404(deal_to_change(current.member, deal_id))
    current.member.must("records.assign", deal, words=NOT_YOURS)
    to = referred(active_member(current.member, body.user_id), "user_id", "No such user.")
    with named_here(owner_id="user_id"):
        deal.assign(to, by=current.member, version=body.version)
    return saved(deal)


@moves.post("/deals/<int:deal_id>/snooze", "records.edit", gives=DealShown, status=200, shows=shown)
def snooze(deal_id: int, body: Snooze) -> Any:
    """Leave a deal in peace: until that day it does not rot. Null wakes it."""
    deal = one_or_404(deal_to_change(current.member, deal_id))
    current.member.must("records.edit", deal, words=NOT_YOURS_TO_SNOOZE)
    deal.snooze(body.until, by=current.member, version=body.version)
    return saved(deal)


def target(deal: Deal, stage_id: int) -> Stage:
    """A stage of the deal's own pipeline, or another one that the verb refuses."""
    own = (stage for stage in deal.stage.pipeline.stages if stage.id == stage_id)
    return next(own, None) or referred(stage_of(current.member, stage_id), "stage_id", "No such stage.")


def neighbour(body: Move, field: str) -> int | None:
    """The deal beside which to place it. Raises Invalid for one that isn't there, and for two."""
    number: int | None = getattr(body, field)
    if number is not None:
        if body.before_id and body.after_id:
            raise Invalid("Name one place, not two.", field=field)
        referred(deal_of(current.member, number), field, "No such deal.")
    return number
