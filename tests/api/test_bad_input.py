"""Thousands of bad requests, the same ones in each run: never a fault of ours, always the same three fields.

`BAD_INPUTS=20000` sends that many; 2,500 are the suite's share.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from contextvars import Context
from random import Random

import pytest
from werkzeug.test import Client

from crm.database import db
from tests.api.catalogue import address, everything, filled, operations
from tests.api.spoiling import JSON, STEPS, Request
from tests.program import PREFIX

HOW_MANY = int(os.environ.get("BAD_INPUTS", "2500"))
SEED = 20_261_121
STATUSES = {400, 401, 403, 404, 405, 409, 413, 415, 422, 429}
WHO = ("olga", "max", "vera")


@pytest.fixture
def ids(app, api, world):
    return everything(api, world.olga, operations(app), user_id=world.max.user_id, deal_id=world.deal.id)


@pytest.fixture
def people(api, world):
    return [api.as_(member).headers for member in [getattr(world, name) for name in WHO]]


def spoiled(operations_, ids, people):
    """Good requests, each spoiled in one to three ways."""
    random = Random(SEED)
    for number in range(HOW_MANY):
        one = operations_[number % len(operations_)]
        names = " ".join(parameter["name"] for parameter in one.parameters)
        request = Request(one.method, address(one, ids), filled(one, ids), one.content[0] if one.content else JSON, {})
        request.headers |= random.choice(people) | {"names": names}
        for step in random.choices(STEPS, k=random.choice((1, 1, 1, 2, 3))):
            step(request, random)
        del request.headers["names"]
        yield one, request


def send(client, request):
    """The answer; whatever the request did is undone."""
    point = db.engine.begin_nested()
    headers = request.headers | ({"Content-Type": request.kind} if request.kind else {})
    path = PREFIX + request.path + (f"?{request.query}" if request.query else "")
    try:
        return Context().run(client.open, path, method=request.method, data=request.sent, headers=headers)
    finally:
        if point.is_active:
            point.rollback()


def faults(request, answer):
    """What is wrong with the answer, in words."""
    if answer.status_code < 300:
        return None
    if answer.status_code not in STATUSES:
        return f"status {answer.status_code}"
    if answer.mimetype != JSON:
        return f"type {answer.mimetype}"
    return None if request.method == "HEAD" else misshapen(json.loads(answer.text))


def misshapen(told):
    """The error format: a sentence, a word, and sentences by field."""
    if not (isinstance(told.get("detail"), str) and told["detail"] and re.fullmatch("[A-Z_]+", told.get("code", ""))):
        return "no detail or no code"
    if told.keys() - {"detail", "code", "errors", "current", "changed"}:
        return f"more than is told: {told.keys()}"
    said = told.get("errors", {"x": ["x"]})
    fits = all(
        isinstance(one, list) and one and all(isinstance(word, str) and word for word in one) for one in said.values()
    )
    return None if fits and said else f"errors: {said}"


def test_bad_input_gets_the_error_format_and_never_a_fault(app, world, ids, people):
    client, seen, wrong = Client(app, use_cookies=False), Counter(), []
    for one, request in spoiled(operations(app), ids, people):
        answer = send(client, request)
        seen[answer.status_code] += 1
        if fault := faults(request, answer):
            wrong.append((fault, str(one), answer.text[:300], request))
    told = "\n\n".join(str(one)[:1500] for one in wrong[:8])
    assert not wrong, f"{len(wrong)} of {HOW_MANY}: {Counter(one[0] for one in wrong)}\n{told}"
    assert sum(count for status, count in seen.items() if status >= 400) > HOW_MANY / 2, seen
    assert {400, 401, 403, 404, 405, 415} <= seen.keys(), seen


def test_the_format_is_looked_at():
    good = {"detail": "No.", "code": "NO", "errors": {"name": ["Type a name."]}}
    assert misshapen(good) is None and misshapen({"detail": "No.", "code": "NO"}) is None
    bad = (
        {"code": "NO"},
        good | {"errors": {}},
        good | {"errors": {"name": "No."}},
        good | {"trace": 1},
        good | {"code": "n"},
    )
    assert all(misshapen(one) for one in bad)
