"""Deals by program: reading, opening, changing, deleting."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.pipelines.operations import add_pipeline
from tests.api.catalogue import document


@pytest.fixture
def max_(api, world):
    return api.as_(world.max)


@pytest.fixture
def olga(api, world):
    return api.as_(world.olga)


@pytest.fixture
def path(world):
    return f"/deals/{world.deal.id}"


def test_opens_a_deal_and_gets_it(max_, world):
    sent = {"title": " 40  scanners ", "amount": "18500.5", "contact_id": world.contact.id, "probability": 60}
    made = max_.post("/deals", sent | {"expected_close_date": "2031-05-01"})
    assert made.status_code == 201 and made.headers["ETag"] == '"1"', made.json
    told = {name: made.json[name] for name in ("title", "amount", "currency", "status", "stage", "owner_id")}
    assert told == {
        "title": "40 scanners",
        "amount": 18500.5,
        "currency": "EUR",
        "status": "new",
        "stage": "lead",
        "owner_id": world.max.user_id,
    }
    assert made.json["pipeline_id"] == world.pipeline.id and made.json["expected_close_date"] == "2031-05-01"
    assert max_.get(f"/deals/{made.json['id']}").json == made.json and b'"amount": 18500.50' in made.data


def test_without_a_pipeline_it_stands_in_the_first_stage_of_the_first_one(max_, world):
    renewals = add_pipeline(world.session, "Renewals", by=world.olga)
    for place in (-1, 99):
        renewals.position = place
        world.session.commit()
        first = renewals if place < 0 else world.pipeline
        plain, placed = (max_.post("/deals", {"title": "New"} | more).json for more in ({}, {"status": "new"}))
        assert plain["stage_id"] == placed["stage_id"] == first.stages[0].id


def test_a_deal_in_a_later_stage_stays_new_until_it_moves(max_, world):
    made = max_.post("/deals", {"title": "Late", "stage": "proposal"}).json
    assert (made["status"], made["stage"]) == ("new", "proposal")
    by_id = max_.post("/deals", {"title": "Late", "stage_id": world.stage("proposal").id}).json
    assert by_id["stage"] == "proposal"
    moved = max_.patch(f"/deals/{made['id']}", {"stage": "contract"}).json
    assert (moved["status"], moved["stage"]) == ("in_progress", "contract")


@pytest.mark.parametrize("more", [{}, {"stage": "closed"}, {"stage": "won"}])
def test_a_deal_that_is_opened_as_won_needs_an_amount(max_, more):
    won = max_.post("/deals", {"title": "Won", "amount": 5, "status": "won"} | more).json
    assert (won["status"], won["stage"]) == ("won", "won") and won["closed_on"]
    poor = max_.post("/deals", {"title": "Won", "status": "won"} | more)
    assert poor.status_code == 400 and poor.json["errors"]["amount"], poor.json


def test_a_deal_that_is_opened_as_lost_needs_a_reason(max_, reason):
    bare = max_.post("/deals", {"title": "Lost", "status": "lost"})
    assert bare.status_code == 400 and bare.json["errors"]["lost_reason_id"]
    lost = max_.post("/deals", {"title": "Lost", "status": "lost", "lost_reason_id": reason})
    assert lost.status_code == 201 and lost.json["lost_reason_id"] == reason
    odd = max_.post("/deals", {"title": "Open", "lost_reason_id": reason})
    assert odd.status_code == 400 and odd.json["errors"]["lost_reason_id"]
    unknown = max_.post("/deals", {"title": "Lost", "status": "lost", "lost_reason_id": 2**63 - 1})
    assert unknown.status_code == 400 and unknown.json["errors"]["lost_reason_id"]


@pytest.fixture
def reason(world):
    from sqlalchemy import select

    from crm.pipelines.models import LostReason

    mine = LostReason.organization_id == world.acme.id
    return world.session.scalars(select(LostReason.id).where(mine).order_by(LostReason.position)).first()


@pytest.mark.parametrize(
    "field, value",
    [
        ("title", None),
        ("title", " "),
        ("title", "x" * 201),
        ("title", "a\x00b"),
        ("amount", -1),
        ("amount", "1.005"),
        ("amount", 10**12),
        ("amount", None),
        ("amount", True),
        ("probability", 101),
        ("expected_close_date", "2026-02-30"),
        ("expected_close_date", "2026-02-03T00:00:00"),
        ("contact_id", "1"),
        ("contact_id", 2**63),
        ("owner_id", None),
        ("status", "closed"),
        ("stage", "no-such"),
        ("stage_id", None),
        ("colour", "red"),
    ],
)
def test_says_which_field_is_at_fault(max_, path, field, value):
    for answer in (max_.post("/deals", {"title": "X"} | {field: value}), max_.patch(path, {field: value})):
        assert answer.status_code == 400 and list(answer.json["errors"]) == [field], answer.json


@pytest.mark.parametrize("field", ["contact_id", "company_id", "stage_id", "pipeline_id", "owner_id"])
def test_what_belongs_to_another_organization_is_a_mistake_in_the_field(olga, world, path, field):
    for foreign in (world.foreign[field.removesuffix("_id").replace("owner", "user")], 2**63 - 1):
        for answer in (olga.post("/deals", {"title": "X", field: foreign}), olga.patch(path, {field: foreign})):
            assert answer.status_code == 400 and list(answer.json["errors"]) == [field], answer.json


def test_a_member_opens_deals_for_himself_only_and_a_lead_for_the_team(api, world):
    body = {"title": "X", "owner_id": world.max.user_id}
    assert api.as_(world.lena).post("/deals", body).json["owner_id"] == world.max.user_id
    refused = api.as_(world.max).post("/deals", {"title": "X", "owner_id": world.lena.user_id})
    assert refused.status_code == 403 and refused.json["code"] == "FORBIDDEN"
    assert api.as_(world.mona).post("/deals", {"title": "X", "owner_id": world.lena.user_id}).status_code == 201
    assert api.as_(world.vera).post("/deals", {"title": "X"}).status_code == 403


def test_the_same_key_opens_one_deal(max_):
    first, second = (max_.post("/deals", {"title": "Once"}, Idempotency_Key="k") for _ in range(2))
    assert first.json == second.json and max_.get("/deals?search=Once").json["total"] == 1


def test_put_sets_everything_but_what_can_t_be_empty(max_, world, path):
    before = max_.get(path).json
    now = max_.put(path, {"title": "Anew", "version": before["version"]}).json
    assert (now["title"], now["amount"], now["contact_id"], now["company_id"]) == ("Anew", 0.0, None, None)
    kept = ("owner_id", "stage", "status", "currency", "pipeline_id")
    assert {name: now[name] for name in kept} == {name: before[name] for name in kept}
    assert max_.put(path, {"amount": 1}).json["errors"] == {"title": ["This field is required."]}


def test_patch_changes_what_it_names_and_tells_it(max_, world, path):
    changed = max_.patch(path, {"amount": 7.5, "expected_close_date": "2031-01-02", "contact_id": None}).json
    assert (changed["amount"], changed["contact_id"], changed["company_id"]) == (7.5, None, world.company.id)
    kinds = {one.type for one in world.deal.activities}
    assert {"amount_changed", "close_date_changed"} <= kinds


def test_a_stale_change_gets_the_deal_as_it_is_now(max_, path):
    version = max_.get(path).json["version"]
    assert max_.patch(path, {"amount": 5, "version": version}).status_code == 200
    for answer in (
        max_.patch(path, {"amount": 6, "title": "Scanners"}, If_Match=f'"{version}"'),
        max_.put(path, {"title": "Scanners", "amount": 6, "version": version}),
    ):
        assert answer.status_code == 409 and answer.json["current"]["amount"] == 5, answer.json
        assert answer.json["changed"] == ["amount"]
    assert max_.delete(path, If_Match=f'"{version}"').json["current"]["amount"] == 5
    assert max_.patch(path, {"amount": 6}).status_code == 200


def test_a_member_changes_only_his_own(api, world, path):
    lena, other = api.as_(world.lena), world.another_deal(by=world.lena)
    assert lena.patch(path, {"title": "By the lead"}).status_code == 200
    max_ = api.as_(world.max)
    theirs = f"/deals/{other.id}"
    for method, body in (("PUT", {"title": "X"}), ("PATCH", {"title": "X"}), ("DELETE", None)):
        assert max_.call(method, theirs, body).status_code == 403
    assert max_.patch(theirs, {"contact_id": world.foreign["contact"]}).status_code == 403
    assert max_.get(theirs).json["title"] == "Another"


def test_who_gives_a_deal_away_still_does_the_rest_of_the_change(max_, world, path):
    given = max_.patch(path, {"owner_id": world.lena.user_id, "stage": "proposal", "amount": 9}).json
    assert (given["owner_id"], given["stage"], given["amount"]) == (world.lena.user_id, "proposal", 9.0)


def test_what_is_out_of_sight_can_stay_with_a_deal(api, world, path):
    world.contact.owner_id = world.lena.user_id
    world.acme.visibility = "own"
    world.session.commit()
    max_ = api.as_(world.max)
    assert max_.patch(path, {"contact_id": world.contact.id, "amount": 3}).status_code == 200
    assert max_.post("/deals", {"title": "X", "contact_id": world.contact.id}).status_code == 400


@pytest.mark.parametrize("who", ["max", "vera"])
def test_out_of_sight_is_out_of_the_api(api, world, who):
    other = world.another_deal("Hidden", by=world.olga)
    world.acme.visibility = "own"
    world.session.commit()
    program = api.as_(getattr(world, who))
    for method, body in (("GET", None), ("PATCH", {"title": "X"}), ("PATCH", {"x": 1}), ("DELETE", None)):
        assert program.call(method, f"/deals/{other.id}", body).status_code == 404
    assert program.get("/deals?search=hidden").json["total"] == 0


CALLS = (
    ("GET", "", None),
    ("PUT", "", {"title": "X"}),
    ("PATCH", "", {"amount": 1}),
    ("PATCH", "", {"nonsense": 1}),
    ("DELETE", "", None),
    ("PATCH", "/stage", {"stage": "proposal"}),
    ("PATCH", "/status", {"status": "won"}),
    ("POST", "/move", {"stage_id": 1}),
    ("POST", "/assign", {"user_id": 1}),
)


@pytest.mark.parametrize("who", ["olga", "max", "vera"])
def test_another_organization_s_deal_is_not_there(api, world, who):
    program = api.as_(getattr(world, who))
    for method, rest, body in CALLS:
        answer = program.call(method, f"/deals/{world.foreign['deal']}{rest}", body)
        assert answer.status_code == 404 and answer.json["code"] == "NOT_FOUND", (method, rest)


def test_a_viewer_reads_and_changes_nothing(api, world, path):
    vera = api.as_(world.vera)
    assert vera.get(path).status_code == 200
    for method, rest, body in CALLS[1:]:
        assert vera.call(method, path + rest, body).status_code == 403, (method, rest)


def test_deletes_a_deal(max_, path):
    assert max_.delete(path).status_code == 204 and max_.get(path).status_code == 404


def test_opening_a_deal_takes_few_statements(max_, statements, world):
    body = {"title": "Lean", "amount": 5, "company_id": world.company.id}
    max_.post("/deals", body)
    statements.clear()
    max_.post("/deals", body)
    assert len(statements) <= 8, statements


def test_a_list_takes_as_many_statements_for_three_as_for_twenty(olga, world, statements):
    counts = []
    for rows in (2, 17):
        for number in range(rows):
            world.another_deal(f"Deal {number}", stage="proposal" if number % 2 else "lead")
        world.session.commit()
        statements.clear()
        assert olga.get("/deals?page_size=100").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 5, counts


class TestLists:
    @pytest.fixture(autouse=True)
    def deals(self, world):
        self.made = {
            title: world.another_deal(title, amount=Decimal(amount), stage=stage, by=by)
            for title, amount, stage, by in (
                ("alpha", "10.50", "lead", world.max),
                ("Beta", "20", "proposal", world.lena),
                ("gamma", "30", "won", world.max),
            )
        }
        world.session.commit()

    def told(self, program, **query):
        answer = (
            program.call("GET", "/deals", None)
            if not query
            else program.client.get(
                "/api/v1/deals", query_string={"order_by": "amount", "order": "asc"} | query, headers=program.headers
            )
        )
        assert answer.status_code == 200, answer.json
        return [one["title"] for one in answer.json["items"]]

    def test_filters(self, max_, world):
        told, stage = self.told, world.stage("proposal")
        assert told(max_, status=["won", "lost"]) == ["gamma"]
        assert told(max_, min_amount="10.50", max_amount=20) == ["alpha", "Beta"]
        assert told(max_, stage="proposal") == told(max_, stage_id=stage.id) == ["Beta"]
        assert told(max_, pipeline_id=world.pipeline.id) == ["alpha", "Beta", "gamma", "Scanners"]
        assert told(max_, owner_id=world.lena.user_id) == ["Beta"]
        assert told(max_, contact_id=world.contact.id) == told(max_, company_id=world.company.id) == ["Scanners"]
        assert told(max_, search="corp") == ["Scanners"] and told(max_, search="ET") == ["Beta"]
        assert told(max_, search="%") == []

    def test_what_is_not_there_filters_to_nothing(self, max_, world):
        for name in ("stage_id", "pipeline_id", "owner_id", "contact_id", "company_id"):
            foreign = world.foreign[name.removesuffix("_id").replace("owner", "user")]
            assert self.told(max_, **{name: foreign}) == [] and self.told(max_, **{name: 2**63 - 1}) == []
        assert self.told(max_, stage="no-such") == []

    @pytest.mark.parametrize("order_by", ["created_at", "amount", "title", "expected_close_date", "updated_at"])
    def test_reads_on_from_a_cursor_in_every_order(self, max_, order_by):
        for order in ("asc", "desc"):
            asked = f"/deals?page_size=2&order_by={order_by}&order={order}"
            first = max_.get(asked).json
            rest = max_.get(f"{asked}&cursor={first['next_cursor']}").json
            titles = [one["title"] for one in first["items"] + rest["items"]]
            assert sorted(titles) == ["Beta", "Scanners", "alpha", "gamma"] and rest["next_cursor"] is None
            by_page = max_.get(f"{asked}&page=2").json
            assert by_page["items"] == rest["items"] and by_page["total"] == 4

    def test_orders_by_amount_and_by_title(self, max_):
        assert self.told(max_) and self.told(max_, order="desc") == ["Scanners", "gamma", "Beta", "alpha"]
        assert self.told(max_, order_by="title") == ["alpha", "Beta", "gamma", "Scanners"]

    @pytest.mark.parametrize(
        "query",
        [
            "page_size=101",
            "status=open",
            "min_amount=x",
            "min_amount=1.005",
            "order_by=rank",
            "order=up",
            "x=1",
            "stage_id=0",
            "owner_id=9223372036854775808",
            "page=1&page=2",
            "cursor=x",
            "stage=%00",
        ],
    )
    def test_refuses_what_it_can_t_mean(self, max_, query):
        answer = max_.get(f"/deals?{query}")
        assert answer.status_code == 400 and next(iter(answer.json["errors"])).startswith(query.split("=")[0])


def test_a_deal_has_tags_and_is_found_by_them(max_, world, path):
    made = max_.post("/deals", {"title": "Tagged", "tag_ids": [world.tag.id, world.tag.id]}).json
    assert made["tag_ids"] == [world.tag.id] and max_.get(f"/deals?tag={world.tag.id}").json["total"] == 1
    tagged = max_.patch(path, {"tag_ids": [world.tag.id], "version": 1}).json
    assert tagged["tag_ids"] == [world.tag.id] and tagged["version"] > 1
    assert max_.put(path, {"title": "Bare"}).json["tag_ids"] == []
    assert max_.get(f"/deals?tag={world.foreign['tag']}").json["items"] == []


@pytest.mark.parametrize("ids", [[2**63 - 1], "foreign", [0], None, ["1"], [True]])
def test_an_unknown_tag_is_a_mistake_in_the_field(max_, world, path, ids):
    ids = [world.foreign["tag"]] if ids == "foreign" else ids
    for answer in (max_.post("/deals", {"title": "X", "tag_ids": ids}), max_.patch(path, {"tag_ids": ids})):
        assert answer.status_code == 400 and next(iter(answer.json["errors"])).startswith("tag_ids"), answer.json


def test_a_deal_has_its_own_currency(max_, path):
    assert max_.post("/deals", {"title": "X", "currency": "USD"}).json["currency"] == "USD"
    assert max_.patch(path, {"currency": "CHF"}).json["currency"] == "CHF"
    for wrong in ("XXX", "usd", "", "EURO", None, 5):
        for answer in (max_.patch(path, {"currency": wrong}), max_.post("/deals", {"title": "X", "currency": wrong})):
            assert answer.status_code == 400 and list(answer.json["errors"]) == ["currency"], answer.json


@pytest.mark.parametrize("who", ["olga", "adam", "mona", "lena", "max", "vera"])
def test_owners_leads_and_above_give_deals_away(api, world, path, who):
    program = api.as_(getattr(world, who))
    answer = program.post(f"{path}/assign", {"user_id": world.lena.user_id})
    if who == "vera":
        assert answer.status_code == 403 and program.get(path).json["owner_id"] == world.max.user_id
    else:
        assert answer.status_code == 200 and answer.json["owner_id"] == world.lena.user_id


def test_a_deal_is_given_to_who_can_have_it(api, world, olga, path):
    for user_id in (world.ruslan.user_id, world.vera.user_id, 2**63 - 1):
        answer = olga.post(f"{path}/assign", {"user_id": user_id})
        assert answer.status_code == 400 and list(answer.json["errors"]) == ["user_id"], answer.json
    others = f"/deals/{world.book_of(world.mona).deal.id}/assign"
    world.session.commit()
    assert api.as_(world.max).post(others, {"user_id": world.max.user_id}).status_code == 403
    foreign = f"/deals/{world.foreign['deal']}/assign"
    assert olga.post(foreign, {"user_id": world.max.user_id}).status_code == 404
    stale = olga.post(f"{path}/assign", {"user_id": world.lena.user_id, "version": 99})
    assert stale.status_code == 409 and stale.json["current"]["owner_id"] == world.max.user_id


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 30, "0", "-1", "1.0", "x"])
def test_what_is_no_number_of_a_record_is_a_404_for_every_method(max_, number):
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert max_.call(method, f"/deals/{number}", None).status_code == 404, method


def test_the_document_calls_bounds_as_json_schema_does(app):
    schemas = document(app)["components"]["schemas"]
    owner = schemas["DealFields"]["properties"]["owner_id"]
    assert (owner["minimum"], owner["maximum"]) == (1, 2**63 - 1)


def test_the_list_is_narrowed_by_any_of_several_tags_and_teams_and_by_the_expected_close(olga, world):
    other = olga.post(
        "/deals", {"title": "Robots", "expected_close_date": "2031-05-01", "tag_ids": [world.tag.id]}
    ).json
    for query, titles in (
        (f"tag_id={world.tag.id}&tag_id={world.foreign['tag']}", ["Robots"]),
        (f"team_id={world.team.id}", ["Scanners"]),
        ("close_from=2031-05-01&close_to=2031-05-01", ["Robots"]),
        ("close_to=2031-04-30", []),
        ("close_from=2031-05-02", []),
    ):
        found = olga.get(f"/deals?{query}").json
        assert [one["title"] for one in found["items"]] == titles and found["total"] == len(titles), query
    assert other["owner_id"] == world.olga.user_id
