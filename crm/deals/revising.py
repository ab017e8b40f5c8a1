"""Many changes of a deal at once, as a program sends them: fields, stage, status, the reason of a loss, the owner."""

from __future__ import annotations

from typing import Any

from crm.deals.models import EDITABLE, Deal
from crm.deals.moving import LOSS, explain_anew, refuse_reason, stage_before_closing
from crm.errors import Invalid
from crm.organizations.models import Membership
from crm.pipelines.models import Pipeline, Stage

CLOSING = ("won", "lost")
CLOSED = "closed"
"""What earlier clients call the stage of a deal that is won or lost; the status says which."""


def revise(deal: Deal, values: dict[str, Any], *, by: Membership, version: int | None = None) -> None:
    """Does what `values` name, each by its verb. The new owner comes last: all else is done by the right to the old."""
    fields = {name: values[name] for name in EDITABLE if name in values and name != "owner_id"}
    deal.change(fields, by=by, version=version)
    if "tag_ids" in values:
        deal.tag_with(values["tag_ids"], by=by)
    loss = {name: values[name] for name in LOSS if name in values}
    stage = destination(deal.stage.pipeline, values, deal) or deal.stage
    refuse_reason(stage, loss)
    if stage.id != deal.stage_id:
        deal.move_to(stage, by=by, filled=loss)
    else:
        stay(deal, values.get("status"), loss, by)
    if "owner_id" in values:
        deal.change({"owner_id": values["owner_id"]}, by=by)


def stay(deal: Deal, status: str | None, loss: dict[str, Any], by: Membership) -> None:
    """What changes without a move. Raises Invalid at `status` for going back to new."""
    if status == "in_progress":
        deal.start(by=by)
    if status == "new" and deal.status != "new":
        raise Invalid("Work on this deal has begun: it does not become new again.", field="status")
    if loss and deal.status == "lost":
        explain_anew(deal, loss, by)


def destination(pipeline: Pipeline, asked: dict[str, Any], deal: Deal | None = None) -> Stage | None:
    """The stage that `stage`, `stage_id` and `status` mean together; None where nothing says one.

    Raises Invalid at the field for a stage of no such name, and at `status` where it contradicts the stage.
    """
    status, stage = asked.get("status"), named_stage(pipeline, asked)
    if stage is None:
        return stage_for(status, pipeline, deal)
    if status is not None and stage.kind != (status if status in CLOSING else "open"):
        words = "A deal in the stage “%(stage)s” can't have this status."
        raise Invalid(words, field="status", stage=stage.name)
    return stage


def named_stage(pipeline: Pipeline, asked: dict[str, Any]) -> Stage | None:
    """The stage of that slug and id."""
    slug, id = asked.get("stage"), asked.get("stage_id")
    if slug == CLOSED and asked.get("status") in CLOSING:
        slug = None
    if slug is None and id is None:
        return None
    for stage in pipeline.stages:
        if id in (None, stage.id) and slug in (None, stage.slug):
            return stage
    unknown = id is not None and id not in {stage.id for stage in pipeline.stages}
    raise Invalid("There is no such stage in this pipeline.", field="stage_id" if unknown else "stage")


def stage_for(status: str | None, pipeline: Pipeline, deal: Deal | None) -> Stage | None:
    """Where a deal of that status stands: won and lost in their stages, a reopened one where it was closed."""
    if status in CLOSING:
        return deal.stage if deal and deal.status == status else pipeline.stage_of_kind(status)
    return stage_before_closing(deal) if status and deal and deal.is_closed else None
