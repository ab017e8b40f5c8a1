"""Pipelines and their stages by program."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from crm.api.calls import named_here, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Body, Id, Line, Page, Paged, Versioned, Whole
from crm.database import db
from crm.hypermedia import one_or_404
from crm.pipelines.models import BOUNDS, LONGEST_PIPELINE, LONGEST_STAGE, Pipeline, Stage
from crm.pipelines.operations import add_pipeline, add_stage, order_stages
from crm.pipelines.queries import pipeline_of, pipelines_of, stage_of, stages_of
from crm.pipelines.shown import Colour, PipelineShown, Required, StageShown
from crm.sessions import current
from crm.tenancy import names

pipelines = Endpoints("pipelines")
names("pipeline_id", pipeline_of)
names("stage_id", stage_of)
Percent = Annotated[Whole, Field(ge=BOUNDS["probability"][0], le=BOUNDS["probability"][1])]
Days = Annotated[Whole, Field(ge=BOUNDS["rots_after"][0], le=BOUNDS["rots_after"][1])]
Deals = Annotated[Whole, Field(ge=BOUNDS["wip_limit"][0], le=BOUNDS["wip_limit"][1])]


class PipelineFields(Versioned):
    name: Line = Field(max_length=LONGEST_PIPELINE, examples=["Partners"])


class StageFields(Versioned):
    """An open stage. What a PUT leaves out stays as it is; of won and lost stages only the name can be changed."""

    name: Line = Field(max_length=LONGEST_STAGE, examples=["Demo"])
    color: Colour = Field("slate", examples=["sky"])
    probability: Percent = Field(0, description="The chance to win, in percent.", examples=[40])
    rots_after: Days | None = Field(None, description="Days without news until a deal rots.", examples=[14])
    wip_limit: Deals | None = Field(None, description="How many deals it is meant for.", examples=[20])
    wip_strict: bool = Field(False, description="Refuse more deals than the limit.")
    required: list[Required] = Field([], description="What a deal needs to enter.", examples=[["amount"]])


class StageOrder(Body):
    stage_ids: list[Id] = Field(description="All open stages; won and lost stay behind them.", examples=[[31, 32]])


@pipelines.get("/pipelines", "organization.view", gives=Page[PipelineShown])
def index(query: Paged) -> Any:
    """List pipelines with their stages, in the order of the boards."""
    return page_of(pipelines_of(current.member), query, {"position": Pipeline.position}, Pipeline.id)


@pipelines.post("/pipelines", "pipelines.edit", gives=PipelineShown, statuses={409: "The name is taken."})
def add(body: PipelineFields) -> Any:
    """Add a pipeline with the usual stages."""
    return saved(add_pipeline(db.session(), body.name, by=current.member))


@pipelines.get("/pipelines/<int:pipeline_id>", "organization.view", gives=PipelineShown)
def show(pipeline_id: int) -> Pipeline:
    """Get a pipeline with its stages."""
    return one_or_404(pipeline_of(current.member, pipeline_id))


@pipelines.put("/pipelines/<int:pipeline_id>", "pipelines.edit", gives=PipelineShown, shows=show)
def rename(pipeline_id: int, body: PipelineFields) -> Any:
    """Rename a pipeline."""
    pipeline = show(pipeline_id)
    pipeline.rename(body.name, by=current.member, version=body.version)
    return saved(pipeline)


@pipelines.get("/pipelines/<int:pipeline_id>/stages", "organization.view", gives=Page[StageShown])
def stages(pipeline_id: int, query: Paged) -> Any:
    """List the stages of a pipeline, in order."""
    pipeline = show(pipeline_id)
    return page_of(stages_of(current.member, pipeline), query, {"position": Stage.position}, Stage.id)


@pipelines.post("/pipelines/<int:pipeline_id>/stages", "pipelines.edit", gives=StageShown)
def append(pipeline_id: int, body: StageFields) -> Any:
    """Add an open stage behind the other open ones."""
    return saved(add_stage(db.session(), show(pipeline_id), stage_values(body.full()), by=current.member))


def stage_values(values: dict[str, Any]) -> dict[str, Any]:
    """Each required field once."""
    return values | ({"required": list(dict.fromkeys(values["required"]))} if "required" in values else {})


@pipelines.put("/pipelines/<int:pipeline_id>/stages/order", "pipelines.edit", gives=PipelineShown)
def order(pipeline_id: int, body: StageOrder) -> Any:
    """Put the open stages into another order."""
    pipeline = show(pipeline_id)
    with named_here(order="stage_ids"):
        order_stages(db.session(), pipeline, body.stage_ids, by=current.member)
    db.session.expire(pipeline, ["stages"])
    return saved(pipeline)


def stage(stage_id: int) -> Stage:
    return one_or_404(stage_of(current.member, stage_id))


@pipelines.put("/pipelines/stages/<int:stage_id>", "pipelines.edit", gives=StageShown, shows=stage)
def change(stage_id: int, body: StageFields) -> Any:
    """Change a stage. What is left out stays."""
    changed = stage(stage_id)
    changed.change(stage_values(body.given()), by=current.member, version=body.version)
    return saved(changed)
