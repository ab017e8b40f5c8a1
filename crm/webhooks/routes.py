"""Settings of webhooks: where they go, their secrets, what was sent and what came back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.database import db
from crm.hypermedia import one_or_404, render
from crm.sessions import current
from crm.tenancy import names, requires
from crm.webhooks import wording
from crm.webhooks.forms import WHICH, WebhookForm
from crm.webhooks.installation import current_secret, private_allowed
from crm.webhooks.models import WebhookEndpoint
from crm.webhooks.operations import add_endpoint, delete_endpoint, rotate_secret, send_again, send_test
from crm.webhooks.queries import (
    PAGE,
    STATES,
    deliveries_of,
    delivery_of,
    delivery_to,
    endpoint_of,
    endpoints_of,
)

webhooks = Blueprint("webhooks", __name__, url_prefix="/settings/webhooks")
names("webhook_id", endpoint_of)
names("delivery_id", delivery_of)


def found(webhook_id: int) -> WebhookEndpoint:
    return one_or_404(endpoint_of(current.member, webhook_id))


def home(webhook_id: int, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("webhooks.show", webhook_id=webhook_id, _anchor=anchor), 303)


@webhooks.get("")
@requires("webhooks.edit")
def index() -> ResponseReturnValue:
    shown = db.session.scalars(endpoints_of(current.member)).all()
    return render("webhooks/index.html", webhooks=shown, wording=wording)


@webhooks.route("/new", methods=["GET", "POST"])
@requires("webhooks.edit")
def new() -> ResponseReturnValue:
    form, me, made, private = WebhookForm(), current.member, list[WebhookEndpoint](), private_allowed()
    if form.saved_by(lambda: made.append(add_endpoint(db.session(), form.values(), by=me, private=private))):
        db.session.commit()
        flash(_("The webhook is there. Give its secret to your program."), "good")
        return home(made[0].id)
    return render("webhooks/new.html", form=form, which=WHICH, status=form.http_status)


@webhooks.get("/<int:webhook_id>")
@requires("webhooks.edit")
def show(webhook_id: int) -> ResponseReturnValue:
    """The endpoint with its secret, and a page of what was sent to it."""
    endpoint = found(webhook_id)
    secret, shown = current_secret(endpoint, by=current.member), listed(endpoint)
    part = "webhooks/_results.html"
    return render("webhooks/show.html", fragment=part, webhook=endpoint, secret=secret, wording=wording, **shown)


def listed(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """A page of deliveries, as the address asks for it; `older` is where the next one begins."""
    state, before = request.args.get("state"), request.args.get("before", type=int)
    state = state if state in STATES else None
    before = before if before and 0 < before < 2**63 else None
    page = deliveries_of(current.member, endpoint, state=state, before=before, most=PAGE + 1)
    rows = db.session.scalars(page).all()
    older = rows[PAGE - 1].id if len(rows) > PAGE else None
    return {"deliveries": rows[:PAGE], "state": state, "before": before, "older": older}


@webhooks.route("/<int:webhook_id>/edit", methods=["GET", "POST"])
@requires("webhooks.edit")
def edit(webhook_id: int) -> ResponseReturnValue:
    endpoint, me, private = found(webhook_id), current.member, private_allowed()
    form = WebhookForm(endpoint)
    if form.saved_by(lambda: endpoint.change(form.values(), by=me, version=form.version.data, private=private)):
        db.session.commit()
        flash(_("The webhook is saved."), "good")
        return home(webhook_id)
    return render("webhooks/edit.html", form=form, webhook=endpoint, which=WHICH, status=form.http_status)


@webhooks.route("/<int:webhook_id>/delete", methods=["GET", "POST"])
@requires("webhooks.edit")
def delete(webhook_id: int) -> ResponseReturnValue:
    """Asks first: what was sent is forgotten with it."""
    endpoint = found(webhook_id)
    if request.method != "POST":
        return render("webhooks/delete.html", webhook=endpoint)
    delete_endpoint(db.session(), endpoint, by=current.member)
    db.session.commit()
    flash(_("The webhook to %(url)s is deleted.", url=endpoint.url), "good")
    return redirect(url_for("webhooks.index"), 303)


@webhooks.post("/<int:webhook_id>/secret")
@requires("webhooks.edit")
def rotate(webhook_id: int) -> ResponseReturnValue:
    at_once = "at_once" in request.form
    rotate_secret(db.session(), found(webhook_id), by=current.member, at_once=at_once)
    db.session.commit()
    flash(_("There is a new secret. Give it to your program."), "good")
    return home(webhook_id)


@webhooks.post("/<int:webhook_id>/test")
@requires("webhooks.edit")
def try_out(webhook_id: int) -> ResponseReturnValue:
    delivery = send_test(db.session(), found(webhook_id), by=current.member)
    db.session.commit()
    flash(_("A test message is on its way."), "good")
    return home(webhook_id, f"delivery-{delivery.id}")


@webhooks.post("/<int:webhook_id>/deliveries/<int:delivery_id>/again")
@requires("webhooks.edit")
def again(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    delivery = one_or_404(delivery_to(current.member, webhook_id, delivery_id))
    send_again(db.session(), delivery, by=current.member)
    db.session.commit()
    flash(_("The message is on its way again."), "good")
    return home(webhook_id, f"delivery-{delivery_id}")
