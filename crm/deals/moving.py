"""The rules of a move: what a stage asks for, what counts as going back, and how status follows the stage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from crm.deals.changes import record_changes
from crm.errors import Conflict, Forbidden, Invalid
from crm.pipelines.models import LostReason, Stage
from crm.timeline.models import Activity

if TYPE_CHECKING:
    from crm.deals.models import Deal
    from crm.organizations.models import Membership

LOSS = ("lost_reason_id", "lost_note")
ASKED = {
    "amount": "Enter the amount.",
    "expected_close_date": "Choose the expected close date.",
    "contact_id": "Choose a contact.",
    "company_id": "Choose a company.",
}


class Incomplete(Invalid):
    """The stage asks for fields that are still empty: `missing` names them, so that the move can ask for them."""

    code = "FIELDS_REQUIRED"

    def __init__(self, stage: Stage, missing: dict[str, str]) -> None:
        super().__init__(next(iter(missing.values())), errors={name: [words] for name, words in missing.items()})
        self.stage = stage
        self.missing = missing


def goes_back(left: Stage, stage: Stage) -> bool:
    """Whether that is an earlier stage; leaving a won or lost stage counts as going back (rule 4)."""
    return not left.is_open or (stage.is_open and stage.position < left.position)


def refuse_wrong_way(deal: Deal, stage: Stage, by: Membership) -> None:
    """Raises Invalid for a stage of another pipeline, Forbidden for a move back without the right to it."""
    if stage.pipeline_id != deal.stage.pipeline_id:
        raise Invalid("That stage belongs to another pipeline.", field="stage_id")
    if goes_back(deal.stage, stage):
        by.must("deals.move_back", words="Only owners and admins can move a deal back.")


def fill(deal: Deal, stage: Stage, filled: dict[str, Any], by: Membership) -> None:
    """Takes what came with the move, then raises Incomplete for what the stage still asks for (rules 1, 5, 6)."""
    if fields := {name: value for name, value in filled.items() if name in ASKED}:
        deal.change(fields, by=by)
    if stage.kind == "lost":
        explain(deal, filled)
    if missing := asked_by(stage, deal, by):
        raise Incomplete(stage, missing)


def refuse_reason(stage: Stage, filled: dict[str, Any]) -> None:
    """Raises Invalid for the reason of a loss in any other stage than a lost one."""
    given = [name for name in LOSS if filled.get(name) is not None]
    if given and stage.kind != "lost":
        raise Invalid("Only a lost deal has a reason.", field=given[0])


def explain(deal: Deal, filled: dict[str, Any]) -> None:
    """Why it is lost: a reason of the organization's own list, and a note. Raises Invalid for any other."""
    deal.lost_note = (filled.get("lost_note") or "").strip() or None
    if (chosen := filled.get("lost_reason_id")) is None:
        return
    held = {"read": True, "key_share": True}  # nobody deletes it until the deal has it
    if deal.session.get(LostReason, (deal.organization_id, chosen), with_for_update=held) is None:
        raise Invalid("Choose a reason from the list.", field="lost_reason_id")
    deal.lost_reason_id = chosen


def explain_anew(deal: Deal, values: dict[str, Any], by: Membership) -> None:
    """Another reason or note of a deal that is lost already."""
    before = {name: getattr(deal, name) for name in LOSS}
    deal.lost_reason_id = None
    explain(deal, before | values)
    if missing := asked_by(deal.stage, deal, by):
        raise Incomplete(deal.stage, missing)
    changed = {name: (old, getattr(deal, name)) for name, old in before.items() if old != getattr(deal, name)}
    record_changes(deal, changed, by)


def asked_by(stage: Stage, deal: Deal, by: Membership) -> dict[str, str]:
    """The fields that this stage asks for and this deal doesn't have, with what to do about each."""
    missing = {name: words for name, words in ASKED.items() if name in stage.required and not getattr(deal, name)}
    if stage.kind == "won" and deal.amount <= 0:
        missing["amount"] = "A won deal needs an amount above zero."
    if stage.kind == "lost" and by.organization.lost_reason_required and not deal.lost_reason_id:
        missing["lost_reason_id"] = "Choose why it was lost."
    if stage.kind == "lost" and deal.lost_reason_id and not deal.lost_note and asks_note(deal):
        missing["lost_note"] = "Say in a few words why."
    return missing


def asks_note(deal: Deal) -> bool:
    """Whether the chosen reason, such as Other, wants a note."""
    reason = deal.session.get(LostReason, (deal.organization_id, deal.lost_reason_id))
    return reason is not None and reason.asks_note


def refuse_full(deal: Deal, stage: Stage) -> None:
    """Raises Conflict when a strict limit is reached; the stage is locked, so the count holds."""
    if not (stage.wip_limit and stage.wip_strict):
        return
    here = type(deal)
    inside = select(here.id).where(here.organization_id == stage.organization_id, here.stage_id == stage.id)
    counted = inside.where(here.id != deal.id).limit(stage.wip_limit).subquery()  # no further than the rule asks
    if (deal.session.scalar(select(func.count()).select_from(counted)) or 0) >= stage.wip_limit:
        words = "%(stage)s is full: its limit of deals is %(limit)s."
        raise Conflict(words, code="STAGE_FULL", stage=stage.name, limit=stage.wip_limit)


def enter(deal: Deal, stage: Stage, by: Membership) -> None:
    """The deal stands in the stage, its status follows the stage's kind (rule 5), the timeline says so."""
    left, old, now = deal.stage, deal.status, datetime.now(UTC)
    days = (now - deal.stage_entered_at).days
    deal.stage, deal.stage_id, deal.stage_entered_at = stage, stage.id, now
    deal.status = stage.kind if not stage.is_open else "in_progress"
    deal.closed_on = by.today() if deal.is_closed else None
    if deal.status != "lost":
        deal.lost_reason_id = deal.lost_note = None
    deal.record(
        "stage_changed", by=by, old_stage=left.name, new_stage=stage.name, days=days, slug=stage.slug, left=left.slug
    )
    if deal.status != old:
        deal.record("status_changed", by=by, old_status=old, new_status=deal.status)


def stage_before_closing(deal: Deal) -> Stage:
    """The open stage that it was in last, else the first open one."""
    stages = {stage.slug: stage for stage in deal.stage.pipeline.open_stages}
    if not stages:
        raise Forbidden("This pipeline has no open stage.")
    left = deal.session.scalars(
        select(Activity.payload["left"].astext)
        .where(Activity.organization_id == deal.organization_id, Activity.deal_id == deal.id)
        .where(Activity.type == "stage_changed")
        .order_by(Activity.id.desc())
    )
    return next((stages[slug] for slug in left if slug in stages), next(iter(stages.values())))
