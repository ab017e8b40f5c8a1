"""Opening deals, and what happens to them when their stage goes away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from crm.contacts.tags import tags_chosen
from crm.deals.changes import check_currency
from crm.deals.models import Deal
from crm.deals.moving import Incomplete, asked_by, explain, refuse_full, refuse_reason
from crm.deals.ranking import space
from crm.errors import Conflict, Invalid
from crm.organizations.models import Membership
from crm.organizations.receiving import refuse_unfit_owner
from crm.pipelines.models import NOT_ALLOWED, Pipeline, Stage, lock
from crm.trail import audit

FIELDS = (
    "title",
    "amount",
    "currency",
    "contact_id",
    "company_id",
    "expected_close_date",
    "probability",
    "owner_id",
)


def open_deal(session: Session, stage: Stage, values: dict[str, Any], *, by: Membership) -> Deal:
    """A new deal on top of the stage; in a later open stage it stays `new` until it moves.

    Raises Invalid at the field, Incomplete when the stage asks for more, Forbidden to open one for somebody else.
    """
    by.must("records.create", words="Viewers can read, not write.")
    deal = drafted(stage, values, by)
    by.must("records.assign", deal, words="You can open deals for yourself only.")
    if deal.owner_id != by.user_id:
        refuse_unfit_owner(session, deal.owner_id, by=by)
    deal.tags = tags_chosen(session, values.get("tag_ids"), by)
    with session.no_autoflush:
        session.add(deal)
        deal.check({"title": deal.title})
        refuse_reason(stage, values)
        if stage.kind == "lost":
            explain(deal, values)
        check_currency({"currency": deal.currency}, by)
        if missing := asked_by(stage, deal, by):
            raise Incomplete(stage, missing)
        deal.place(stage)
        refuse_full(deal, stage)
    deal.record("deal_created", by=by, title=deal.title, stage=stage.name)
    session.flush()
    return deal


def drafted(stage: Stage, values: dict[str, Any], by: Membership) -> Deal:
    """The deal as it would be, before any rule has looked at it."""
    deal = Deal(organization_id=by.organization_id, owner_id=by.user_id, title="", amount=Decimal(0), rank=0)
    deal.currency = by.organization.currency
    for name in FIELDS:
        if values.get(name) is not None:
            setattr(deal, name, values[name])
    deal.stage, deal.stage_id = stage, stage.id
    deal.status = "new" if stage.is_open else stage.kind
    deal.closed_on = by.today() if deal.is_closed else None
    return deal


REHOUSE = text("""
    with moved as (
        update deals set stage_id = :target, rank = rank + :offset, stage_entered_at = now(), version = version + 1
        where organization_id = :organization and stage_id = :stage returning id
    )
    insert into activities (organization_id, type, payload, deal_id, actor_id)
    select :organization, 'stage_changed',
      jsonb_build_object('old_stage', cast(:old as text), 'new_stage', cast(:new as text),
                         'left', cast(:left as text), 'slug', cast(:slug as text)),
      id, :actor
    from moved
""")


def delete_stage(session: Session, stage: Stage, *, move_to: Stage | None, by: Membership) -> None:
    """Deletes an open stage; its deals go to the bottom of `move_to`, each with its activity.

    Raises Invalid without a target when it has deals, Conflict for the last open stage or a closing one.
    """
    by.must("pipelines.edit", words=NOT_ALLOWED)
    if not stage.is_open:
        raise Conflict("A pipeline needs its won and lost stages.", code="STAGE_NEEDED")
    if len(stage.pipeline.open_stages) == 1:
        raise Conflict("A pipeline needs at least one open stage.", code="STAGE_NEEDED")
    lock(session, stage)
    if deals_in(session, stage):
        rehouse(session, stage, move_to, by)
    audit(session, "stage_deleted", by=by, subject=stage.name, pipeline=stage.pipeline.name)
    session.delete(stage)
    session.flush()


def rehouse(session: Session, stage: Stage, target: Stage | None, by: Membership) -> None:
    if target is None or target.id == stage.id or target.pipeline_id != stage.pipeline_id or not target.is_open:
        raise Invalid("Choose the stage that its deals move to.", field="move_to")
    lock(session, target)
    space(session, target)
    space(session, stage)
    last = session.scalar(select(func.max(Deal.rank)).where(*inside(target))) or 0
    session.execute(
        REHOUSE,
        {
            "organization": stage.organization_id,
            "stage": stage.id,
            "target": target.id,
            "offset": last,
            "old": stage.name,
            "new": target.name,
            "left": stage.slug,
            "slug": target.slug,
            "actor": by.user_id,
        },
    )


def delete_pipeline(session: Session, pipeline: Pipeline, *, by: Membership) -> None:
    """Raises Conflict while it has deals, or when it is the last one."""
    by.must("pipelines.edit", words=NOT_ALLOWED)
    others = select(func.count()).where(
        Pipeline.organization_id == pipeline.organization_id, Pipeline.id != pipeline.id
    )
    if not session.scalar(others):
        raise Conflict("An organization needs at least one pipeline.", code="PIPELINE_NEEDED")
    if sum(deals_in(session, stage) for stage in pipeline.stages):
        raise Conflict("There are deals in this pipeline. Move or delete them first.", code="HAS_DEALS")
    audit(session, "pipeline_deleted", by=by, subject=pipeline.name)
    session.delete(pipeline)
    session.flush()


def deals_in(session: Session, stage: Stage) -> int:
    """How many deals, open or closed, stand in the stage."""
    return session.scalar(select(func.count()).where(*inside(stage))) or 0


def inside(stage: Stage) -> tuple[Any, Any]:
    return Deal.organization_id == stage.organization_id, Deal.stage_id == stage.id
