"""Owners and admins add, change and delete endpoints; try them out and send again."""

from __future__ import annotations

import pytest

from crm.errors import Conflict, Forbidden, Invalid
from crm.webhooks.models import EVENT_TYPES
from crm.webhooks.operations import MOST_ENDPOINTS, add_endpoint, delete_endpoint, send_again, send_test
from crm.webhooks.queries import deliveries_of, delivery_of, endpoint_of, endpoints_of, secrets_of
from tests.webhooks.conftest import deliveries, queued
from tests.webhooks.receiver import verified

URL = "https://hooks.example.com/crm?key=1"


def added(world, **values):
    return add_endpoint(world.session, {"url": URL} | values, by=world.adam)


@pytest.mark.parametrize("who", ["olga", "adam"])
def test_owners_and_admins_add_one_with_a_secret(world, who):
    endpoint = add_endpoint(world.session, {"url": URL, "description": "Ours"}, by=getattr(world, who))
    assert endpoint.enabled and endpoint.version == 1 and endpoint.event_types == []
    assert len(world.session.scalars(secrets_of(world.olga, endpoint)).all()) == 1
    assert world.session.scalars(endpoints_of(world.olga)).all() == [endpoint]


@pytest.mark.parametrize("who", ["mona", "max", "lena", "vera"])
def test_nobody_else_does_anything_with_them(world, hooked, who):
    session, by, endpoint = world.session, getattr(world, who), hooked.endpoint
    delivery = send_test(session, endpoint, by=world.olga)
    for verb in (
        lambda: add_endpoint(session, {"url": URL}, by=by),
        lambda: endpoint.change({"description": "x"}, by=by),
        lambda: delete_endpoint(session, endpoint, by=by),
        lambda: send_test(session, endpoint, by=by),
        lambda: send_again(session, delivery, by=by),
    ):
        with pytest.raises(Forbidden):
            verb()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": ""}, "url"),
        ({"url": None}, "url"),
        ({"url": "http://localhost/"}, "url"),
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"url": "https://anna:secret@hooks.example.com/"}, "url"),
        ({"url": "https://hooks.example.com/" + "x" * 2000}, "url"),
        ({"event_types": ["comment", "nonsense"]}, "event_types"),
        ({"description": "x" * 201}, "description"),
    ],
)
def test_what_it_can_not_be(world, values, field):
    with pytest.raises(Invalid) as refused:
        added(world, **values)
    assert list(refused.value.errors) == [field]
    endpoint = added(world)
    with pytest.raises(Invalid):
        endpoint.change(values, by=world.adam)


def test_every_type_of_the_timeline_can_be_chosen(world):
    assert added(world, event_types=list(EVENT_TYPES)).event_types == list(EVENT_TYPES)


def test_there_are_at_most_twenty(world):
    for _ in range(MOST_ENDPOINTS):
        added(world)
    with pytest.raises(Conflict):
        added(world)
    delete_endpoint(world.session, world.session.scalars(endpoints_of(world.olga)).first(), by=world.olga)
    added(world)


def test_a_change_made_meanwhile_is_not_overwritten(world):
    endpoint = added(world)
    endpoint.change({"url": "https://other.example.com/"}, by=world.olga, version=1)
    world.session.flush()
    with pytest.raises(Conflict):
        endpoint.change({"description": "x"}, by=world.adam, version=1)
    endpoint.change({"description": "x"}, by=world.adam, version=2)
    assert endpoint.url == "https://other.example.com/"


def test_switched_off_it_gives_up_what_waits_and_on_again_it_starts_clean(world, hooked, receiver, work):
    receiver.answer = lambda _: (500, {}, b"")
    world.deal.record("comment", by=world.max, text="Hello")
    work()
    hooked.endpoint.change({"enabled": False}, by=world.olga)
    world.session.expire_all()
    assert hooked.endpoint.disabled_at and [one.state for one in deliveries(world)] == ["failed"]
    hooked.endpoint.change({"enabled": True}, by=world.olga)
    assert hooked.endpoint.disabled_at is None and hooked.endpoint.failing_since is None


def test_sent_again_it_keeps_its_id_and_body(world, hooked, receiver, work):
    world.deal.record("comment", by=world.max, text="Hello")
    work()
    (message,) = deliveries(world)
    send_again(world.session, message, by=world.adam)
    assert message.state == "waiting" and len(queued(world)) == 1
    work()
    first, second = receiver.got
    assert first.id == second.id == message.message_id and first.body == second.body
    assert verified(second, hooked.secret()) and deliveries(world)[0].state == "delivered"


def test_sent_again_after_failing_for_good_it_has_all_its_retries(world, hooked, receiver, work):
    world.deal.record("comment", by=world.max, text="Hello")
    world.session.flush()
    (message,) = deliveries(world)
    message.attempts, message.next_attempt_at, message.failed_at = 9, None, message.created_at
    receiver.answer = lambda _: (500, {}, b"")
    send_again(world.session, message, by=world.adam)
    work()
    assert (message.state, message.attempts) == ("waiting", 1)


def test_a_test_message_goes_to_this_endpoint_only(world, hooked, receiver, work):
    added(world)
    message = send_test(world.session, hooked.endpoint, by=world.adam)
    work()
    (received,) = receiver.got
    assert received.json["type"] == "test" and received.id == message.message_id
    assert verified(received, hooked.secret()) and len(deliveries(world)) == 1


def test_nothing_is_sent_to_one_that_is_switched_off(world, hooked):
    message = send_test(world.session, hooked.endpoint, by=world.adam)
    hooked.endpoint.change({"enabled": False}, by=world.olga)
    for verb in (
        lambda: send_test(world.session, hooked.endpoint, by=world.olga),
        lambda: send_again(world.session, message, by=world.olga),
    ):
        with pytest.raises(Conflict) as refused:
            verb()
        assert refused.value.code == "WEBHOOK_DISABLED"


def test_deliveries_are_listed_by_state_and_page(world, hooked, receiver, work):
    receiver.answer = lambda one: (200 if one.json["type"] == "call" else 500, {}, b"told")
    for kind in ("call", "comment", "call"):
        world.deal.record(kind, by=world.max, text="Hello")
        world.session.flush()
    work()

    def listed(**how):
        return [one.type for one in world.session.scalars(deliveries_of(world.olga, hooked.endpoint, **how))]

    last = deliveries(world)[-1].id
    assert listed() == ["call", "comment", "call"] and listed(before=last) == ["comment", "call"]
    assert listed(state="delivered") == ["call", "call"] and listed(state="waiting") == ["comment"]
    assert listed(state="failed") == []


def test_another_organizations_endpoints_do_not_exist(world, hooked):
    message = send_test(world.session, hooked.endpoint, by=world.olga)
    world.session.flush()
    for stranger, count in ((world.olga, 1), (world.ruslan, 0)):
        queries = (
            endpoint_of(stranger, hooked.endpoint.id),
            secrets_of(stranger, hooked.endpoint),
            deliveries_of(stranger, hooked.endpoint),
            delivery_of(stranger, message.id),
        )
        assert [len(world.session.scalars(query).all()) for query in queries] == [count] * 4
