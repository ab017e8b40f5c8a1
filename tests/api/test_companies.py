"""Companies by program, and what they share with contacts."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.contacts.models import Company, Contact
from tests.program import PREFIX

KINDS = ("contacts", "companies")
both = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def max_(api, world):
    return api.as_(world.max)


def path_of(kind, world, who="max"):
    record = {"contacts": world.contact, "companies": world.company}[kind]
    return f"/{kind}/{record.id if who == 'max' else world.foreign[kind_of(kind)]}"


def kind_of(kind):
    return {"contacts": "contact", "companies": "company"}[kind]


def test_adds_and_gets_a_company(max_, world):
    made = max_.post("/companies", {"name": "Brandt", "domain": "https://Brandt.example/x", "city": "Bremen"})
    assert made.status_code == 201 and made.headers["ETag"] == '"1"', made.json
    assert max_.get(f"/companies/{made.json['id']}").json == made.json
    assert made.json["domain"] == "brandt.example" and made.json["owner_id"] == world.max.user_id


@both
def test_put_empties_what_is_left_out_and_keeps_the_owner(max_, world, kind):
    path = path_of(kind, world)
    max_.patch(path, {"phone": "0421 55", "note": "Fair"})
    after = max_.put(path, {"name": "New"}).json
    assert after["name"] == "New" and after["phone"] is after["note"] is None
    assert after["owner_id"] == world.max.user_id


@both
def test_patch_changes_what_it_names(max_, world, kind):
    path = path_of(kind, world)
    before = max_.get(path).json
    after = max_.patch(path, {"note": "Fair"}).json
    same = before.keys() - {"note", "version", "updated_at"}
    assert after["note"] == "Fair" and after["version"] == before["version"] + 1
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


@both
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"email": "x"}, "email"),
        ({"phone": "x"}, "phone"),
        ({"owner_id": None}, "owner_id"),
        ({"owner_id": 2**63 - 1}, "owner_id"),
        ({"owner_id": "1"}, "owner_id"),
        ({"note": "\x00"}, "note"),
        ({"colour": 1}, "colour"),
        ({"version": 0}, "version"),
    ],
)
def test_says_which_field_is_at_fault(max_, world, kind, body, field):
    path = path_of(kind, world)
    before = max_.get(path).json
    answer = max_.patch(path, body)
    assert answer.status_code == 400 and set(answer.json["errors"]) == {field}, answer.json
    assert max_.get(path).json == before


@both
def test_foreign_and_unknown_people_are_no_owners(max_, api, world, kind):
    olga = api.as_(world.olga)
    answers = [olga.patch(path_of(kind, world), {"owner_id": id}) for id in (world.ruslan.user_id, 10**12)]
    assert [one.status_code for one in answers] == [400, 400] and answers[0].json == answers[1].json


@both
def test_the_lists_find_sort_and_filter(max_, world, kind):
    for name in ("Cara", "anna", "Bert"):
        max_.post(f"/{kind}", {"name": name})
    sorted_ = max_.get(f"/{kind}?order_by=name&order=asc&page_size=3").json["items"]
    assert [one["name"] for one in sorted_] == ["anna", "Bert", "Cara"]
    assert max_.get(f"/{kind}?search=ANN").json["total"] == 1
    assert max_.get(f"/{kind}?owner_id={world.max.user_id}").json["total"] == 4
    assert max_.get(f"/{kind}?owner_id={world.lena.user_id}").json["total"] == 0


@both
@pytest.mark.parametrize(
    "asked", ["order_by=amount", "order=up", "page_size=101", "page=0", "owner_id=x", "colour=red"]
)
def test_the_lists_refuse_other_parameters(max_, world, kind, asked):
    answer = max_.get(f"/{kind}?{asked}")
    assert answer.status_code == 400 and set(answer.json["errors"]) == {asked.partition("=")[0]}


@both
def test_what_is_archived_leaves_the_list_and_comes_back(max_, world, kind):
    path = path_of(kind, world)
    assert max_.post(f"{path}/archive").json["archived_at"]
    assert max_.get(f"/{kind}").json["total"] == 0 and max_.get(f"/{kind}?archived=true").json["total"] == 1
    assert max_.post(f"{path}/restore").json["archived_at"] is None
    assert max_.get(f"/{kind}").json["total"] == 1


@both
def test_what_has_deals_is_not_deleted(max_, world, kind):
    refused = max_.delete(path_of(kind, world))
    assert refused.status_code == 409 and "Scanners" in refused.json["detail"]
    made = max_.post(f"/{kind}", {"name": "No deals"}).json
    assert max_.delete(f"/{kind}/{made['id']}", If_Match='"7"').status_code == 409
    assert max_.delete(f"/{kind}/{made['id']}", If_Match='"1"').status_code == 204
    assert max_.get(f"/{kind}/{made['id']}").status_code == 404


@both
def test_the_contacts_of_a_deleted_company_stay(max_, world, kind):
    company = max_.post("/companies", {"name": "Gone"}).json
    contact = max_.post("/contacts", {"name": "Ada", "company_id": company["id"]}).json
    assert max_.delete(f"/companies/{company['id']}").status_code == 204
    assert max_.get(f"/contacts/{contact['id']}").json["company_id"] is None


@both
def test_logs_a_call_and_lists_what_happened(max_, world, kind):
    path = path_of(kind, world) + "/activities"
    made = max_.post(path, {"type": "call", "payload": {"text": "Later."}})
    assert made.status_code == 201 and made.json["actor_id"] == world.max.user_id, made.json
    told = max_.get(path).json
    assert told["items"][0] == made.json and made.json[f"{kind_of(kind)}_id"] == int(path.split("/")[2])


@both
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "status_changed", "payload": {"text": "x"}}, "type"),
        ({"type": "call", "payload": {"text": " "}}, "payload.text"),
        ({"type": "call", "payload": {"text": "x" * 10_001}}, "payload.text"),
        ({"type": "call", "payload": {"text": "x", "old": 1}}, "payload.old"),
        ({"type": "call", "payload": None}, "payload"),
        ({"type": "call"}, "payload"),
    ],
)
def test_posts_only_what_people_report(max_, world, kind, body, field):
    answer = max_.post(path_of(kind, world) + "/activities", body)
    assert answer.status_code == 400 and set(answer.json["errors"]) == {field}, answer.json


@both
def test_a_colleague_s_record_is_read_and_told_of_but_not_changed(max_, api, world, kind):
    made = api.as_(world.mona).post(f"/{kind}", {"name": "Mona’s"}).json
    path = f"/{kind}/{made['id']}"
    answers = (
        max_.patch(path, {"name": "X"}),
        max_.put(path, {"name": "X"}),
        max_.delete(path),
        max_.post(f"{path}/archive"),
    )
    assert {one.status_code for one in answers} == {403} and max_.get(path).json == made
    assert max_.post(f"{path}/activities", {"type": "comment", "payload": {"text": "Seen."}}).status_code == 201


@both
def test_adds_for_others_as_the_table_says(max_, api, world, kind):
    body = {"name": "For Mona", "owner_id": world.mona.user_id}
    assert max_.post(f"/{kind}", body).status_code == 403
    assert api.as_(world.lena).post(f"/{kind}", body | {"owner_id": world.max.user_id}).status_code == 201
    assert api.as_(world.adam).post(f"/{kind}", body).json["owner_id"] == world.mona.user_id


@both
def test_an_owner_who_is_not_there_is_a_mistake_at_the_field(max_, world, kind):
    for id in (world.ruslan.user_id, 10**12):
        answer = max_.post(f"/{kind}", {"name": "For nobody", "owner_id": id})
        assert answer.status_code == 400 and set(answer.json["errors"]) == {"owner_id"}, answer.json


@both
def test_a_viewer_reads_and_writes_nothing(api, world, kind):
    vera, path = api.as_(world.vera), path_of(kind, world)
    assert vera.get(f"/{kind}").status_code == vera.get(path).status_code == vera.get(f"{path}/activities").status_code
    body = {"type": "call", "payload": {"text": "x"}}
    answers = (vera.post(f"/{kind}", {"name": "X"}), vera.post(f"{path}/activities", body), vera.delete(path))
    assert {one.status_code for one in answers} == {403}


@both
def test_what_lies_outside_the_visibility_is_not_there(max_, api, world, kind):
    made = api.as_(world.mona).post(f"/{kind}", {"name": "Mona’s"}).json
    world.acme.visibility = "own"
    world.session.commit()
    path = f"/{kind}/{made['id']}"
    calls = (("GET", None), ("PATCH", {}), ("PUT", {"x": 1}), ("DELETE", None))
    assert {max_.call(method, path, body).status_code for method, body in calls} == {404}
    assert max_.get(f"/{kind}").json["total"] == 1


@both
def test_another_organization_s_record_is_not_there_and_stays(max_, world, kind):
    path = path_of(kind, world, "foreign")
    calls = [("GET", ""), ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/archive"), ("POST", "/restore")]
    calls += [("GET", "/activities"), ("POST", "/activities")]
    assert {max_.call(method, path + more, None).status_code for method, more in calls} == {404}
    world.in_bolt()
    model = {"contacts": Contact, "companies": Company}[kind]
    assert world.session.scalar(select(model.version)) == 1


@both
def test_twenty_rows_take_as_many_statements_as_three(max_, world, statements, kind):
    counts = []
    for more in (2, 17):
        for number in range(more):
            max_.post(f"/{kind}", {"name": f"Number {number}"})
        statements.clear()
        assert max_.client.get(f"{PREFIX}/{kind}?page_size=100", headers=max_.headers).json["items"]
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 5, statements
