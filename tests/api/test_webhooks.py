"""Webhooks by program."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from crm.webhooks.models import EVENT_TYPES
from crm.webhooks.operations import MOST_ENDPOINTS, add_endpoint
from tests.api.catalogue import document
from tests.world import hook_of

URL = "https://hooks.example.com/crm?key=1"


@pytest.fixture
def olga(api, world):
    return api.as_(world.olga)


@pytest.fixture
def hook(world):
    """Acme's endpoint with a message that waits."""
    return hooked(world.olga)


def hooked(owner, messages=1):
    webhook, message = hook_of(owner, messages=messages)
    return {"path": f"/webhooks/{webhook}", "message": message}


@pytest.fixture
def bolts(world):
    world.in_bolt()
    theirs = hooked(world.ruslan)
    world.in_acme()
    return theirs


def every_call(hook):
    one = hook["path"]
    yield from (("GET", one, None), ("PUT", one, {"url": URL}), ("PATCH", one, {}), ("GET", f"{one}/secret", None))
    yield from (("POST", f"{one}/rotate-secret", {}), ("POST", f"{one}/test", None))
    yield from (("GET", f"{one}/deliveries", None), ("GET", f"{one}/deliveries/{hook['message']}", None))
    yield from (("POST", f"{one}/deliveries/{hook['message']}/retry", None), ("DELETE", one, None))


def secrets(world):
    world.session.flush()
    return world.session.execute(text("select id, endpoint_id, nonce, expires_at from webhook_secrets")).all()


def test_adds_one_whose_secret_is_in_the_answer_alone(olga):
    made = olga.post("/webhooks", {"url": URL, "event_types": ["call", "deal_created"], "description": "Ours"})
    assert made.status_code == 201 and made.headers["ETag"] == '"1"', made.json
    got = olga.get(f"/webhooks/{made.json['id']}").json
    assert got == {name: value for name, value in made.json.items() if name not in ("secret", "previous_until")}
    assert got["event_types"] == ["call", "deal_created"] and got["enabled"] is True and got["failing_since"] is None
    secret = olga.get(f"/webhooks/{made.json['id']}/secret")
    assert secret.json == {"secret": made.json["secret"], "previous_until": None}
    assert secret.json["secret"].startswith("whsec_") and secret.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("who", ["olga", "adam"])
def test_owners_and_admins_may_do_everything(api, world, hook, who):
    program = api.as_(getattr(world, who))
    assert program.get("/webhooks").json["total"] == 1
    assert program.post("/webhooks", {"url": URL}).status_code == 201
    for method, path, body in every_call(hook):
        assert program.call(method, path, body).status_code in (200, 201, 204), (method, path)


@pytest.mark.parametrize("who", ["mona", "max", "lena", "vera"])
def test_nobody_else_may_do_anything(api, world, hook, who):
    program, before = api.as_(getattr(world, who)), secrets(world)
    assert program.get("/webhooks").status_code == program.post("/webhooks", {"url": URL}).status_code == 403
    for method, path, body in every_call(hook):
        answer = program.call(method, path, body)
        assert answer.status_code == 403 and "whsec_" not in answer.text, (method, path)
    assert secrets(world) == before


def test_another_organization_s_are_not_there(olga, world, hook, bolts):
    assert olga.get("/webhooks").json["total"] == 1
    mixed = hook | {"message": bolts["message"]}
    for call in [*every_call(bolts), *(call for call in every_call(mixed) if "deliveries/" in call[1])]:
        assert olga.call(*call).status_code == 404, call
    world.in_bolt()
    assert len(secrets(world)) == 1 and secrets(world)[0].expires_at is None


def test_a_message_is_found_only_under_its_own_webhook(olga, world, hook):
    other = hooked(world.olga)
    assert olga.get(f"{other['path']}/deliveries/{other['message']}").status_code == 200
    for method, tail in (("GET", ""), ("POST", "/retry")):
        assert olga.call(method, f"{other['path']}/deliveries/{hook['message']}{tail}").status_code == 404


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"url": ""}, "url", "Use an http or https address in plain letters, without a user name or a part after #."),
        ({"url": "http://localhost/"}, "url", "This name is not on the public internet."),
        ({"url": "http://10.0.0.1/"}, "url", "This address is not on the public internet."),
        ({"url": "https://hooks.example.com:25/"}, "url", "Use port 80, 443 or one from 1024 on."),
        ({"url": URL + "x" * 2000}, "url", "This address is too long."),
        ({"url": None}, "url", "Use text."),
        ({"url": "https://hooks.example.com/\x00"}, "url", "This contains a character that no text has."),
        ({"event_types": ["call", "nonsense"]}, "event_types", "There is no such event: nonsense"),
        ({"event_types": ["call", "call"]}, "event_types", "Name each event once."),
        ({"event_types": None}, "event_types", "Use a list."),
        ({"description": "x" * 201}, "description", "Use at most 200 characters."),
        ({"enabled": None}, "enabled", "Use true or false."),
        ({"secret": "mine"}, "secret", "There is no such field."),
    ],
)
def test_says_which_field_is_at_fault(olga, hook, body, field, words):
    for answer in (olga.post("/webhooks", {"url": URL} | body), olga.patch(hook["path"], body)):
        assert answer.status_code == 400 and answer.json["errors"] == {field: [words]}, answer.json
    assert olga.get("/webhooks").json["total"] == 1 and olga.get(hook["path"]).json["version"] == 1


def test_an_address_is_asked_for(olga):
    assert olga.post("/webhooks", {}).json["errors"] == {"url": ["This field is required."]}


def test_there_are_at_most_twenty(olga, world):
    for _ in range(MOST_ENDPOINTS - 1):
        add_endpoint(world.session, {"url": URL}, by=world.olga)
    world.session.commit()
    last, refused = olga.post("/webhooks", {"url": URL}), olga.post("/webhooks", {"url": URL})
    assert last.status_code == 201 and refused.status_code == 409
    assert refused.json["code"] == "TOO_MANY_WEBHOOKS" and "20" in refused.json["detail"]


def test_a_put_sets_everything_and_a_patch_what_it_names(olga, hook):
    other = "https://other.example.com/"
    changed = olga.patch(hook["path"], {"description": "Ours", "enabled": False}).json
    assert changed["description"] == "Ours" and not changed["enabled"] and changed["disabled_at"]
    put = olga.put(hook["path"], {"url": other, "event_types": ["call"]}).json
    assert (put["url"], put["description"], put["event_types"], put["enabled"]) == (other, "", ["call"], True)
    assert put["version"] == 3 and put["disabled_at"] is None


def test_a_stale_change_gets_the_webhook_as_it_is_now(olga, hook):
    assert olga.patch(hook["path"], {"description": "First", "version": 1}).json["version"] == 2
    for sent in ({"json": {"version": 1}}, {"If_Match": '"1"'}):
        body = {"description": "Second", "url": URL} | sent.get("json", {})
        stale = olga.patch(hook["path"], body, **{name: one for name, one in sent.items() if name != "json"})
        assert stale.status_code == 409 and stale.json["code"] == "STALE", stale.json
        assert stale.json["current"]["description"] == "First" and stale.json["changed"] == ["description"]
        assert "whsec_" not in stale.text
    assert olga.delete(hook["path"], If_Match='"1"').status_code == 409
    assert olga.delete(hook["path"], If_Match='"2"').status_code == 204
    assert olga.get(hook["path"]).status_code == 404


def test_a_new_secret_comes_beside_the_old_one_or_in_its_place(olga, hook):
    first = olga.get(f"{hook['path']}/secret").json["secret"]
    second = olga.post(f"{hook['path']}/rotate-secret", {}).json
    assert second["secret"] != first and second["previous_until"]
    third = olga.post(f"{hook['path']}/rotate-secret", {"at_once": True}).json
    assert third["previous_until"] is None and olga.get(f"{hook['path']}/secret").json == third


def test_a_secret_changed_too_often_is_refused(olga, hook):
    answers = [olga.post(f"{hook['path']}/rotate-secret", {}).status_code for _ in range(5)]
    assert answers == [200] * 4 + [409]


def test_the_same_key_adds_once_and_its_secret_is_never_stored(olga, world):
    first, second = (olga.post("/webhooks", {"url": URL}, Idempotency_Key="k1") for _ in range(2))
    assert second.headers["Idempotent-Replayed"] == "true" and second.json == first.json | {"secret": None}
    path = f"/webhooks/{first.json['id']}/rotate-secret"
    turned, again = (olga.post(path, {}, Idempotency_Key="k2") for _ in range(2))
    assert again.json == turned.json | {"secret": None} and olga.get("/webhooks").json["total"] == 1
    stored = world.session.execute(text("select answer from idempotency_keys")).scalars().all()
    assert len(stored) == 2 and "whsec_" not in str(stored)


def test_a_token_that_may_only_read_gets_no_secret(api, olga, world, hook):
    made = olga.post("/auth/tokens", {"name": "Reader", "scopes": ["webhooks:read"]}).json
    word = next(value for value in made.values() if str(value).startswith("crm_"))
    reader = {"Authorization": f"Bearer {word}"}
    assert olga.get(hook["path"], **reader).status_code == 200
    for path in (f"{hook['path']}/secret", f"{hook['path']}/test", f"{hook['path']}/rotate-secret"):
        method = "GET" if path.endswith("secret") and "rotate" not in path else "POST"
        refused = olga.call(method, path, {} if method == "POST" else None, **reader)
        assert refused.status_code == 403 and refused.json["code"] == "SCOPE_MISSING", path


def test_a_test_message_waits_to_be_sent(olga, hook):
    made = olga.post(f"{hook['path']}/test")
    assert made.status_code == 201 and made.json["state"] == "waiting" and made.json["payload"]["type"] == "test"
    assert olga.get(f"{hook['path']}/deliveries/{made.json['id']}").json == made.json


def test_switched_off_nothing_is_sent_and_what_waited_can_be_sent_again_later(olga, hook):
    one = f"{hook['path']}/deliveries/{hook['message']}"
    olga.patch(hook["path"], {"enabled": False})
    assert olga.get(one).json["state"] == "failed" and olga.get(one).json["error"] == "switched off"
    for path in (f"{hook['path']}/test", f"{one}/retry"):
        refused = olga.post(path)
        assert refused.status_code == 409 and refused.json["code"] == "WEBHOOK_DISABLED"
    olga.patch(hook["path"], {"enabled": True})
    again = olga.post(f"{one}/retry").json
    assert (again["state"], again["attempts"], again["failed_at"]) == ("waiting", 0, None)


def test_messages_are_listed_by_state_page_and_cursor(olga, world):
    hook = hooked(world.olga, messages=5)
    path = f"{hook['path']}/deliveries"
    world.session.execute(text("update webhook_deliveries set delivered_at = now(), next_attempt_at = null"))
    newest = olga.post(f"{hook['path']}/test").json["id"]
    everything = olga.get(f"{path}?page_size=4").json
    assert everything["total"] == 6 and everything["items"][0]["id"] == newest
    assert not {"payload", "answer"} & everything["items"][0].keys()
    rest = olga.get(f"{path}?page_size=4&cursor={everything['next_cursor']}").json
    assert len({one["id"] for one in everything["items"] + rest["items"]}) == 6 and rest["next_cursor"] is None
    states = {state: olga.get(f"{path}?state={state}").json["total"] for state in ("waiting", "delivered", "failed")}
    assert states == {"waiting": 1, "delivered": 5, "failed": 0}
    assert olga.get(f"{path}?state=lost").json["errors"].keys() == {"state"}


def test_lists_cost_the_same_however_long(olga, world, statements):
    def cost(path):
        olga.get(path)
        statements.clear()
        assert olga.get(path).status_code == 200
        return len(statements)

    hook = hooked(world.olga, messages=3)
    hooked(world.olga), hooked(world.olga)
    few = [cost("/webhooks"), cost(f"{hook['path']}/deliveries")]
    for _ in range(17):
        hooked(world.olga)
        olga.post(f"{hook['path']}/test")
    assert [cost("/webhooks"), cost(f"{hook['path']}/deliveries")] == few


def test_the_document_lists_the_events(app):
    body = document(app)["components"]["schemas"]["WebhookFields"]["properties"]["event_types"]
    assert body["items"]["enum"] == list(EVENT_TYPES) and body["uniqueItems"]
