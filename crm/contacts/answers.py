"""What the pages of contacts and companies answer alike."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from crm.contacts.models import Company, Contact
from crm.hypermedia import changed, is_fragment, render
from crm.timeline.forms import ComposerForm
from crm.timeline.pages import timeline_page

LONGEST_QUERY = 100
NOT_YOURS_TO_DELETE = "Only the owner or a manager can delete this record."
NOT_YOURS = "Only the owner or a manager can change this record."


def record_page(folder: str, record: Company | Contact, home: str, **more: Any) -> ResponseReturnValue:
    """The record's page, or an earlier part of its timeline."""
    context = timeline_page(record, home) | more
    return render(f"{folder}/show.html", fragment="timeline/_timeline.html", home=home, **context)


def logged(folder: str, record: Company | Contact, form: ComposerForm, home: str, **more: Any) -> ResponseReturnValue:
    """After a note, call, e-mail or meeting: the new timeline, or the composer with what was typed."""
    if form.http_status == 200:
        return changed("timeline/posted.html", otherwise=home, **timeline_page(record, home))
    context = timeline_page(record, home, form) | {"home": home, "oob": is_fragment()} | more
    return render(f"{folder}/show.html", fragment="timeline/_composer.html", status=form.http_status, **context)


def asked(*names: str) -> str:
    """What is typed into a field that offers options, under any of these names."""
    text = next((request.args[name] for name in names if name in request.args), "")
    return " ".join(text.replace("\x00", "").split())[:LONGEST_QUERY]
