"""docs/api.md tells receivers how to verify a message: its lines run as they are printed, its numbers are ours."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest

from crm.webhooks import schedule
from crm.webhooks.operations import MOST_ENDPOINTS, OVERLAP, rotate_secret
from crm.webhooks.sending import PATIENCE
from tests.test_house_rules import ROOT

CHAPTER = (ROOT / "docs" / "api.md").read_text().partition("## Webhooks")[2]
UNITS = {"s": 1, "min": 60, "h": 3600}


@pytest.fixture
def verified():
    """The manual's function, with the manual's own imports and nothing else."""
    (printed,) = re.findall(r"```python\n(.*?)```", CHAPTER, re.DOTALL)
    known: dict = {}
    exec(compile(printed, "docs/api.md", "exec"), known)
    return known["verified"]


@pytest.fixture
def message(world, hooked, receiver, work):
    """What came to the receiver."""
    world.deal.record("comment", by=world.max, text="Привет")
    work()
    return receiver.got[0]


def test_the_printed_lines_verify_what_comes(verified, hooked, message):
    assert verified(hooked.secret(), message.headers, message.body)


def test_the_printed_lines_refuse_what_was_changed(verified, hooked, message):
    secret, headers, body = hooked.secret(), message.headers, message.body
    assert not verified(secret, headers, body.replace(b"comment", b"meeting"))
    assert not verified("whsec_" + "A" * 43 + "=", headers, body)
    for name, value in (("id", "activity_1"), ("timestamp", "9999999999"), ("timestamp", "now"), ("signature", "v1,é")):
        assert not verified(secret, headers | {f"webhook-{name}": value}, body), name


def test_the_printed_lines_refuse_what_is_old(verified, hooked, message, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 310)
    assert not verified(hooked.secret(), message.headers, message.body)


def test_the_printed_lines_take_the_old_and_the_new_secret(verified, world, hooked, receiver, work):
    old = hooked.secret()
    rotate_secret(world.session, hooked.endpoint, by=world.olga)
    world.deal.record("comment", by=world.max, text="Hello")
    work()
    (one,) = receiver.got
    assert verified(old, one.headers, one.body) and verified(hooked.secret(), one.headers, one.body)


def test_the_printed_schedule_is_the_schedule():
    (said,) = re.findall(r"tried again\*\* after (.*?), each", CHAPTER, re.DOTALL)
    pauses = [int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", said)]
    assert pauses == list(schedule.RETRIES) and schedule.JITTER == 0.2


def test_the_other_numbers_are_ours():
    assert "at most twenty" in CHAPTER and MOST_ENDPOINTS == 20
    assert "for 24 hours" in CHAPTER and timedelta(hours=24) == OVERLAP
    assert "five days" in CHAPTER and timedelta(days=5) == schedule.TOO_LONG
    assert "answers 410" in CHAPTER and schedule.GONE == 410
    assert "within ten seconds" in CHAPTER and PATIENCE == 10
