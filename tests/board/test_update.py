"""The quick update: log, next step, move, in one form and one transaction."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.board.sheet import month_after
from crm.pipelines.models import LostReason
from crm.tasks.models import Task
from crm.timeline.models import Activity


@pytest.fixture
def max_(world, browser):
    return browser.as_(world.max)


@pytest.fixture
def path(world):
    return f"/deals/{world.deal.id}/update"


def kinds(world):
    """What the timeline tells, oldest first, since the deal was made."""
    mine = select(Activity.type).where(Activity.deal_id == world.deal.id).order_by(Activity.id)
    return list(world.session.scalars(mine))[2:]


def now(world):
    world.session.expire_all()
    return world.deal


def test_one_form_logs_finishes_plans_and_moves(world, max_, path):
    proposal = world.stage("proposal")
    form = {
        "version": world.deal.version,
        "kind": "call",
        "outcome": "no_answer",
        "text": "Tries again on Monday",
        "done": world.task.id,
        "step": "3",
        "step_title": "Call once more",
        "stage_id": proposal.id,
    }
    answer = max_.send(path, form)
    assert (
        answer.status_code == 200
        and f'id="deal-{world.deal.id}"' in answer.text
        and "close-dialog" in str(answer.headers)
    )
    assert f'id="head-{proposal.id}"' in answer.text and "Call once more" in answer.text
    assert kinds(world) == ["call", "task_done", "task_created", "stage_changed", "status_changed"]
    said = world.session.scalar(select(Activity.payload["text"].astext).where(Activity.type == "call"))
    assert said == "No answer. Tries again on Monday"
    step = world.session.scalars(select(Task).where(Task.done_at.is_(None))).one()
    assert (step.title, step.due_on) == ("Call once more", world.max.today() + timedelta(days=3))
    assert now(world).stage_id == proposal.id


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"kind": "email"}, "text"),
        ({"kind": "call", "step": "date"}, "step_on"),
        ({"kind": "call", "step": "date", "step_on": "2020-01-01"}, "step_on"),
        ({"kind": "call", "step": "date", "step_on": "soon"}, "step_on"),
        ({"kind": "call", "step_title": "Call"}, "step"),
        ({"kind": "call", "step": "999"}, "step"),
        ({"kind": "call", "done": "{task}0"}, "done"),
        ({"kind": "call", "stage_id": "{won}"}, "amount"),
        ({"kind": "call", "stage_id": "{lost}"}, "lost_reason_id"),
    ],
)
def test_one_fault_saves_nothing_and_is_said_at_its_field(world, max_, path, form, field):
    world.deal.change({"amount": 0}, by=world.max)
    world.session.commit()
    before = kinds(world)
    ids = {"task": world.task.id, "won": world.stage("won").id, "lost": world.stage("lost").id}
    answer = max_.send(
        path,
        {"text": "Typed & kept"}
        | {key: value.format(**ids) for key, value in form.items()}
        | ({"text": ""} if field == "text" else {}),
    )
    assert answer.status_code == 400 and f'id="{field}-error"' in answer.text
    assert field == "text" or "Typed &amp; kept" in answer.text
    assert kinds(world) == before and now(world).stage.slug == "lead"


def test_nothing_to_save_is_said(max_, path, world):
    answer = max_.send(path, {"version": world.deal.version, "stage_id": world.deal.stage_id})
    assert answer.status_code == 400 and "Say what happened, choose a next step, or move the deal." in answer.text


def test_what_the_stage_asks_for_comes_along(world, max_, path):
    reason = world.session.scalar(select(LostReason.id).where(LostReason.name == "Price"))
    lost = {"stage_id": world.stage("lost").id, "lost_reason_id": reason, "lost_note": "Too dear"}
    assert max_.send(path, lost).status_code == 200
    assert (now(world).status, world.deal.lost_note) == ("lost", "Too dear")


def test_a_stale_sheet_keeps_what_was_typed_and_saves_at_the_second_try(world, max_, path):
    seen = world.deal.version
    world.deal.move_to(world.stage("contract"), by=world.mona)
    world.session.commit()
    answer = max_.send(path, {"version": seen, "kind": "call", "text": "They agree"})
    assert answer.status_code == 409 and "Mona Tester moved “Scanners” to Contract" in answer.text
    assert "They agree" in answer.text and f'name="version" value="{world.deal.version}"' in answer.text
    assert f'data-stage="{world.stage("contract").id}"' in answer.text, "the card as it is now"
    assert "call" not in kinds(world)
    assert max_.send(path, {"version": world.deal.version, "kind": "call", "text": "They agree"}).status_code == 200


def test_a_move_back_is_refused_in_the_sheet(world, max_, path):
    world.deal.move_to(world.stage("contract"), by=world.max)
    world.session.commit()
    answer = max_.send(path, {"kind": "call", "stage_id": world.stage("lead").id})
    assert answer.status_code == 403 and "Only owners and admins can move a deal back." in answer.text
    assert "call" not in kinds(world)
    assert f'value="{world.stage("lead").id}" data-kind="open" disabled' in max_.part(path).text


def test_a_full_stage_is_refused_in_words(world, max_, path):
    proposal = world.stage("proposal")
    world.another_deal(stage="proposal")
    proposal.wip_limit, proposal.wip_strict = 1, True
    world.session.commit()
    answer = max_.send(path, {"stage_id": proposal.id, "text": "Now"})
    assert answer.status_code == 409 and "Proposal is full: its limit of deals is 1." in answer.text
    assert "comment" not in kinds(world)


def test_a_task_of_another_deal_is_not_finished(world, max_, path):
    book = world.book_of(world.max)
    world.session.commit()
    answer = max_.send(path, {"done": book.task.id})
    assert answer.status_code == 400 and not book.task.is_done


@pytest.mark.parametrize("part", ["update", "step", "snooze"])
def test_somebody_elses_card_offers_no_quick_update(world, browser, part):
    world.session.commit()
    path = f"/deals/{world.deal.id}/{part}"
    assert browser.as_(world.mona).get(path).status_code == 200
    assert browser.as_(world.vera).get(path).status_code == 403
    assert browser.as_(world.ruslan).get(path).status_code == 404


def test_a_plain_form_goes_back_to_the_board(world, max_, path):
    page = max_.get(path)
    assert page.status_code == 200 and "<html" in page.text and "Call Jonas" in page.text
    assert max_.post(path, {"text": "Seen"}).location == f"/pipelines/{world.pipeline.id}/board"


def test_the_brief_tells_whom_to_call_and_what_happened_last(world, max_, path):
    world.contact.phone = "+49 30 1234"
    world.deal.log("meeting", "They want two lots", by=world.mona)
    world.session.commit()
    brief = max_.part(f"{path}/brief").text
    for part in (
        'href="tel:+49301234"',
        'href="sms:+49301234"',
        "mailto:jonas@brandt.example",
        "had a meeting",
        "two lots",
    ):
        assert part in brief


@pytest.mark.parametrize(("pick", "days"), [("day", 1), ("week", 7)])
def test_the_menu_snoozes_and_the_answer_is_the_card(world, max_, pick, days):
    answer = max_.send(f"/deals/{world.deal.id}/snooze", {"pick": pick, "version": world.deal.version})
    assert answer.status_code == 200 and f'id="deal-{world.deal.id}"' in answer.text
    assert now(world).snoozed_until == world.max.today() + timedelta(days=days)
    assert "Wake it now" in max_.part(f"/deals/{world.deal.id}/snooze").text
    assert max_.send(f"/deals/{world.deal.id}/snooze", {"pick": "wake"}).status_code == 200
    assert now(world).snoozed_until is None


@pytest.mark.parametrize(
    ("day", "later"),
    [((2031, 1, 31), (2031, 2, 28)), ((2032, 1, 30), (2032, 2, 29)), ((2031, 12, 5), (2032, 1, 5))],
)
def test_a_month_later_is_the_same_day_or_the_last(day, later):
    assert month_after(date(*day)) == date(*later)


@pytest.mark.parametrize("until", ["", "2020-01-01", "rubbish"])
def test_a_day_that_can_not_be_snoozed_to_is_said_at_the_field(world, max_, until):
    answer = max_.send(f"/deals/{world.deal.id}/snooze", {"pick": "date", "until": until})
    assert answer.status_code == 400 and 'id="until-error"' in answer.text and now(world).snoozed_until is None


def test_finishing_the_next_step_asks_for_the_one_after_it(world, max_, path):
    step = max_.part(f"/deals/{world.deal.id}/step").text
    assert "Done: Call Jonas" in step and "When is the next step?" in step
    assert max_.send(path, {"done": world.task.id, "step": "7", "version": world.deal.version}).status_code == 200
    assert kinds(world) == ["task_done", "task_created"]


def test_the_card_menu_has_the_quick_actions_and_a_viewer_sees_them_locked(world, max_, browser):
    menu = f"/deals/{world.deal.id}/move"
    for words in ("Step done", "Log a call", "Note", "Snooze"):
        assert words in max_.part(menu).text
    locked = browser.as_(world.vera).part(menu).text
    assert locked.count('<button type="button" disabled') == 4 and "/snooze" not in locked
    assert "Only the deal's owner or a manager can change it." in locked
