"""Pipelines and stages by program."""

from __future__ import annotations

import pytest


@pytest.fixture
def olga(api, world):
    return api.as_(world.olga)


def stage_path(world, slug):
    return f"/pipelines/stages/{world.stage(slug).id}"


def test_lists_pipelines_with_their_stages(api, world):
    answer = api.as_(world.vera).get("/pipelines").json
    assert answer["total"] == 1 and answer["items"][0]["id"] == world.pipeline.id
    slugs = [stage["slug"] for stage in answer["items"][0]["stages"]]
    assert slugs == ["lead", "qualification", "proposal", "negotiation", "contract", "won", "lost"]


def test_a_long_list_has_pages_and_a_cursor(olga):
    for number in range(3):
        assert olga.post("/pipelines", {"name": f"P{number}"}).status_code == 201
    first = olga.get("/pipelines?page_size=3").json
    assert (len(first["items"]), first["total"]) == (3, 4)
    assert all(len(one["stages"]) == 7 for one in first["items"])
    rest = olga.get(f"/pipelines?page_size=3&cursor={first['next_cursor']}").json
    assert [one["name"] for one in rest["items"]] == ["P2"] and rest["next_cursor"] is None


def test_reads_three_and_twenty_pipelines_in_as_many_statements(olga, statements):
    counts = []
    for rows in (3, 17):
        for _ in range(rows):
            olga.post("/pipelines", {"name": f"P{len(statements)}"})
        statements.clear()
        olga.get("/pipelines?page_size=100")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_adds_renames_and_deletes_a_pipeline(olga):
    made = olga.post("/pipelines", {"name": "  Partners  "})
    assert made.status_code == 201 and made.json["name"] == "Partners" and len(made.json["stages"]) == 7
    path = f"/pipelines/{made.json['id']}"
    renamed = olga.put(path, {"name": "Resellers", "version": 1})
    assert renamed.json["name"] == "Resellers" and renamed.headers["ETag"] == '"2"'
    assert olga.delete(path).status_code == 204 and olga.get(path).status_code == 404


def test_a_stale_rename_gets_the_pipeline_as_it_is_now(olga, world):
    path = f"/pipelines/{world.pipeline.id}"
    olga.put(path, {"name": "First"})
    for answer in (olga.put(path, {"name": "Second", "version": 1}), olga.delete(path, If_Match='"1"')):
        assert answer.status_code == 409 and answer.json["code"] == "STALE", answer.json
    assert olga.put(path, {"name": "Second", "version": 1}).json["changed"] == ["name"]


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": " "}, {"name": "x" * 81}, {"name": "a\x00b"}])
def test_a_pipeline_needs_a_name(olga, body):
    answer = olga.post("/pipelines", body)
    assert answer.status_code == 400 and "name" in answer.json["errors"], answer.json


def test_two_pipelines_of_one_name_are_a_conflict(olga):
    assert olga.post("/pipelines", {"name": "new BUSINESS"}).json["code"] == "NAME_TAKEN"


def test_a_pipeline_with_deals_or_the_last_one_stays(olga, world):
    path = f"/pipelines/{world.pipeline.id}"
    assert olga.delete(path).json["code"] == "PIPELINE_NEEDED"
    olga.post("/pipelines", {"name": "Other"})
    assert olga.delete(path).status_code == 409 and olga.delete(path).json["code"] == "HAS_DEALS"


def test_lists_and_adds_stages(olga, world):
    path = f"/pipelines/{world.pipeline.id}/stages"
    sent = {"name": "Démo call", "color": "sky", "probability": 40, "required": ["amount", "amount"], "wip_limit": 5}
    made = olga.post(path, sent).json
    assert (made["slug"], made["position"], made["kind"], made["required"]) == ("demo-call", 5, "open", ["amount"])
    listed = olga.get(path).json
    assert [one["slug"] for one in listed["items"]][-3:] == ["demo-call", "won", "lost"] and listed["total"] == 8


@pytest.mark.parametrize(
    "field, value",
    [
        ("name", ""),
        ("color", "pink"),
        ("probability", 101),
        ("probability", 1.5),
        ("rots_after", 0),
        ("wip_limit", 10**30),
        ("wip_strict", "yes"),
        ("required", ["title"]),
        ("kind", "won"),
    ],
)
def test_says_what_no_stage_can_be(olga, world, field, value):
    answer = olga.post(f"/pipelines/{world.pipeline.id}/stages", {"name": "Demo"} | {field: value})
    assert answer.status_code == 400 and [one.split(".")[0] for one in answer.json["errors"]] == [field], answer.json


def test_changes_a_stage_and_keeps_what_is_left_out(olga, world):
    path = stage_path(world, "proposal")
    changed = olga.put(path, {"name": "Offer", "probability": 60, "version": 1})
    assert changed.status_code == 200, changed.json
    assert [changed.json[name] for name in ("name", "slug", "probability", "rots_after")] == [
        "Offer",
        "proposal",
        60,
        21,
    ]
    assert olga.put(path, {"name": "Offer", "version": 1}).status_code == 409


def test_of_a_won_stage_only_the_name_changes(olga, world):
    path = stage_path(world, "won")
    assert olga.put(path, {"name": "Done deal"}).json["name"] == "Done deal"
    assert "probability" in olga.put(path, {"name": "Won", "probability": 50}).json["errors"]


def test_orders_the_open_stages(olga, world):
    path = f"/pipelines/{world.pipeline.id}/stages/order"
    ids = [stage.id for stage in world.pipeline.open_stages]
    ordered = olga.put(path, {"stage_ids": ids[::-1]}).json
    assert [one["id"] for one in ordered["stages"]][:5] == ids[::-1] and ordered["stages"][-1]["kind"] == "lost"
    for wrong in (ids[1:], [*ids, ids[0]], [*ids, world.foreign["stage"]], []):
        assert olga.put(path, {"stage_ids": wrong}).status_code == 400


def test_deleting_a_stage_moves_its_deals(olga, world):
    path = stage_path(world, "lead")
    for wrong in ("", f"?move_to={world.foreign['stage']}", f"?move_to={world.stage('won').id}"):
        assert "move_to" in olga.delete(path + wrong).json["errors"]
    assert olga.delete(f"{path}?move_to={world.stage('proposal').id}").status_code == 204
    world.session.refresh(world.deal)
    assert world.deal.stage_id == world.stage("proposal").id and olga.delete(path).status_code == 404


def test_a_won_stage_can_t_be_deleted(olga, world):
    assert olga.delete(stage_path(world, "won")).json["code"] == "STAGE_NEEDED"


def test_a_stale_deletion_of_a_stage_deletes_nothing(olga, world):
    path = stage_path(world, "contract")
    olga.put(path, {"name": "Paper"})
    stale = olga.delete(path, If_Match='"1"')
    assert stale.status_code == 409 and stale.json["code"] == "STALE"


WRITES = (
    ("POST", "/pipelines", {"name": "X"}),
    ("PUT", "/pipelines/{pipeline}", {"name": "X"}),
    ("DELETE", "/pipelines/{pipeline}", None),
    ("POST", "/pipelines/{pipeline}/stages", {"name": "X"}),
    ("PUT", "/pipelines/{pipeline}/stages/order", {"stage_ids": []}),
    ("PUT", "/pipelines/stages/{stage}", {"name": "X"}),
    ("DELETE", "/pipelines/stages/{stage}", None),
)


@pytest.mark.parametrize("who", ["mona", "max", "lena", "vera"])
def test_only_owners_and_admins_change_pipelines(api, world, who):
    program = api.as_(getattr(world, who))
    for method, path, body in WRITES:
        here = path.format(pipeline=world.pipeline.id, stage=world.stage("proposal").id)
        assert program.call(method, here, body).status_code == 403, (method, path)
    assert api.as_(world.adam).post("/pipelines", {"name": "X"}).status_code == 201


@pytest.mark.parametrize("who", ["olga", "vera"])
def test_another_organization_s_pipeline_is_not_there(api, world, who):
    program = api.as_(getattr(world, who))
    for method, path, body in (*WRITES[1:], ("GET", "/pipelines/{pipeline}", None)):
        there = path.format(**world.foreign)
        answer = program.call(method, there, body)
        assert answer.status_code == 404 and answer.json["code"] == "NOT_FOUND", (method, path)
