"""The audit log as CSV, for spreadsheets: UTF-8 with a byte order mark, no cell that would be a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from flask_babel import gettext as _

from crm.audit.wording import kind_name, sentence_of
from crm.trail import AuditEntry

FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def sheet(entries: Iterable[AuditEntry], people: Mapping[int, str]) -> Iterator[str]:
    """A line for each entry; moments are in UTC."""
    yield "\ufeff" + line([_("When"), _("Who"), _("Kind"), _("What"), _("Address")])
    for entry in entries:
        who = people.get(entry.actor_id or 0, "")
        what = sentence_of(entry)
        yield line([entry.at.isoformat(timespec="seconds"), who, kind_name(entry.kind), what, entry.address or ""])


def line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([defused(cell) for cell in cells])
    return out.getvalue()


def defused(cell: str) -> str:
    """A spreadsheet would run what starts like a formula."""
    return f"'{cell}" if cell.startswith(FORMULAS) else cell
