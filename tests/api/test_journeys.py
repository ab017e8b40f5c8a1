"""The clients of the five earlier systems, as they would call now: each from registration to what it was used for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.program import PREFIX, Program
from tests.world import PASSWORD


class Newcomer(Program):
    """A program that registers, signs in and calls, and says what it expects."""

    me: dict[str, Any]
    organization: dict[str, Any]

    def register(self, name: str, organization: str) -> Newcomer:
        """A person of this first name who owns a new organization."""
        form = {"email": address(name), "password": PASSWORD, "name": f"{name} Doe", "organization_name": organization}
        made = self.expect(201, "POST", "/auth/register", form)
        self.me, self.organization = made["user"], made["organization"]
        return self.sign_in(name)

    def sign_in(self, name: str, password: str = PASSWORD) -> Newcomer:
        pair = self.expect(200, "POST", "/auth/login", {"email": address(name), "password": password})
        self.headers = {"Authorization": f"Bearer {pair['access_token']}"}
        self.me = self.expect(200, "GET", "/auth/me")
        return self

    def work_in(self, organization_id: int) -> Newcomer:
        self.headers["X-Organization-Id"] = str(organization_id)
        return self

    def expect(self, status: int, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """What the call answers, which must be of that status."""
        answer = self.call(method, path, body, **headers)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer.json if answer.text else None


def address(name: str) -> str:
    return f"{name.lower()}@journey.example"


@pytest.fixture
def newcomer(app, session):
    return lambda: Newcomer(app)


def day(offset: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=offset)).isoformat()


def hired(newcomer: Any, owner: Newcomer, name: str, role: str) -> Newcomer:
    """Somebody with a login of the own, taken into the owner's organization."""
    person = newcomer().register(name, f"{name}'s own")
    members = f"/organizations/{owner.organization['id']}/members"
    owner.expect(201, "POST", members, {"email": address(name), "role": role})
    return person.work_in(owner.organization["id"])


def test_system_a_team_lead_hires_and_distributes(newcomer):
    admin = newcomer().register("Ann", "Calls")
    admin.expect(200, "PUT", f"/organizations/{admin.organization['id']}", {"name": "Calls", "visibility": "own"})
    lead = hired(newcomer, admin, "Lee", "member")
    team = admin.expect(201, "POST", "/teams", {"name": "North", "lead_user_id": lead.me["id"]})
    for name in ("Cal", "Cid"):
        person = {"email": address(name), "name": f"{name} Doe", "password": PASSWORD}
        lead.expect(201, "POST", f"/teams/{team['id']}/members", person)
    cal, cid = newcomer().sign_in("Cal"), newcomer().sign_in("Cid")
    contacts = [lead.expect(201, "POST", "/contacts", {"name": f"Client {number}"}) for number in range(6)]
    dealt = {"ids": [one["id"] for one in contacts], "user_ids": [cal.me["id"], cid.me["id"]]}
    lead.expect(200, "POST", "/contacts/distribute", dealt)
    mine, others = cal.expect(200, "GET", "/contacts"), cid.expect(200, "GET", "/contacts?page_size=2&page=2")
    assert (mine["total"], others["total"], len(others["items"])) == (3, 3, 1)
    own = mine["items"][0]
    for status in ("in_work", "closed"):
        own = cal.expect(200, "PATCH", f"/contacts/{own['id']}", {"status": status, "version": own["version"]})
    assert cal.expect(200, "GET", "/contacts?status=closed&status=dead")["total"] == 1
    cal.expect(404, "GET", f"/contacts/{others['items'][0]['id']}")
    cal.expect(400, "PATCH", f"/contacts/{own['id']}", {"status": "asleep"})
    cal.expect(400, "GET", "/contacts?page_size=101")
    log = lead.expect(200, "GET", f"/activities?contact_id={own['id']}&type=status_changed")
    assert [one["payload"]["new_status"] for one in log["items"]] == ["closed", "in_work"]
    tag = admin.expect(201, "POST", "/tags", {"name": "Warm", "color": "rose"})
    lead.expect(200, "PATCH", f"/contacts/{own['id']}", {"tag_ids": [tag["id"]]})
    assert lead.expect(200, "GET", f"/contacts?tag={tag['id']}")["total"] == 1
    assert newcomer().call("GET", "/contacts").status_code == 401


def test_system_b_rules_events_summary_and_funnel(newcomer):
    owner = newcomer().register("Bea", "Mini")
    member = hired(newcomer, owner, "Bob", "member")
    contact = owner.expect(201, "POST", "/contacts", {"name": "Jonas", "email": "jonas@brandt.example"})
    deal = owner.expect(201, "POST", "/deals", {"title": "Scanners", "amount": 0, "contact_id": contact["id"]})
    path = f"/deals/{deal['id']}"
    assert owner.expect(400, "PATCH", path, {"status": "won"})["errors"]["amount"]
    owner.expect(409, "DELETE", f"/contacts/{contact['id']}")
    task = {"title": "Call", "deal_id": deal["id"], "due_date": day(0)}
    member.expect(403, "POST", "/tasks", task)
    owner.expect(400, "POST", "/tasks", task | {"due_date": day(-2)})
    made = owner.expect(201, "POST", "/tasks", task)
    owner.expect(200, "PATCH", f"/tasks/{made['id']}", {"is_done": True})
    assert owner.expect(200, "GET", f"/tasks?deal_id={deal['id']}&only_open=true")["total"] == 0
    member.expect(403, "PATCH", path, {"amount": 5})
    owner.expect(200, "PATCH", path, {"stage": "proposal"})
    won = owner.expect(200, "PATCH", path, {"amount": "1200.50", "status": "won"})
    assert (won["status"], won["stage"], won["amount"]) == ("won", "won", 1200.5)
    told = {one["type"] for one in owner.expect(200, "GET", f"{path}/activities")["items"]}
    assert told >= {"deal_created", "status_changed", "stage_changed", "amount_changed", "task_created", "task_done"}
    summary = owner.expect(200, "GET", "/analytics/deals/summary?days=7")
    assert summary["by_status"]["won"] == {"count": 1, "total_amount": 1200.5, "unconverted": []}
    assert (summary["average_won_amount"], summary["new_deals"]["count"]) == (1200.5, 1)
    funnel = owner.expect(200, "GET", "/analytics/deals/funnel")
    rates = [(one["stage"], one["count"], one["conversion_rate"]) for one in funnel["stages"]]
    assert rates[0] == ("lead", 1, 100.0) and rates[-1] == ("won", 1, 100.0)


def test_system_c_companies_pipelines_and_the_kanban(newcomer):
    owner = newcomer().register("Cora", "Small")
    company = owner.expect(201, "POST", "/companies", {"name": "Brandt", "domain": "brandt.example"})
    contact = owner.expect(201, "POST", "/contacts", {"name": "Jonas", "company_id": company["id"]})
    assert owner.expect(200, "GET", f"/contacts?company_id={company['id']}")["items"][0]["id"] == contact["id"]
    first = owner.expect(200, "GET", "/pipelines")["items"][0]
    names = ["New lead", "Qualification", "Proposal", "Negotiation", "Contract", "Won", "Lost"]
    assert [stage["name"] for stage in first["stages"]] == names
    second = owner.expect(201, "POST", "/pipelines", {"name": "Partners"})
    stage = {"name": "Demo", "color": "sky", "probability": 40}
    demo = owner.expect(201, "POST", f"/pipelines/{second['id']}/stages", stage)
    opened = {"title": "Reseller", "amount": 900, "company_id": company["id"], "pipeline_id": second["id"]}
    deal = owner.expect(201, "POST", "/deals", opened)
    other = owner.expect(201, "POST", "/deals", opened | {"title": "Other", "stage_id": demo["id"]})
    move = {"stage_id": demo["id"], "after_id": other["id"], "version": deal["version"]}
    moved = owner.expect(200, "POST", f"/deals/{deal['id']}/move", move)
    assert (moved["stage"], moved["status"]) == ("demo", "in_progress")
    owner.expect(409, "POST", f"/deals/{deal['id']}/move", move)
    board = owner.expect(200, "GET", f"/pipelines/{second['id']}/board")
    column = next(one for one in board["stages"] if one["id"] == demo["id"])
    assert [one["id"] for one in column["deals"]] == [other["id"], deal["id"]]
    assert (column["deals_count"], column["total_amount"], column["weighted_amount"]) == (2, 1800.0, 720.0)
    counted = owner.expect(200, "GET", f"/deals/stats/pipeline?pipeline_id={second['id']}")
    assert next(one for one in counted["stages"] if one["id"] == demo["id"])["deals_count"] == 2
    owner.expect(400, "DELETE", f"/pipelines/stages/{demo['id']}")
    owner.expect(204, "DELETE", f"/pipelines/stages/{demo['id']}?move_to={second['stages'][0]['id']}")


def test_system_d_the_fullest_rule_book(newcomer):
    owner = newcomer().register("Dora", "Tenants")
    manager, member = hired(newcomer, owner, "Dan", "manager"), hired(newcomer, owner, "Dee", "member")
    stranger = newcomer().register("Eve", "Foreign")
    deal = member.expect(201, "POST", "/deals", {"title": "Fleet", "amount": 100, "currency": "EUR"})
    path = f"/deals/{deal['id']}"
    stranger.expect(404, "GET", path)
    stranger.expect(404, "GET", path, X_Organization_Id=str(owner.organization["id"]))
    member.headers.pop("X-Organization-Id")
    assert member.expect(400, "GET", path)["code"] == "ORGANIZATION_REQUIRED"
    member.work_in(owner.organization["id"])
    member.expect(200, "PATCH", f"{path}/stage", {"stage": "negotiation"})
    manager.expect(403, "PATCH", f"{path}/stage", {"stage": "lead"})
    owner.expect(200, "PATCH", f"{path}/stage", {"stage": "qualification"})
    note = member.expect(201, "POST", f"{path}/activities", {"type": "comment", "payload": {"text": "Keen."}})
    assert note["payload"] == {"text": "Keen."}
    member.expect(400, "POST", f"{path}/activities", {"type": "stage_changed", "payload": {"text": "no"}})
    won = member.expect(200, "PATCH", path, {"status": "won", "stage": "closed"})
    assert (won["status"], won["stage"]) == ("won", "won")
    member.expect(400, "PATCH", path, {"amount": 0})
    member.expect(403, "PATCH", f"{path}/status", {"status": "in_progress"})
    assert owner.expect(200, "PATCH", f"{path}/status", {"status": "in_progress"})["stage"] == "qualification"
    asked = "/deals?status=new&status=in_progress&min_amount=50&max_amount=150&order_by=amount&order=asc"
    found = manager.expect(200, "GET", asked)
    assert (found["total"], found["page"], found["page_size"]) == (1, 1, 20)
    assert manager.expect(200, "GET", f"/deals?owner_id={stranger.me['id']}")["items"] == []
    lost = {"status": "lost"}
    assert member.expect(400, "PATCH", f"{path}/status", lost)["errors"]["lost_reason_id"]
    reason = member.expect(200, "GET", "/lost-reasons")["items"][0]
    member.expect(200, "PATCH", f"{path}/status", lost | {"lost_reason_id": reason["id"]})


def test_system_e_members_and_their_tokens(newcomer):
    owner = newcomer().register("Ella", "Compose")
    here = f"/organizations/{owner.organization['id']}"
    admin = hired(newcomer, owner, "Ed", "admin")
    owner.expect(409, "POST", f"{here}/members", {"email": address("Ed"), "role": "member"})
    admin.expect(202, "POST", f"{here}/members", {"email": "new@journey.example", "role": "member"})
    waiting = admin.expect(200, "GET", f"{here}/invitations")["items"]
    assert [one["email"] for one in waiting] == ["new@journey.example"]
    admin.expect(204, "DELETE", f"{here}/invitations/{waiting[0]['id']}")
    members = owner.expect(200, "GET", f"{here}/members")["items"]
    assert {(one["name"], one["role"]) for one in members} == {("Ella Doe", "owner"), ("Ed Doe", "admin")}
    owner.expect(409, "DELETE", f"{here}/members/{owner.me['id']}")
    owner.expect(200, "PATCH", f"{here}/members/{admin.me['id']}", {"role": "viewer"})
    admin.expect(403, "POST", "/contacts", {"name": "Nobody"})
    token = owner.expect(201, "POST", "/auth/tokens", {"name": "Reports", "scopes": ["analytics:read"]})["token"]
    robot = newcomer()
    robot.headers = {"Authorization": f"Bearer {token}"}
    robot.expect(200, "GET", "/analytics/deals/summary")
    assert robot.expect(403, "GET", "/deals")["code"] == "SCOPE_MISSING"
    owner.expect(204, "DELETE", f"{here}/members/{admin.me['id']}")
    admin.expect(404, "GET", "/contacts")
    form = {"username": address("Ella"), "password": PASSWORD}
    pair = owner.client.post(f"{PREFIX}/token", data=form).json
    assert owner.client.get("/health").json == {"status": "ok"}
    owner.headers = {"Authorization": f"Bearer {pair['access_token']}"}
    owner.expect(204, "POST", "/auth/logout")
    owner.expect(401, "GET", "/auth/me")
