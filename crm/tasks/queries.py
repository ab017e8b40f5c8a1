"""Tasks that a member may see."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from crm.deals.models import Deal
from crm.deals.queries import seen_by
from crm.organizations.models import Membership
from crm.pipelines.models import Pipeline, Stage
from crm.tasks.models import Task


def tasks_of(member: Membership) -> Select[Task]:
    """Every task that the member may see: a task is seen with its deal."""
    deal = select(Deal.id).where(seen_by(member), Deal.id == Task.deal_id).correlate(Task).exists()
    return select(Task).where(Task.organization_id == member.organization_id, deal)


def task_of(member: Membership, id: int) -> Select[Task]:
    """One task with its deal, that one's stage and pipeline."""
    deal = joinedload(Task.deal, innerjoin=True).joinedload(Deal.stage, innerjoin=True)
    return (
        tasks_of(member)
        .where(Task.id == id)
        .options(deal.joinedload(Stage.pipeline, innerjoin=True).joinedload(Pipeline.stages))
    )
