"""When a message is tried again, and when an endpoint has failed for too long."""

from __future__ import annotations

import random
from datetime import timedelta

from crm.webhooks.sending import Outcome

RETRIES = (5.0, 30.0, 2 * 60.0, 10 * 60.0, 3600.0, 3 * 3600.0, 8 * 3600.0, 24 * 3600.0)
"""Seconds before the second attempt, the third, and so on; after them the message has failed for good."""

JITTER = 0.2
LONGEST_WAIT = 24 * 3600.0
TOO_LONG = timedelta(days=5)
"""Of failures only: then the endpoint is switched off."""

BUSY = (429, 503)
GONE = 410


def pause(attempts: int, outcome: Outcome) -> float | None:
    """Seconds until the next attempt after so many; None when that was the last.

    A receiver that is busy may ask for a longer pause, up to a day.
    """
    if attempts > len(RETRIES):
        return None
    wait = RETRIES[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
    asked = outcome.retry_after if outcome.status in BUSY else None
    return min(LONGEST_WAIT * (1 + JITTER), max(wait, min(asked or 0.0, LONGEST_WAIT)))
