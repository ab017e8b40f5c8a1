"""One refresh token, sent ten times at the same moment, each on a connection of its own."""

from __future__ import annotations

import pytest

from tests.crowd import at_once, crowd
from tests.program import PREFIX
from tests.world import PASSWORD

ROUNDS = 30


@pytest.fixture(scope="module")
def crowded(request, database_url):
    with crowd(request, database_url, "refresh") as found:
        yield found


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
        answers = at_once(app, [asking(app, "/auth/refresh", body)] * 10)
        won = [one.json for one in answers if one.status_code == 200]
        assert len(won) == 1 and {one.status_code for one in answers} == {200, 401}
        assert me(app, won[0]["access_token"]) == 200
        assert asking(app, "/auth/refresh", {"refresh_token": won[0]["refresh_token"]})().status_code == 200


def test_who_comes_after_the_answer_ends_the_family(crowded):
    app, _ids = crowded
    body = {"refresh_token": begun(app)["refresh_token"]}
    won = [one.json for one in at_once(app, [asking(app, "/auth/refresh", body)] * 2) if one.status_code == 200]
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
