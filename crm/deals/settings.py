"""Deleting stages and pipelines: what becomes of their deals is decided here."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.database import db
from crm.deals import operations
from crm.deals.operations import deals_in
from crm.errors import Conflict, Invalid
from crm.forms import ChoiceField, Form
from crm.hypermedia import one_or_404, render
from crm.pipelines.models import Stage
from crm.pipelines.queries import pipeline_of, stage_of
from crm.sessions import current
from crm.tenancy import requires

settings = Blueprint("settings", __name__)


class DeletionForm(Form):
    """Nothing to type, only to confirm."""

    catches = (Invalid, Conflict)


class StageDeletionForm(DeletionForm):
    """Where the deals of the stage go: another open stage of its pipeline."""

    move_to = ChoiceField(_l("Move its deals to"))

    def __init__(self, stage: Stage, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.others = {str(one.id): one for one in stage.pipeline.open_stages if one.id != stage.id}
        self.move_to.choices = [("", _("Choose a stage")), *((id, one.name) for id, one in self.others.items())]

    @property
    def target(self) -> Stage | None:
        return self.others.get(self.move_to.data or "")


@settings.route("/settings/stages/<int:stage_id>/delete", methods=["GET", "POST"])
@requires("pipelines.edit")
def delete_stage(stage_id: int) -> ResponseReturnValue:
    """Says how many deals there are, asks where they go."""
    stage = one_or_404(stage_of(current.member, stage_id))
    form, name = StageDeletionForm(stage), stage.name
    if form.saved_by(lambda: operations.delete_stage(db.session(), stage, move_to=form.target, by=current.member)):
        db.session.commit()
        flash(_("%(name)s is deleted.", name=name), "good")
        return redirect(url_for("pipelines.show", pipeline_id=stage.pipeline_id), 303)
    count = deals_in(db.session(), stage)
    return render("pipelines/delete_stage.html", stage=stage, form=form, count=count, status=form.http_status)


@settings.route("/settings/pipelines/<int:pipeline_id>/delete", methods=["GET", "POST"])
@requires("pipelines.edit")
def delete_pipeline(pipeline_id: int) -> ResponseReturnValue:
    pipeline = one_or_404(pipeline_of(current.member, pipeline_id))
    form, name = DeletionForm(), pipeline.name
    if form.saved_by(lambda: operations.delete_pipeline(db.session(), pipeline, by=current.member)):
        db.session.commit()
        flash(_("%(name)s is deleted.", name=name), "good")
        return redirect(url_for("pipelines.index"), 303)
    return render("pipelines/delete_pipeline.html", pipeline=pipeline, form=form, status=form.http_status)
