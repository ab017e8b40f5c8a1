"""One refresh token, sent ten times at the same moment, each on a connection of its own."""

from __future__ import annotations

import threading

import pytest

from tests.crowd import at_once, crowd
from tests.program import PREFIX
from tests.world import PASSWORD

ROUNDS = 30
gate: list[threading.Barrier] = []


@pytest.fixture(scope="module")
def crowded(request):
    with crowd(request, "refresh") as found:
        found[0].before_request_funcs[None].append(meet)
        yield found


def meet():
    for barrier in gate:
        barrier.wait(30)


def arriving_together(app, acts):
    """None is answered before all have arrived: on a busy machine the last would come after the first had gone."""
    gate[:] = [threading.Barrier(len(acts))]
    try:
        return at_once(app, acts)
    finally:
        gate.clear()


def asking(app, path, body, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return lambda: app.test_client(use_cookies=False).post(PREFIX + path, json=body, headers=headers)


def begun(app):
    return asking(app, "/auth/login", {"email": "max@example.com", "password": PASSWORD})().json


def me(app, token):
    return app.test_client().get(PREFIX + "/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code


def test_of_ten_at_once_one_wins_and_its_pair_lives(crowded):
    app, _ids = crowded
    for _ in range(ROUNDS):
        body = {"refresh_token": begun(app)["refresh_token"]}
        answers = arriving_together(app, [asking(app, "/auth/refresh", body)] * 10)
        won = [one.json for one in answers if one.status_code == 200]
        assert len(won) == 1 and {one.status_code for one in answers} == {200, 401}
        assert me(app, won[0]["access_token"]) == 200
        assert asking(app, "/auth/refresh", {"refresh_token": won[0]["refresh_token"]})().status_code == 200


def test_who_comes_after_the_answer_ends_the_family(crowded):
    app, _ids = crowded
    body = {"refresh_token": begun(app)["refresh_token"]}
    both = arriving_together(app, [asking(app, "/auth/refresh", body)] * 2)
    won = [one.json for one in both if one.status_code == 200]
    assert asking(app, "/auth/refresh", body)().json["code"] == "TOKEN_REUSED"
    assert me(app, won[0]["access_token"]) == 401


def test_signing_out_and_refreshing_at_once_leave_nothing_that_lives(crowded):
    app, _ids = crowded
    for _ in range(ROUNDS):
        pair = begun(app)
        body = {"refresh_token": pair["refresh_token"]}
        out = asking(app, "/auth/logout", None, pair["access_token"])
        renewed, ended = at_once(app, [asking(app, "/auth/refresh", body), out])
        assert ended.status_code == 204 and renewed.status_code in (200, 401)
        assert me(app, renewed.json.get("access_token", pair["access_token"])) == 401
