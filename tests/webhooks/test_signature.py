"""Messages are signed as the specification says: a receiver that knows a living secret can tell, and nobody else."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from crm.errors import Conflict, Forbidden
from crm.webhooks.operations import rotate_secret
from crm.webhooks.queries import secrets_of
from crm.webhooks.signing import secret_of, signature
from tests.webhooks.conftest import secrets
from tests.webhooks.receiver import verified


def test_a_published_example_is_signed_alike():
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_verifies_what_comes(world, hooked, receiver, work):
    world.deal.record("comment", by=world.max, text="Привет")
    work()
    (received,) = receiver.got
    assert verified(received, hooked.secret())
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"] == "CRM-Webhooks/1" and "cookie" not in received.headers


@pytest.mark.parametrize(
    "forge",
    [
        lambda one: replace(one, body=one.body.replace(b"comment", b"meeting")),
        lambda one: replace(one, headers=one.headers | {"webhook-id": "activity_1"}),
        lambda one: replace(
            one, headers=one.headers | {"webhook-timestamp": str(int(one.headers["webhook-timestamp"]) + 1)}
        ),
        lambda one: replace(one, headers=one.headers | {"webhook-timestamp": "1"}),
    ],
)
def test_a_receiver_refuses_what_was_changed(world, hooked, receiver, work, forge):
    world.deal.record("comment", by=world.max, text="Hello")
    work()
    assert verified(receiver.got[0], hooked.secret())
    assert not verified(forge(receiver.got[0]), hooked.secret())


def test_while_a_secret_is_replaced_both_fit(app, world, hooked, receiver, work):
    old = hooked.secret()
    rotate_secret(world.session, hooked.endpoint, by=world.adam)
    new = hooked.secret()
    world.deal.record("comment", by=world.max, text="Hello")
    work()
    assert old != new and verified(receiver.got[0], old) and verified(receiver.got[0], new)
    assert receiver.got[0].headers["webhook-signature"].count("v1,") == 2


def test_after_a_day_the_old_secret_signs_no_more(app, world, hooked, receiver, work):
    old = hooked.secret()
    rotate_secret(world.session, hooked.endpoint, by=world.adam)
    (expires_at,) = [row.expires_at for row in world.session.scalars(secrets_of(world.olga, hooked.endpoint))][1:]
    assert abs(expires_at - datetime.now(UTC) - timedelta(hours=24)) < timedelta(minutes=1)
    world.session.execute(text("update webhook_secrets set expires_at = now() where expires_at is not null"))
    world.deal.record("comment", by=world.max, text="Hello")
    work()
    assert verified(receiver.got[0], hooked.secret()) and not verified(receiver.got[0], old)


def test_a_leaked_secret_ends_at_once(app, world, hooked, receiver, work):
    old = hooked.secret()
    rotate_secret(world.session, hooked.endpoint, by=world.olga, at_once=True)
    world.deal.record("comment", by=world.max, text="Hello")
    work()
    assert verified(receiver.got[0], hooked.secret()) and not verified(receiver.got[0], old)


def test_the_header_does_not_grow_without_end(world, hooked):
    for _ in range(4):
        rotate_secret(world.session, hooked.endpoint, by=world.olga)
    with pytest.raises(Conflict):
        rotate_secret(world.session, hooked.endpoint, by=world.olga)
    rotate_secret(world.session, hooked.endpoint, by=world.olga, at_once=True)


@pytest.mark.parametrize("who", ["mona", "max", "lena", "vera"])
def test_only_owners_and_admins_change_the_secret(world, hooked, who):
    with pytest.raises(Forbidden):
        rotate_secret(world.session, hooked.endpoint, by=getattr(world, who))


def test_a_secret_is_long_enough_and_each_endpoint_has_its_own(app, world, hooked):
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", hooked.secret())
    other = world.session.merge(hooked.endpoint)
    rotate_secret(world.session, other, by=world.olga)
    assert len(set(secrets(app, world, hooked.endpoint))) == 2


def test_a_copy_of_the_database_signs_nothing(app, world, hooked, receiver, work):
    world.deal.record("comment", by=world.max, text="Hello")
    work()
    (row,) = world.session.scalars(secrets_of(world.olga, hooked.endpoint))
    guesses = [secret_of(key, row) for key in ("", "another key", row.nonce)] + [f"whsec_{row.nonce}="]
    assert verified(receiver.got[0], secret_of(app.config["SECRET_KEY"], row))
    assert not any(verified(receiver.got[0], guess) for guess in guesses[:3])
    dump = str(world.session.execute(text("select to_jsonb(s) from webhook_secrets s")).all())
    assert hooked.secret().removeprefix("whsec_") not in dump
