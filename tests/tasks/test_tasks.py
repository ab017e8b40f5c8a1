"""Tasks on a deal (rule 3), and reports with a next step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select

from crm.deals.models import Deal
from crm.errors import Forbidden, Invalid, Missing
from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from crm.tasks.models import Task, add_task
from crm.timeline.models import Activity
from tests.world import user


def test_a_member_adds_tasks_to_own_deals_only(world):
    theirs = world.another_deal(by=world.mona)
    with pytest.raises(Forbidden):
        add_task(theirs, "Call", world.max.today(), by=world.max)
    assert add_task(world.deal, "Call", world.max.today(), by=world.max).assignee_id == world.max.user_id


def test_a_task_whose_deal_is_deleted_meanwhile_is_gone(world):
    task = add_task(world.deal, "Call", world.max.today(), by=world.max)
    world.session.expire(task, ["deal"])
    world.session.execute(delete(Deal).where(Deal.id == task.deal_id).execution_options(synchronize_session=False))
    with pytest.raises(Missing, match="deleted meanwhile"):
        task.complete(by=world.max)


def test_a_lead_adds_tasks_to_the_teams_deals(world):
    assert add_task(world.deal, "Call", world.lena.today(), by=world.lena)


def test_a_due_day_is_not_past_and_today_is_fine(world):
    with pytest.raises(Invalid):
        add_task(world.deal, "Call", world.max.today() - timedelta(days=1), by=world.max)
    add_task(world.deal, "Call", world.max.today(), by=world.max)


def test_today_is_the_persons_own(world):
    world.max.user.timezone = "Pacific/Kiritimati"  # fourteen hours ahead
    assert world.max.today() == datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    world.max.user.timezone = "Pacific/Niue"  # eleven behind: there it is always an earlier day
    late = datetime.now(ZoneInfo("Pacific/Kiritimati")).date() - timedelta(days=1)
    add_task(world.deal, "Call", late, by=world.max)


def test_doing_a_task_twice_tells_it_once(world):
    world.task.complete(by=world.max)
    world.task.complete(by=world.max)
    world.session.flush()
    assert len(world.session.scalars(select(Activity).where(Activity.type == "task_done")).all()) == 1


def test_a_done_task_can_be_reopened(world):
    world.task.complete(by=world.max)
    world.task.reopen(by=world.max)
    assert world.task.done_at is None


def test_the_check_toggles_in_place(world, browser):
    max_ = browser.as_(world.max)
    answer = max_.send(f"/tasks/{world.task.id}/done", {"done": "1"})
    assert answer.status_code == 200 and 'aria-pressed="true"' in answer.text and "No next step" in answer.text
    assert 'aria-pressed="false"' in max_.send(f"/tasks/{world.task.id}/done", {"done": "0"}).text


def test_strangers_to_the_task_may_not_touch_it(world, browser):
    world.session.execute(Task.__table__.update().values(assignee_id=world.mona.user_id))
    theirs = world.another_deal(by=world.mona)
    task = add_task(theirs, "Hers", world.mona.today(), by=world.mona)
    world.session.commit()
    max_ = browser.as_(world.max)
    for path in ("done", "edit", "delete"):
        assert max_.send(f"/tasks/{task.id}/{path}", {"done": "1"}).status_code == 403, path


def test_a_past_day_is_an_error_at_the_field_and_the_title_is_kept(world, browser):
    answer = browser.as_(world.max).send(
        f"/deals/{world.deal.id}/tasks",
        {"title": "Send offer", "due_on": "2020-01-01", "assignee_id": world.max.user_id},
    )
    assert answer.status_code == 400
    assert "Choose today or a later day." in answer.text and 'value="Send offer"' in answer.text


def test_a_task_is_added_changed_and_deleted_from_the_page(world, browser):
    max_, day = browser.as_(world.max), (world.max.today() + timedelta(days=3)).isoformat()
    form = {"title": "Send offer", "due_on": day, "assignee_id": world.max.user_id}
    assert "Send offer" in max_.send(f"/deals/{world.deal.id}/tasks", form).text
    task = world.session.scalars(select(Task).where(Task.title == "Send offer")).one()
    answer = max_.send(f"/tasks/{task.id}/edit", form | {"title": "Send deck", "version": task.version})
    assert answer.status_code == 200 and "Send deck" in answer.text
    assert "Send deck</a>" not in max_.send(f"/tasks/{task.id}/delete").text


def test_a_report_lands_in_the_timeline_with_its_next_step(world, browser):
    path = f"/deals/{world.deal.id}/activities"
    answer = browser.as_(world.max).send(path, {"kind": "call", "text": "Wants two lots", "step": "7"})
    assert answer.status_code == 200 and "Wants two lots" in answer.text and "Call again" in answer.text
    assert browser.send(path, {"kind": "call", "text": "  "}).status_code == 400
    assert browser.as_(world.vera).send(path, {"kind": "call", "text": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("setting", "who"), [("everyone", "adam"), ("everyone", "lena"), ("team", "lena"), ("own", "lena")]
)
def test_a_task_is_for_somebody_who_sees_its_deal(world, setting, who):
    world.acme.visibility, whom = setting, getattr(world, who).user_id
    assert add_task(world.deal, "Call", world.max.today(), by=world.max, assignee_id=whom).assignee_id == whom
    world.task.change({"assignee_id": whom}, by=world.max)
    assert world.task.assignee_id == whom


@pytest.mark.parametrize(
    ("setting", "who"), [("team", "nina"), ("own", "nina"), ("everyone", "vera"), ("everyone", "gone")]
)
def test_a_task_is_not_for_who_does_not_see_its_deal_nor_for_a_viewer(world, setting, who):
    world.acme.visibility = setting
    nina = take_in(world.session, world.acme, user(world.session, "Nina"), Role.MEMBER)
    nina.ended_at = datetime.now(UTC) if who == "gone" else None
    world.session.flush()
    whom = world.vera.user_id if who == "vera" else nina.user_id
    for verb in (
        lambda: add_task(world.deal, "Call", world.max.today(), by=world.max, assignee_id=whom),
        lambda: world.task.change({"assignee_id": whom}, by=world.max),
    ):
        with pytest.raises(Invalid) as refusal:
            verb()
        assert "assignee_id" in refusal.value.errors and world.task.assignee_id == world.max.user_id


def test_another_organizations_people_get_no_task(world):
    with pytest.raises(Invalid):
        add_task(world.deal, "Call", world.max.today(), by=world.max, assignee_id=world.foreign["user"])


def test_the_form_offers_those_who_can_get_the_task(world, browser):
    take_in(world.session, world.acme, user(world.session, "Nina"), Role.MEMBER)
    world.acme.visibility = "team"
    world.session.commit()
    max_ = browser.as_(world.max)
    for path in (f"/deals/{world.deal.id}/tasks", f"/tasks/{world.task.id}/edit"):
        page = max_.get(path).text
        assert "Lena Tester</option>" in page and "Mona Tester</option>" in page
        assert "Nina Tester</option>" not in page and "Vera Tester</option>" not in page


def test_a_task_stays_with_who_has_it_while_its_title_changes(world, browser):
    world.session.execute(Task.__table__.update().values(assignee_id=world.vera.user_id))
    world.session.commit()
    mona, day = browser.as_(world.mona), world.task.due_on.isoformat()
    form = {"title": "Call again", "due_on": day, "assignee_id": world.vera.user_id, "version": world.task.version}
    assert "selected>Vera Tester" in mona.get(f"/tasks/{world.task.id}/edit").text
    assert mona.send(f"/tasks/{world.task.id}/edit", form).status_code == 200
    world.session.refresh(world.task)
    assert (world.task.title, world.task.assignee_id) == ("Call again", world.vera.user_id)
