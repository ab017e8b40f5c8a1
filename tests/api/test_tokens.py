"""Signing in by program."""

from __future__ import annotations

from tests.world import PASSWORD


def test_a_program_signs_in_and_asks_who_it_is(api, world):
    pair = api.client.post("/api/v1/auth/login", json={"email": "max@example.com", "password": PASSWORD}).json
    assert pair["token_type"] == "bearer" and pair["expires_in"] == 900
    me = api.client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {pair['access_token']}"})
    assert me.status_code == 200 and me.json["email"] == "max@example.com", me.json
