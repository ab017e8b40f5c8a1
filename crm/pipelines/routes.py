"""Settings of pipelines and stages: everyone may look, owners and admins change."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.database import db
from crm.hypermedia import changed, is_fragment, one_or_404, render
from crm.pipelines.forms import REQUIRABLE_NAMES, PipelineForm, StageForm, form_for
from crm.pipelines.models import Pipeline
from crm.pipelines.operations import add_pipeline, order_stages
from crm.pipelines.operations import add_stage as append_stage
from crm.pipelines.queries import pipeline_of, pipelines_of, stage_of
from crm.sessions import current
from crm.tenancy import names, requires

pipelines = Blueprint("pipelines", __name__)
names("pipeline_id", pipeline_of)
names("stage_id", stage_of)


@pipelines.get("/settings/pipelines")
@requires("organization.view")
def index() -> ResponseReturnValue:
    """The first pipeline."""
    first = db.session.scalars(pipelines_of(current.member)).unique().first()
    return page(first) if first else render_template("pipelines/none.html")


@pipelines.get("/settings/pipelines/<int:pipeline_id>")
@requires("organization.view")
def show(pipeline_id: int) -> ResponseReturnValue:
    pipeline = one_or_404(pipeline_of(current.member, pipeline_id))
    return page(pipeline, focus=request.args.get("stage", type=int))


@pipelines.route("/settings/pipelines/new", methods=["GET", "POST"])
@requires("pipelines.edit")
def new() -> ResponseReturnValue:
    form, made = PipelineForm(), list[Pipeline]()
    if form.saved_by(lambda: made.append(add_pipeline(db.session(), form.name.data or "", by=current.member))):
        db.session.commit()
        flash(_("%(name)s is there, with the usual stages.", name=made[0].name), "good")
        return redirect(url_for("pipelines.show", pipeline_id=made[0].id), 303)
    return render("pipelines/new.html", form=form, status=form.http_status)


@pipelines.route("/settings/pipelines/<int:pipeline_id>/rename", methods=["GET", "POST"])
@requires("pipelines.edit")
def rename(pipeline_id: int) -> ResponseReturnValue:
    pipeline = one_or_404(pipeline_of(current.member, pipeline_id))
    form, me = PipelineForm(pipeline), current.member
    if form.saved_by(lambda: pipeline.rename(form.name.data or "", by=me, version=form.version.data)):
        db.session.commit()
        return saved("pipelines/renamed.html", pipeline)
    return page(pipeline, "pipelines/_head.html", status=form.http_status, renaming=form)


@pipelines.post("/settings/pipelines/<int:pipeline_id>/order")
@requires("pipelines.edit")
def order(pipeline_id: int) -> ResponseReturnValue:
    """The open stages stand as their ids were sent."""
    pipeline = one_or_404(pipeline_of(current.member, pipeline_id))
    order_stages(db.session(), pipeline, request.form.getlist("id", type=int), by=current.member)
    db.session.commit()
    return "", 204


@pipelines.route("/settings/pipelines/<int:pipeline_id>/stages/new", methods=["GET", "POST"])
@requires("pipelines.edit")
def add_stage(pipeline_id: int) -> ResponseReturnValue:
    pipeline = one_or_404(pipeline_of(current.member, pipeline_id))
    form = StageForm()
    if form.saved_by(lambda: append_stage(db.session(), pipeline, form.values(), by=current.member)):
        db.session.commit()
        return saved("pipelines/stage_added.html", pipeline)
    return page(pipeline, "pipelines/_new_stage.html", status=form.http_status, adding=form)


@pipelines.route("/settings/stages/<int:stage_id>", methods=["GET", "POST"])
@requires("pipelines.edit")
def stage(stage_id: int) -> ResponseReturnValue:
    """A stage's form, in its place in the list."""
    stage = one_or_404(stage_of(current.member, stage_id))
    form = form_for(stage)
    if form.saved_by(lambda: stage.change(form.values(), by=current.member, version=form.version.data)):
        db.session.commit()
        return saved("pipelines/stage_saved.html", stage.pipeline, stage=stage, focus=stage.id)
    return page(stage.pipeline, "pipelines/_stage.html", status=form.http_status, stage=stage, editing=form)


def page(pipeline: Pipeline, part: str | None = None, *, status: int = 200, **shown: Any) -> ResponseReturnValue:
    """The whole page, or the part of it that htmx asked for; a refused form comes back in its own place."""
    oob = is_fragment() and request.method == "POST"
    return render("pipelines/index.html", fragment=part, status=status, oob=oob, **around(pipeline), **BARE | shown)


def saved(template: str, pipeline: Pipeline, **shown: Any) -> ResponseReturnValue:
    here = url_for("pipelines.show", pipeline_id=pipeline.id)
    return changed(template, otherwise=here, **around(pipeline), **BARE | shown)


BARE: dict[str, Any] = {"editing": None, "adding": None, "renaming": None, "focus": None, "asked": REQUIRABLE_NAMES}


def around(pipeline: Pipeline) -> dict[str, Any]:
    """What every part of the page knows."""
    everything = db.session.scalars(pipelines_of(current.member)).unique().all()
    return {"pipeline": pipeline, "pipelines": everything}
