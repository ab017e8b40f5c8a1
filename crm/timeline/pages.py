"""What a record's page shows of its timeline, and what the composer answers."""

from __future__ import annotations

from typing import Any

from flask import request

from crm.database import db
from crm.hypermedia import is_fragment
from crm.sessions import current
from crm.timeline.forms import ComposerForm
from crm.timeline.models import Activity, Recorded
from crm.timeline.queries import PAGE, activities_of, people_in, timeline_of
from crm.words import day_heading

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
        "goes_on": bool(activities) and is_fragment() and same_day(before, activities[0]),
        "more_url": f"{address}?before={activities[-1].id}" if len(rows) > PAGE else None,
        "action_url": f"{address}/activities",
        "next_steps": False,
        "composer": composer,
    }


def same_day(before: int, first: Activity) -> bool:
    """Whether the page before this one ended on the same day, so that its heading stands already."""
    last = db.session.scalar(activities_of(current.member).where(Activity.id == before)) if before > 0 else None
    return last is not None and day_heading(last.created_at) == day_heading(first.created_at)
