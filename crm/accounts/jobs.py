"""Housekeeping of sign-ins."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from crm.accounts.queries import expired_links, expired_sessions
from crm.database import db
from crm.jobs import in_application, jobs


@jobs.periodic(cron="17 * * * *")
@jobs.task(name="accounts.forget_expired", queueing_lock="accounts.forget_expired")
@in_application
def forget_expired(timestamp: int) -> None:
    """Deletes sessions and rate-limit windows that are over. Runs every hour, in the worker's app context."""
    now = datetime.now(UTC)
    for expired in (expired_sessions(now), expired_links(now)):
        db.session.execute(expired)
    db.session.execute(text("delete from rate_limits where expires_at < now()"))
    db.session.commit()
