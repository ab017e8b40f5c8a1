"""The audit log: a page with filters, and its download."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from crm.audit.forms import FilterForm
from crm.audit.queries import entries_of, page_of, people_of
from crm.audit.sheet import sheet
from crm.audit.wording import sentence_of
from crm.database import db
from crm.hypermedia import render
from crm.sessions import current
from crm.tenancy import requires
from crm.trail import AuditEntry
from crm.trail import audit as note

audit = Blueprint("audit", __name__, url_prefix="/settings/audit")
BATCH = 1000


@audit.get("")
@requires("audit.view")
def index() -> ResponseReturnValue:
    """The newest first; filters and place are in the address."""
    people = people_of(db.session(), current.member)
    form = FilterForm(request.args, people)
    before, after = place("before"), place("after")
    page = page_of(db.session(), current.member, form.shown(current.member), before=before, after=after)
    context: dict[str, Any] = {"form": form, "shown": page, "people": people, "sentence": sentence_of}
    context |= {"said": form.said(), "turns": turns(form, page.entries)}
    return render("audit/index.html", fragment="audit/_results.html", **context)


def place(name: str) -> int | None:
    """The id from which on the log is read; None when the address names none that could be."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def turns(form: FilterForm, entries: list[AuditEntry]) -> dict[str, str]:
    """The addresses of the neighbours."""
    if not entries:
        return {"newer": url_for("audit.index", **form.said()), "older": ""}
    ends: dict[str, dict[str, Any]] = {"newer": {"after": entries[0].id}, "older": {"before": entries[-1].id}}
    return {way: url_for("audit.index", **form.said(), **end) for way, end in ends.items()}


@audit.post("/download")
@requires("audit.view")
def download() -> ResponseReturnValue:
    """All that the filters let through as CSV, which is an entry itself: so a POST."""
    people = people_of(db.session(), current.member)
    form = FilterForm(request.args, people)
    filters = {name: str(value) for name, value in form.said().items()}
    note(db.session(), "audit_exported", by=current.member, filters=filters)
    db.session.commit()
    found = entries_of(current.member, form.shown(current.member)).order_by(AuditEntry.id.desc())
    entries = db.session.scalars(found.execution_options(yield_per=BATCH))
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response("".join(sheet(entries, people)), mimetype="text/csv", headers=headers)
