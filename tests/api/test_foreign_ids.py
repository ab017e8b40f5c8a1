"""Another organization's ids answer as ids that nobody has: in paths, bodies and filters of every endpoint."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from crm.organizations.models import Membership
from tests.api.catalogue import NOBODY_S, address, document, fill, filled, ids_of, is_id, operations, slot_kind
from tests.world import World

APART = 1_000_000
ROLES = ("olga", "max", "vera")
# What a request leaves behind whatever it asks for: when the session was last used.
NO_RECORDS = {"alembic_version", "rate_limits", "user_sessions", "refresh_tokens"}


@pytest.fixture
def world(session):
    """The cast, with ids that tell of which table they are: then an id that fits nowhere is foreign everywhere."""
    as_owner(session, "select oid::regclass::text from pg_class where relkind = 'S' order by 1")
    return World.make(session)


def as_owner(session, query):
    connection = session.connection()
    connection.exec_driver_sql("select set_config('role', 'none', true)")
    for number, (name,) in enumerate(connection.exec_driver_sql(query).all(), 1):
        connection.exec_driver_sql(f"alter sequence {name} restart with {number * APART}")
    connection.exec_driver_sql("select set_config('role', 'crm_app', true)")


@pytest.fixture
def all_(app):
    return operations(app)


@pytest.fixture
def wanted(all_):
    return {name for one in all_ for name in one.path_ids}


@pytest.fixture
def cast(world):
    """Who signs in where: what is still known of them when the records have been read again by somebody else."""
    return {
        name: SimpleNamespace(user=SimpleNamespace(email=one.user.email), organization_id=one.organization_id)
        for name, one in vars(world).items()
        if isinstance(one, Membership)
    }


@pytest.fixture
def found(world, cast):
    world.in_bolt()
    theirs = {"deal_id": world.foreign["deal"]} | ids_of(world.ruslan, world.session)
    world.in_acme()
    ours = {"deal_id": world.deal.id} | ids_of(world.olga, world.session) | {"user_id": world.max.user_id}
    return {"olga": ours, "ruslan": theirs}


@pytest.fixture
def ours(api, cast, all_, wanted, found):
    return fill(api.as_(cast["olga"]), found["olga"], wanted, all_)


@pytest.fixture
def theirs(api, cast, all_, wanted, found):
    return fill(api.as_(cast["ruslan"]), found["ruslan"], wanted, all_)


def checksums(session):
    """Of every table, as the database's owner sees it."""
    connection = session.connection()
    connection.exec_driver_sql("select set_config('role', 'none', true)")
    tables = connection.exec_driver_sql("select tablename from pg_tables where schemaname = 'public'").scalars().all()
    summed = {
        name: connection.exec_driver_sql(
            f"select md5(string_agg(t::text, '|' order by t::text)) from {name} t"
        ).scalar()
        for name in set(tables) - NO_RECORDS
    }
    connection.exec_driver_sql("select set_config('role', 'crm_app', true)")
    return summed


@pytest.fixture(params=ROLES)
def asker(request, api, cast, session, ours, theirs):
    """Who asks. Nothing that is asked changes anything, in either organization."""
    program = api.as_(cast[request.param])
    program.name = request.param
    before = checksums(session)
    assert len(before) > 10 and all(before[name] for name in ("deals", "contacts", "memberships"))
    yield program
    after = checksums(session)
    assert {name for name in before if before[name] != after[name]} == set()


def test_in_every_path(asker, all_, ours, theirs):
    tried = 0
    for one in all_:
        for name in one.path_ids:
            body = filled(one, ours)
            answers = [asker.call(one.method, address(one, ours | {name: id}), body) for id in (theirs[name], NOBODY_S)]
            assert [answer.status_code for answer in answers] == [404, 404], (str(one), name, answers[0].text)
            assert alike(answers, (theirs[name], NOBODY_S)), (str(one), name)
            tried += 1
    assert tried > 15


def alike(answers, ids):
    """Whether they say the same, but for the id."""
    said = [answer.text.replace(str(id), "ID") for answer, id in zip(answers, ids, strict=True)]
    names = [sorted(name for name, _ in answer.headers) for answer in answers]
    return said[0] == said[1] and names[0] == names[1] and answers[0].status_code == answers[1].status_code


def foreign(name, path, theirs):
    """The ids to try there: of the kind that the name tells, or of every kind."""
    kind = slot_kind(name, path, theirs)
    return [theirs[kind]] if kind else sorted(set(theirs.values()))


def slots(app, schema, way=()):
    """Every place in a body that holds an id."""
    known = document(app)["components"]["schemas"]
    schema = known[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    for key, one in schema.get("properties", {}).items():
        if is_id(key):
            yield (*way, key)
        yield from slots(app, one, (*way, key))


def put(body, way, id):
    """The body with this id there."""
    body = json.loads(json.dumps(body))
    place = body
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = [id] if way[-1].endswith("ids") else id
    return body


def test_in_every_body(app, asker, all_, ours, theirs):
    tried = 0
    for one in all_:
        for way in slots(app, one.content[1]["schema"]) if one.content else ():
            whole = {} if one.method == "PATCH" and one.path.endswith("}") else filled(one, ours)
            ids = [NOBODY_S, *foreign(way[-1], one.path, theirs)]
            unknown, *answers = (asker.call(one.method, address(one, ours), put(whole, way, id)) for id in ids)
            for id, answer in zip(ids[1:], answers, strict=True):
                assert alike((answer, unknown), (id, NOBODY_S)), (str(one), way, answer.text, unknown.text)
                refused(asker, one, way, answer)
                tried += 1
    assert tried > 25


def refused(asker, one, way, answer):
    """At the field, when the role may do it at all."""
    assert answer.status_code in ((400,) if asker.name == "olga" else (400, 403)), (str(one), way, answer.text)
    if answer.status_code == 400:
        named = answer.json.get("errors", {})
        assert any(name.startswith(".".join(way)) for name in named), (str(one), way, answer.json)


def test_in_every_filter(asker, all_, ours, theirs):
    tried = 0
    for one in all_:
        named = [p["name"] for p in one.parameters if is_id(p["name"]) or slot_kind(p["name"], one.path, ours)]
        for name in named:
            ids = [NOBODY_S, *foreign(name, one.path, theirs)]
            unknown, *answers = (asker.get(f"{address(one, ours)}?{name}={id}") for id in ids)
            for id, answer in zip(ids[1:], answers, strict=True):
                assert alike((answer, unknown), (id, NOBODY_S)), (str(one), name, answer.text, unknown.text)
                assert answer.status_code < 500 and not answer.json.get("items"), (str(one), name)
                tried += 1
    assert tried > 2


def test_in_the_header(api, cast, all_, ours, theirs):
    """Also of who is in no organization but the own, whatever is asked."""
    olga = api.as_(cast["olga"])
    for one in all_:
        if one.endpoint.tenant:
            sent = [olga.headers | {"X-Organization-Id": str(id)} for id in (theirs["organization_id"], NOBODY_S)]
            path = f"/api/v1{address(one, ours)}"
            answers = [olga.client.open(path, method=one.method, json=filled(one, ours), headers=head) for head in sent]
            assert [answer.status_code for answer in answers] == [404, 404], str(one)
            assert answers[0].text == answers[1].text, str(one)


def test_the_walk_knows_both_organizations_apart(ours, theirs, wanted):
    assert wanted <= ours.keys() and wanted <= theirs.keys()
    assert not [name for name in theirs if ours.get(name) == theirs[name]]
