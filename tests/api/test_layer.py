"""What the layer below all endpoints promises, whatever the endpoint is."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace

import pytest
import simplejson
from sqlalchemy import text

from crm.api.answers import written
from crm.api.schemas import Shown, Sum
from crm.database import db
from tests.api.catalogue import address, everything, ids_of, operations
from tests.crowd import at_once, crowd
from tests.program import PREFIX, Program
from tests.world import PASSWORD

HUGE = ("0", "-1", "1.0", "x", "%00", "9" * 30, str(2**63), "１")


@pytest.fixture
def max_(api, world):
    return api.as_(world.max)


def sent(program, method, path, data=b"{}", **headers):
    """Sent as it is, with the program's token."""
    return program.client.open(PREFIX + path, method=method, data=data, headers=program.headers | headers)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_type_of_body_is_a_415(max_, kind):
    answer = sent(max_, "POST", "/contacts", **({"Content-Type": kind} if kind else {}))
    assert answer.status_code == 415 and answer.json["code"] == "UNSUPPORTED_MEDIA_TYPE"


def test_json_with_a_charset_is_json(max_):
    answer = sent(max_, "POST", "/contacts", b'{"name": "Ada"}', **{"Content-Type": "application/json; charset=utf-8"})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b"null", b'"x"', b"{}{}", b"\xff", b'{"name": NaN}', b'{"name": "\\ud800"}']
)
def test_broken_json_is_a_400(max_, broken):
    answer = sent(max_, "POST", "/contacts", broken, **{"Content-Type": "application/json"})
    assert answer.status_code == 400 and answer.json["errors"], answer.text


@pytest.mark.parametrize("query", ["x=1", "page=1&page=2", "page=1&x", "%00=1", "order=asc&order=asc"])
def test_unknown_and_repeated_parameters_are_named(max_, query):
    answer = max_.get(f"/contacts?{query}")
    assert answer.status_code == 400 and answer.json["errors"]
    assert max_.get("/contacts?status=new&status=stuck").status_code == 200


def test_an_endpoint_without_parameters_takes_none(max_, world):
    assert max_.get(f"/contacts/{world.contact.id}?x=1").status_code == 400
    assert max_.post(f"/contacts/{world.contact.id}/archive?x=1").status_code == 400


def test_another_method_is_a_405_that_says_which_there_are(max_, world):
    for method in ("DELETE", "PUT", "PATCH", "OPTIONS"):
        answer = max_.call(method, "/contacts")
        assert answer.status_code == 405 and set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
        assert answer.json["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_what_is_no_id_is_a_404(max_, number, method):
    answer = max_.call(method, f"/contacts/{number}", {"name": "X"})
    assert answer.status_code == 404 and answer.json["code"] == "NOT_FOUND"


def test_the_highest_id_is_a_404(max_):
    assert max_.get(f"/contacts/{2**63 - 1}").status_code == 404


@pytest.mark.parametrize("path", ["/nothing", "//contacts", "/contacts//", "/"])
def test_an_unknown_address_is_a_404_in_json(max_, path):
    answer = max_.get(path)
    assert answer.status_code == 404 and answer.json["code"] == "NOT_FOUND"


def test_head_answers_as_get_without_the_body(max_, world):
    path = f"/contacts/{world.contact.id}"
    head, got = max_.call("HEAD", path), max_.get(path)
    assert head.status_code == 200 and not head.data and head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


BAD_TOKENS = [
    "",
    "x",
    "Basic eDp5",
    "Bearer",
    "Bearer  ",
    "Bearer x",
    "Bearer a.b.c",
    "Bearer crm_1_x",
    "Bearer " + "x" * 9000,
]
BAD_TOKENS += ["Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "Bearer é"]


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_a_bad_token_is_a_401_everywhere(app, world, api, token):
    ids = ids_of(world.olga, world.session)
    for one in operations(app):
        if one.endpoint.needs != "public":
            headers = {"X-Organization-Id": str(ids["organization_id"])} | ({"Authorization": token} if token else {})
            answer = api.client.open(PREFIX + address(one, ids), method=one.method, headers=headers)
            assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer", str(one)
            assert answer.json["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize("match", ["", "x", '""', '"x"', "-1", '"1", "2"', "9" * 30, "1.0", "²"])
@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_an_if_match_that_is_no_version_is_a_400(max_, world, match, method):
    answer = max_.call(method, f"/companies/{world.company.id}", {"name": "X"}, If_Match=match)
    assert answer.status_code == 400 and set(answer.json["errors"]) == {"If-Match"}


@pytest.mark.parametrize("match", ['"1"', 'W/"1"', "1", "*"])
def test_if_match_takes_the_version_in_each_spelling(max_, match):
    made = max_.post("/contacts", {"name": "Ada"}).json
    assert max_.patch(f"/contacts/{made['id']}", {"name": "B"}, If_Match=match).status_code == 200


def test_if_match_goes_before_the_version_of_the_body(max_, world):
    path = f"/contacts/{world.contact.id}"
    assert max_.patch(path, {"note": "x", "version": 99}, If_Match='"1"').status_code == 200
    assert max_.patch(path, {"note": "y", "version": 99}).status_code == 409


def test_a_stale_delete_gets_the_record_as_it_is_now(max_):
    made = max_.post("/companies", {"name": "Brandt"}).json
    answer = max_.delete(f"/companies/{made['id']}", If_Match='"5"')
    assert answer.status_code == 409 and answer.json["current"] == made and answer.json["code"] == "STALE"


def test_every_record_with_a_version_has_its_etag(api, app, world):
    ids = everything(api, world.olga, operations(app), user_id=world.max.user_id, deal_id=world.deal.id)
    olga, seen = api.as_(world.olga), 0
    for one in operations(app):
        if one.method == "GET":
            answer = olga.get(address(one, ids))
            told = answer.json if answer.status_code == 200 else {}
            assert answer.headers.get("ETag") == (f'"{told["version"]}"' if "version" in told else None), str(one)
            seen += "version" in told
    assert seen >= 2


class Priced(Shown):
    amount: Sum


@pytest.mark.parametrize(
    ("amount", "said"), [("1250.5", "1250.50"), ("0", "0.00"), ("999999999999.99", "999999999999.99")]
)
def test_money_is_written_with_two_decimals(amount, said):
    record = SimpleNamespace(amount=Decimal(amount))
    assert written(SimpleNamespace(gives=Priced), record) == (f'{{"amount": {said}}}', None)


def amounts(value, name=""):
    """Every amount in an answer, by the names that amounts have."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from amounts(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from amounts(one, name)
    elif name.endswith("amount") and value is not None:
        yield name, value


def test_money_has_two_decimals_wherever_it_is_shown(api, app, world):
    ids = everything(api, world.olga, operations(app), user_id=world.max.user_id, deal_id=world.deal.id)
    olga = api.as_(world.olga)
    for one in operations(app):
        if one.method == "GET":
            told = simplejson.loads(olga.get(address(one, ids)).text, use_decimal=True)
            for name, amount in amounts(told):
                assert isinstance(amount, Decimal) and amount.as_tuple().exponent == -2, (str(one), name, amount)


def test_a_huge_body_is_a_413(max_, api):
    huge = b'{"name": "' + b"x" * (3 * 1024 * 1024) + b'"}'
    answer = sent(max_, "POST", "/contacts", huge, **{"Content-Type": "application/json"})
    assert answer.status_code == 413 and answer.json["code"] == "TOO_LARGE"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert api.client.post(f"{PREFIX}/token", data=b"username=" + huge, headers=form).status_code == 413


def test_no_cookie_is_read_or_set(app, api, world, browser):
    """Who is signed in by browser is nobody here; and nothing depends on a cookie."""
    signed_in = browser.as_(world.olga).client
    refused = signed_in.get(f"{PREFIX}/contacts", headers={"X-Organization-Id": str(world.acme.id)})
    assert refused.status_code == 401
    login = {"email": "max@example.com", "password": PASSWORD}
    answers = [refused, api.client.post(f"{PREFIX}/auth/login", json=login), api.as_(world.max).get("/contacts")]
    for answer in answers:
        assert "Set-Cookie" not in answer.headers and "Cookie" not in answer.headers["Vary"]


def test_the_headers_that_guard_pages_guard_answers_too(max_, api):
    for answer in (max_.get("/contacts"), max_.get("/contacts/x"), api.client.get(f"{PREFIX}/contacts")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["X-Frame-Options"] == "DENY"
        assert (
            answer.headers["Cache-Control"] == "no-store"
            and "default-src 'none'" in answer.headers["Content-Security-Policy"]
        )
        assert answer.mimetype == "application/json"


def test_a_key_repeats_the_answer_and_refuses_another_body(max_):
    first, again = (max_.post("/companies", {"name": "Once"}, Idempotency_Key="k") for _ in range(2))
    assert (first.json, first.headers["ETag"]) == (again.json, again.headers["ETag"])
    other = max_.post("/companies", {"name": "Twice"}, Idempotency_Key="k")
    assert other.status_code == 409 and other.json["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert max_.post("/contacts", {"name": "Once"}, Idempotency_Key="k").status_code == 409
    assert max_.get("/companies?search=Once").json["total"] == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "é"])
def test_a_key_that_nobody_can_keep_is_a_400(max_, key):
    answer = max_.post("/contacts", {"name": "X"}, Idempotency_Key=key)
    assert answer.status_code == 400 and set(answer.json["errors"]) == {"Idempotency-Key"}


def test_a_refused_request_does_not_burn_its_key(max_, world):
    path = f"/companies/{world.company.id}/activities"
    assert max_.post(path, {"type": "call", "payload": {"text": " "}}, Idempotency_Key="k").status_code == 400
    assert max_.post(path, {"type": "call", "payload": {"text": "Now."}}, Idempotency_Key="k").status_code == 201


def test_the_key_of_another_user_is_another_key(max_, api, world):
    first = max_.post("/contacts", {"name": "Once"}, Idempotency_Key="k")
    second = api.as_(world.lena).post("/contacts", {"name": "Once"}, Idempotency_Key="k")
    assert second.status_code == 201 and second.json["id"] != first.json["id"]


def test_a_key_is_forgotten_after_a_day(max_, world):
    first = max_.post("/contacts", {"name": "Once"}, Idempotency_Key="k").json
    age(world, "23 hours")
    assert max_.post("/contacts", {"name": "Once"}, Idempotency_Key="k").json == first
    age(world, "25 hours")
    assert max_.post("/contacts", {"name": "Once"}, Idempotency_Key="k").json["id"] != first["id"]


def age(world, span):
    world.session.execute(
        text("update idempotency_keys set created_at = now() - cast(:span as interval)"), {"span": span}
    )
    world.session.commit()


def test_others_old_keys_go_with_the_next(max_, world):
    max_.post("/contacts", {"name": "Old"}, Idempotency_Key="old")
    age(world, "25 hours")
    max_.post("/contacts", {"name": "New"}, Idempotency_Key="new")
    assert world.session.scalars(text("select key from idempotency_keys")).all() == ["new"]


@pytest.fixture(scope="module")
def crowded(request):
    with crowd(request, "keys") as made:
        yield made


def sign_in(app, ids):
    member = SimpleNamespace(user=SimpleNamespace(email="max@example.com"), organization_id=ids["organization"])
    return Program(app).as_(member)


def test_the_same_key_at_the_same_moment_makes_one_record(crowded):
    app, ids = crowded
    with app.app_context():
        max_ = sign_in(app, ids)

    def post(name):
        head = max_.headers | {"Idempotency-Key": name}
        return app.test_client().post(f"{PREFIX}/contacts", json={"name": name}, headers=head)

    for name in ("first", "second", "third"):
        answers = at_once(app, [lambda name=name: post(name)] * 4)
        assert {one.status_code for one in answers} == {201}, [one.text for one in answers]
        assert len({one.json["id"] for one in answers}) == 1
        assert sum("Idempotent-Replayed" in one.headers for one in answers) == 3


def test_json_answers_are_json(max_):
    assert json.loads(max_.get("/contacts").text)["total"] == 1 and db.session.is_active


def test_a_host_that_is_no_name_is_a_400(max_, app):
    answer = max_.get("/contacts", Host="x" * 300)
    assert answer.status_code == 400 and answer.json["code"] == "BAD_REQUEST"
    assert max_.client.get("/sign-in", headers={"Host": "x" * 300}).status_code == 400


def test_what_is_wrong_in_a_repeated_parameter_is_said_of_the_parameter(max_):
    answer = max_.get("/deals?status=won&status=gone")
    assert answer.status_code == 400 and list(answer.json["errors"]) == ["status"]
