"""What a record's page shows of its timeline, and what the composer answers."""

from __future__ import annotations

from typing import Any

from flask import request

from crm.database import db
from crm.sessions import current
from crm.timeline.forms import ComposerForm
from crm.timeline.models import Recorded
from crm.timeline.queries import PAGE, people_in, timeline_of

HIGHEST = 2**63 - 1


def timeline_page(record: Recorded, address: str, composer: ComposerForm | None = None) -> dict[str, Any]:
    """One page of the timeline of the record at this address; ?before= leads to earlier ones."""
    before = min(request.args.get("before", 0, type=int), HIGHEST)
    rows = list(
        db.session.scalars(timeline_of(current.member, record, before=before if before > 0 else None).limit(PAGE + 1))
    )
    activities = rows[:PAGE]
    people = db.session.execute(people_in(current.member, activities))
    return {
        "record": record,
        "activities": activities,
        "people": {row.user_id: row.name for row in people},
        "more_url": f"{address}?before={activities[-1].id}" if len(rows) > PAGE else None,
        "action_url": f"{address}/activities",
        "next_steps": False,
        "composer": composer,
    }
