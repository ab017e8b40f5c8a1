"""Stages, status and places of deals by program."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.pipelines.models import LostReason


@pytest.fixture
def max_(api, world):
    return api.as_(world.max)


@pytest.fixture
def olga(api, world):
    return api.as_(world.olga)


@pytest.fixture
def path(world):
    return f"/deals/{world.deal.id}"


@pytest.fixture
def reasons(world):
    mine = LostReason.organization_id == world.acme.id
    return world.session.scalars(select(LostReason).where(mine).order_by(LostReason.position)).all()


def standing(answer):
    assert answer.status_code == 200, answer.json
    return answer.json["status"], answer.json["stage"]


@pytest.mark.parametrize("more", [{}, {"stage": "closed"}, {"stage": "won"}])
def test_status_won_enters_the_won_stage(max_, path, more):
    assert standing(max_.patch(path, {"status": "won"} | more)) == ("won", "won")
    assert max_.get(path).json["closed_on"]


def test_a_won_stage_makes_it_won(max_, world, path):
    assert standing(max_.patch(path, {"stage_id": world.stage("won").id})) == ("won", "won")


def test_winning_and_more_is_one_transaction(max_, world, path):
    refused = max_.patch(path, {"title": "Changed", "amount": 0, "status": "won"})
    assert refused.status_code == 400 and refused.json["code"] == "FIELDS_REQUIRED" and refused.json["errors"]["amount"]
    assert max_.get(path).json["title"] == "Scanners"
    world.deal.amount = Decimal(0)
    world.session.commit()
    won = max_.patch(path, {"title": "Changed", "amount": 12, "status": "won"}).json
    assert (won["title"], won["amount"], won["status"]) == ("Changed", 12.0, "won")


def test_a_won_deal_keeps_an_amount(max_, path):
    max_.patch(path, {"status": "won"})
    for body in ({"amount": 0}, {"amount": 0, "status": "won"}):
        refused = max_.patch(path, body)
        assert refused.status_code == 400 and refused.json["errors"]["amount"]
    assert max_.put(path, {"title": "No amount"}).status_code == 400
    assert standing(max_.patch(path, {"amount": 3, "status": "won"})) == ("won", "won")


@pytest.mark.parametrize("how", ["", "/status"])
def test_losing_asks_for_a_reason(max_, path, reasons, how):
    bare = max_.patch(path + how, {"status": "lost"})
    assert bare.status_code == 400 and list(bare.json["errors"]) == ["lost_reason_id"]
    lost = max_.patch(path + how, {"status": "lost", "lost_reason_id": reasons[0].id, "lost_note": " Too dear. "})
    assert standing(lost) == ("lost", "lost")
    assert (lost.json["lost_reason_id"], lost.json["lost_note"]) == (reasons[0].id, "Too dear.")


def test_a_reason_that_asks_for_a_note_gets_one(max_, path, reasons):
    other = {"status": "lost", "lost_reason_id": reasons[-1].id}
    assert list(max_.patch(f"{path}/status", other).json["errors"]) == ["lost_note"]
    assert max_.patch(f"{path}/status", other | {"lost_note": "Moved away"}).status_code == 200


def test_the_reason_of_a_lost_deal_can_be_another_one(max_, path, reasons):
    max_.patch(path, {"status": "lost", "lost_reason_id": reasons[0].id, "lost_note": "Hm"})
    changed = max_.patch(path, {"lost_reason_id": reasons[1].id}).json
    assert (changed["lost_reason_id"], changed["lost_note"], changed["stage"]) == (reasons[1].id, "Hm", "lost")
    assert list(max_.patch(path, {"lost_reason_id": None}).json["errors"]) == ["lost_reason_id"]
    assert max_.put(path, {"title": "Same loss"}).json["lost_reason_id"] == reasons[1].id


def test_an_open_deal_has_no_reason(max_, world, path, reasons):
    for body in ({"lost_reason_id": reasons[0].id}, {"stage": "proposal", "lost_note": "No"}):
        refused = max_.patch(path, body)
        assert refused.status_code == 400 and list(refused.json["errors"]) == list(body)[-1:], refused.json
    assert max_.patch(path, {"lost_reason_id": None, "title": "Fine"}).status_code == 200
    foreign = {"status": "lost", "lost_reason_id": 2**63 - 1}
    assert list(max_.patch(path, foreign).json["errors"]) == ["lost_reason_id"]


@pytest.mark.parametrize(
    "body",
    [
        {"status": "won", "stage": "proposal"},
        {"status": "lost", "stage": "won"},
        {"status": "new", "stage": "won"},
        {"status": "in_progress", "stage": "lost"},
    ],
)
def test_a_status_that_contradicts_the_stage_is_refused(olga, path, body):
    for answer in (olga.patch(path, body), olga.post("/deals", {"title": "X", "amount": 1} | body)):
        assert answer.status_code == 400 and list(answer.json["errors"]) == ["status"], answer.json


def test_stage_and_stage_id_must_mean_the_same(max_, world, path):
    body = {"stage": "proposal", "stage_id": world.stage("contract").id}
    assert list(max_.patch(path, body).json["errors"]) == ["stage"]
    assert standing(max_.patch(path, body | {"stage": "contract"})) == ("in_progress", "contract")


def test_closed_without_a_status_is_no_stage(max_, path):
    assert list(max_.patch(path, {"stage": "closed"}).json["errors"]) == ["stage"]


def test_work_on_a_new_deal_begins_where_it_stands_and_never_ends(max_, world, path):
    assert standing(max_.patch(f"{path}/status", {"status": "new"})) == ("new", "lead")
    assert standing(max_.patch(f"{path}/status", {"status": "in_progress"})) == ("in_progress", "lead")
    told = next(one for one in world.deal.activities if one.type == "status_changed")
    assert told.payload == {"old_status": "new", "new_status": "in_progress"}
    assert standing(max_.patch(path, {"status": "in_progress"})) == ("in_progress", "lead")
    assert list(max_.patch(path, {"status": "new"}).json["errors"]) == ["status"]


def test_a_deal_can_be_opened_in_progress(max_):
    assert max_.post("/deals", {"title": "X", "status": "in_progress"}).json["status"] == "in_progress"


@pytest.mark.parametrize("status", ["in_progress", "new"])
@pytest.mark.parametrize("who", ["olga", "adam", "mona", "max", "lena"])
def test_only_owners_and_admins_reopen(api, world, path, who, status):
    api.as_(world.max).patch(path, {"stage": "proposal"})
    api.as_(world.max).patch(path, {"status": "won"})
    answer = api.as_(getattr(world, who)).patch(path, {"status": status})
    if who in ("olga", "adam"):
        assert standing(answer) == ("in_progress", "proposal")
    else:
        assert answer.status_code == 403 and api.as_(world.max).get(path).json["status"] == "won"


@pytest.mark.parametrize("who", ["olga", "mona", "max"])
def test_back_is_for_owners_and_admins(api, world, path, who):
    api.as_(world.max).patch(f"{path}/stage", {"stage": "contract"})
    program = api.as_(getattr(world, who))
    status = 200 if who == "olga" else 403
    move = {"stage_id": world.stage("qualification").id}
    assert program.patch(f"{path}/stage", {"stage": "proposal"}).status_code == status
    assert program.post(f"{path}/move", move).status_code == status


def test_a_stage_asks_for_what_it_requires(max_, world, path):
    world.stage("proposal").required = ["amount", "expected_close_date"]
    world.deal.amount = Decimal(0)
    world.session.commit()
    for answer in (max_.patch(f"{path}/stage", {"stage": "proposal"}), move(max_, world, "proposal")):
        assert answer.status_code == 400 and answer.json["code"] == "FIELDS_REQUIRED"
        assert set(answer.json["errors"]) == {"amount", "expected_close_date"}
    brought = move(max_, world, "proposal", amount=5, expected_close_date="2031-01-01")
    assert standing(brought) == ("in_progress", "proposal") and brought.json["amount"] == 5


def move(program, world, stage, **more):
    return program.post(f"/deals/{world.deal.id}/move", {"stage_id": world.stage(stage).id} | more)


def test_a_strict_limit_is_a_conflict(max_, world):
    stage = world.stage("proposal")
    stage.wip_limit, stage.wip_strict = 1, True
    world.session.flush()
    world.another_deal(stage="proposal")
    world.session.commit()
    path = f"/deals/{world.deal.id}"
    for answer in (
        move(max_, world, "proposal"),
        max_.patch(path, {"stage": "proposal"}),
        max_.post("/deals", {"title": "X", "stage": "proposal"}),
    ):
        assert answer.status_code == 409 and answer.json["code"] == "STAGE_FULL"
    assert max_.get(path).json["stage"] == "lead"


def test_places_a_deal_above_or_below_another(max_, world):
    first, second = (world.another_deal(title, stage="proposal") for title in "ab")
    world.session.commit()
    order = [second.id, first.id]
    assert standing(move(max_, world, "proposal", after_id=second.id)) == ("in_progress", "proposal")
    assert ranked(world) == [order[0], world.deal.id, order[1]]
    assert standing(move(max_, world, "proposal", before_id=second.id)) == ("in_progress", "proposal")
    assert ranked(world) == [world.deal.id, *order]
    both = move(max_, world, "proposal", before_id=first.id, after_id=second.id)
    assert both.status_code == 400 and list(both.json["errors"]) == ["before_id"]
    foreign = move(max_, world, "proposal", before_id=world.foreign["deal"])
    assert foreign.status_code == 400 and list(foreign.json["errors"]) == ["before_id"]


def ranked(world):
    from crm.deals.models import Deal

    there = select(Deal.id).where(Deal.stage_id == world.stage("proposal").id).order_by(Deal.rank)
    return list(world.session.scalars(there))


def test_a_stale_move_is_refused_with_the_deal_as_it_is(max_, world, path):
    version = max_.get(path).json["version"]
    assert standing(move(max_, world, "proposal", version=version)) == ("in_progress", "proposal")
    stale = move(max_, world, "contract", version=version)
    assert stale.status_code == 409 and stale.json["current"]["stage"] == "proposal"
    assert stale.json["changed"] == ["stage_id"]
    for rest, body in (("/stage", {"stage": "contract"}), ("/status", {"status": "won"})):
        assert max_.patch(path + rest, body, If_Match=f'"{version}"').status_code == 409


@pytest.mark.parametrize("stage", ["foreign", "other"])
def test_a_deal_stays_in_its_pipeline(olga, world, path, stage):
    other = olga.post("/pipelines", {"name": "Other"}).json
    wanted = world.foreign["stage"] if stage == "foreign" else other["stages"][1]["id"]
    for answer in (
        olga.post(f"{path}/move", {"stage_id": wanted}),
        olga.patch(f"{path}/stage", {"stage_id": wanted}),
        olga.patch(path, {"stage_id": wanted}),
    ):
        assert answer.status_code == 400 and list(answer.json["errors"]) == ["stage_id"], answer.json
    assert list(olga.patch(path, {"pipeline_id": other["id"]}).json["errors"]) == ["pipeline_id"]
    assert olga.patch(path, {"pipeline_id": world.pipeline.id}).status_code == 200


def test_the_stage_of_another_pipeline_opens_a_deal_there(olga, world):
    other = olga.post("/pipelines", {"name": "Other"}).json
    made = olga.post("/deals", {"title": "X", "stage_id": other["stages"][1]["id"]}).json
    assert (made["pipeline_id"], made["stage"]) == (other["id"], "qualification")
    mixed = {"title": "X", "stage_id": other["stages"][1]["id"], "pipeline_id": world.pipeline.id}
    assert list(olga.post("/deals", mixed).json["errors"]) == ["stage_id"]


@pytest.mark.parametrize("rest, body", [("/stage", {}), ("/status", {}), ("/move", {}), ("/stage", {"stage": None})])
def test_a_move_says_where(max_, path, rest, body):
    answer = max_.call("POST" if rest == "/move" else "PATCH", path + rest, body)
    assert answer.status_code == 400 and answer.json["errors"], answer.json


def test_a_member_moves_only_his_own(api, world):
    other = world.another_deal(by=world.olga)
    world.session.commit()
    max_, there = api.as_(world.max), f"/deals/{other.id}"
    assert max_.patch(f"{there}/stage", {"stage": "proposal"}).status_code == 403
    assert max_.patch(f"{there}/status", {"status": "won"}).status_code == 403
    assert max_.post(f"{there}/move", {"stage_id": 2**63 - 1}).status_code == 403
