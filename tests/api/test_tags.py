"""Tags by program: the list of them, and what has them."""

from __future__ import annotations

import pytest

KINDS = ("contacts", "companies")
both = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def olga(api, world):
    return api.as_(world.olga)


@pytest.fixture
def max_(api, world):
    return api.as_(world.max)


def test_adds_renames_recolours_and_deletes_a_tag(olga):
    made = olga.post("/tags", {"name": " Key  account ", "color": "rose"})
    assert made.status_code == 201 and made.json == {"id": made.json["id"], "name": "Key account", "color": "rose"}
    path = f"/tags/{made.json['id']}"
    assert olga.patch(path, {"name": "Key"}).json == made.json | {"name": "Key"}
    assert olga.put(path, {"name": "VIP"}).json == made.json | {"name": "VIP", "color": "slate"}
    assert olga.delete(path).status_code == 204 and olga.get(path).status_code == 404


def test_a_name_is_there_once_whatever_its_capitals(olga, world):
    other = olga.post("/tags", {"name": "Cold"}).json
    for answer in (olga.post("/tags", {"name": "HOT"}), olga.patch(f"/tags/{other['id']}", {"name": "hot"})):
        assert answer.status_code == 409 and set(answer.json["errors"]) == {"name"}, answer.json
    assert olga.patch(f"/tags/{world.tag.id}", {"name": "HOT"}).json["name"] == "HOT"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "x\x00"}, "name"),
        ({"color": "puce"}, "color"),
        ({"color": None}, "color"),
        ({"id": 3}, "id"),
    ],
)
def test_says_which_field_is_at_fault(olga, world, body, field):
    answer = olga.patch(f"/tags/{world.tag.id}", body)
    assert answer.status_code == 400 and set(answer.json["errors"]) == {field}, answer.json


def test_lists_by_name(olga, max_):
    for name in ("beta", "Alpha"):
        olga.post("/tags", {"name": name})
    assert [one["name"] for one in max_.get("/tags").json["items"]] == ["Alpha", "beta", "Hot"]
    first = max_.get("/tags?page_size=2").json
    assert [one["name"] for one in max_.get(f"/tags?cursor={first['next_cursor']}").json["items"]] == ["Hot"]


@pytest.mark.parametrize("who", ["mona", "max", "vera"])
def test_only_owners_and_admins_change_the_list(api, world, who):
    program, path = api.as_(getattr(world, who)), f"/tags/{world.tag.id}"
    answers = (program.post("/tags", {"name": "X"}), program.patch(path, {"name": "X"}), program.delete(path))
    assert {one.status_code for one in answers} == {403} and program.get(path).json["name"] == "Hot"


def test_another_organization_s_tag_is_not_there(olga, world):
    path = f"/tags/{world.foreign['tag']}"
    answers = (olga.get(path), olga.patch(path, {"name": "X"}), olga.put(path, {}), olga.delete(path))
    assert {one.status_code for one in answers} == {404}


@both
def test_records_get_exactly_the_tags_that_are_sent(max_, olga, world, kind):
    cold, hot = olga.post("/tags", {"name": "Cold"}).json["id"], world.tag.id
    made = max_.post(f"/{kind}", {"name": "New", "tag_ids": [hot]}).json
    path = f"/{kind}/{made['id']}"
    assert made["tag_ids"] == [hot]
    assert max_.patch(path, {"tag_ids": [hot, cold, cold]}).json["tag_ids"] == [cold, hot]
    assert max_.patch(path, {"name": "Newer"}).json["tag_ids"] == [cold, hot]
    assert max_.put(path, {"name": "Newest"}).json["tag_ids"] == []


@both
def test_tags_count_as_a_change_of_the_record(max_, world, kind):
    path = f"/{kind}/{max_.post(f'/{kind}', {'name': 'New'}).json['id']}"
    changed = max_.patch(path, {"tag_ids": [world.tag.id], "version": 1})
    assert changed.status_code == 200 and changed.json["version"] == 2
    stale = max_.patch(path, {"tag_ids": [], "version": 1})
    assert stale.status_code == 409 and stale.json["changed"] == ["tag_ids"]


@both
def test_unknown_and_foreign_tags_are_refused_alike(max_, world, kind):
    answers = [max_.post(f"/{kind}", {"name": "New", "tag_ids": [id]}) for id in (world.foreign["tag"], 10**12)]
    assert answers[0].status_code == 400 and set(answers[0].json["errors"]) == {"tag_ids"}
    assert answers[0].json == answers[1].json
    assert max_.post(f"/{kind}", {"name": "New", "tag_ids": None}).status_code == 400


@both
def test_lists_are_filtered_by_tag(max_, world, kind):
    max_.post(f"/{kind}", {"name": "Tagged", "tag_ids": [world.tag.id]})
    found = max_.get(f"/{kind}?tag={world.tag.id}").json
    assert [one["name"] for one in found["items"]] == ["Tagged"] and found["total"] == 1
    assert max_.get(f"/{kind}?tag={world.foreign['tag']}").json["total"] == 0


@both
def test_a_deleted_tag_leaves_the_records(max_, olga, world, kind):
    made = max_.post(f"/{kind}", {"name": "Tagged", "tag_ids": [world.tag.id]}).json
    olga.delete(f"/tags/{world.tag.id}")
    assert max_.get(f"/{kind}/{made['id']}").json["tag_ids"] == []
