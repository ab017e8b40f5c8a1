"""The audit log: a page with filters, and its download."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from flask import Blueprint, Response, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from crm.audit.forms import FilterForm
from crm.audit.queries import entries_of, page_of, people_of
from crm.audit.sheet import sheet
from crm.audit.wording import sentence_of
from crm.database import db, scope
from crm.hypermedia import render
from crm.organizations.models import Membership
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
    """All that the filters let through as CSV, which is an entry itself, committed before the first row: so a POST."""
    people, me = people_of(db.session(), current.member), current.member
    form = FilterForm(request.args, people)
    filters = {name: str(value) for name, value in form.said().items()}
    note(db.session(), "audit_exported", by=me, filters=filters)
    db.session.commit()
    found = entries_of(me, form.shown(me)).order_by(AuditEntry.id.desc())
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(stream_with_context(rows(found, people, me)), mimetype="text/csv", headers=headers)


def rows(found: Select[AuditEntry], people: dict[int, str], reader: Membership) -> Iterator[str]:
    """Row by row from a cursor of the database. The request's session is closed by then: this one is the stream's."""
    scope(db.session(), organization_id=reader.organization_id, user_id=reader.user_id)
    with closing(db.session.scalars(found.execution_options(yield_per=BATCH))) as entries:
        yield from sheet(entries, people)
