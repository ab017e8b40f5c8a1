"""What a program's deal refers to: it must be there for the member, or with the deal already."""

from __future__ import annotations

from typing import Any, cast

from crm.api.calls import referred
from crm.contacts.queries import company_of, contact_of
from crm.database import db
from crm.deals.models import Deal
from crm.deals.revising import destination
from crm.errors import Invalid
from crm.organizations.queries import active_member, facts_of
from crm.pipelines.models import Pipeline, Stage
from crm.pipelines.queries import first_pipeline, first_stage, named_pipeline, stage_of
from crm.sessions import current

NO_PIPELINE = "No such pipeline."


def stage_for(values: dict[str, Any]) -> Stage:
    """Where a new deal stands. Raises Invalid at the field for what is not there, or no stage of the pipeline."""
    if values.keys() & {"stage", "stage_id", "status"}:
        pipeline = pipeline_for(values)
        return destination(pipeline, values) or pipeline.stages[0]
    asked = facts_of(current.member) | {"pipeline": values.get("pipeline_id")}
    found = db.session.scalars(first_stage(), asked).one_or_none()
    if found is None:
        raise Invalid(NO_PIPELINE, field="pipeline_id")
    return found


def pipeline_for(values: dict[str, Any]) -> Pipeline:
    """The pipeline that is named, that of the named stage, or the first."""
    if (named := values.get("pipeline_id")) is not None:
        asked = facts_of(current.member) | {"pipeline": named}
        found = db.session.scalars(named_pipeline(), asked).unique().one_or_none()
        if found is None:
            raise Invalid(NO_PIPELINE, field="pipeline_id")
    elif (stage := values.get("stage_id")) is not None:
        found = referred(stage_of(current.member, stage), "stage_id", "No such stage.").pipeline
    else:
        found = db.session.scalars(first_pipeline(), facts_of(current.member)).unique().one()
    return cast(Pipeline, found)


def checked(values: dict[str, Any], deal: Deal | None = None) -> dict[str, Any]:
    """The values. Raises Invalid at the field of what is not there."""
    refer(values, deal, "contact_id", "No such contact.", contact_of)
    refer(values, deal, "company_id", "No such company.", company_of)
    if values.get("owner_id") != current.member.user_id:
        refer(values, deal, "owner_id", "No such user.", active_member)
    return values


def refer(values: dict[str, Any], deal: Deal | None, field: str, words: str, finder: Any) -> None:
    """Raises Invalid at the field unless it names what the member may see, or what the deal has anyhow."""
    wanted = values.get(field)
    if wanted is not None and wanted != getattr(deal, field, None):
        referred(finder(current.member, wanted), field, words)
