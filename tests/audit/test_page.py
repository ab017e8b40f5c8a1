"""The page of the audit log, and its download."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from crm.audit import sheet as sheets
from crm.audit.queries import PAGE
from crm.trail import AuditEntry, audit
from tests.test_pages_parse import parsed

HERE = "/settings/audit"


def happened(world, subject, *, kind="deal_deleted", by=None, **payload):
    by = by or world.max
    audit(world.session, kind, by=by, subject=subject, **payload)


def many(world, count):
    moments = [datetime.now(UTC) - timedelta(days=count - one) for one in range(count)]
    key = {"organization_id": world.acme.id, "actor_id": world.max.user_id, "kind": "deal_deleted"}
    world.session.add_all([AuditEntry(**key, subject=f"Deal-{n:03}.", at=at) for n, at in enumerate(moments)])
    world.session.commit()


def rows(answer):
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.mark.parametrize("who", ["olga", "adam"])
def test_owners_and_admins_read_the_log(world, browser, who):
    happened(world, "Scanners")
    world.session.commit()
    page = browser.as_(getattr(world, who)).get(HERE)
    assert "Deleted the deal Scanners" in page.text and 'href="/settings/audit"' in page.text
    parsed(page)


@pytest.mark.parametrize("who", ["mona", "max", "lena", "vera"])
def test_everyone_else_does_not(world, browser, who):
    person = browser.as_(getattr(world, who))
    assert person.get(HERE).status_code == person.post(f"{HERE}/download").status_code == 403
    assert f'href="{HERE}"' not in person.get("/settings/profile").text


def test_another_organization_s_entries_never_appear(world, browser):
    world.in_bolt()
    happened(world, "Secret", by=world.ruslan)
    world.session.commit()
    olga = browser.as_(world.olga)
    assert "Secret" not in olga.get(HERE).text
    assert "Secret" not in olga.get(f"{HERE}?person={world.ruslan.user_id}").text
    assert "Secret" not in olga.post(f"{HERE}/download").text


def test_filters_are_in_the_address(world, browser):
    happened(world, "Scanners")
    happened(world, "Jonas", kind="contact_deleted", by=world.mona)
    world.session.commit()
    olga = browser.as_(world.olga)
    for query in (f"person={world.mona.user_id}", "kind=contact_deleted"):
        page = olga.get(f"{HERE}?{query}").text
        assert "the contact Jonas" in page and "the deal Scanners" not in page


def test_a_period_counts_both_its_days(world, browser):
    many(world, 4)
    olga = browser.as_(world.olga)
    days = [(datetime.now(UTC) - timedelta(days=ago)).date().isoformat() for ago in (3, 2)]
    page = olga.get(f"{HERE}?since={days[0]}&until={days[1]}").text
    assert [f"Deal-{n:03}." in page for n in range(4)] == [False, True, True, False]


@pytest.mark.parametrize(
    "query",
    [
        "person=x",
        "person=99",
        "kind=x",
        "since=soon",
        "until=9999-12-31",
        "since=0001-01-01",
        "before=-1",
        f"after={'9' * 30}",
    ],
)
def test_what_an_address_can_t_mean_is_left_out(world, browser, query):
    happened(world, "Scanners")
    world.session.commit()
    assert "the deal Scanners" in browser.as_(world.olga).get(f"{HERE}?{query}").text


def test_pages_follow_each_other(world, browser):
    many(world, 2 * PAGE)
    olga = browser.as_(world.olga)
    ids = world.session.scalars(
        select(AuditEntry.id).where(AuditEntry.kind == "deal_deleted").order_by(AuditEntry.id)
    ).all()
    second = olga.get(f"{HERE}?kind=deal_deleted&before={ids[PAGE]}").text
    assert f"Deal-{PAGE - 1:03}." in second and f"Deal-{PAGE:03}." not in second and "Deal-000." in second
    first = olga.get(f"{HERE}?kind=deal_deleted&after={ids[PAGE - 1]}").text
    assert f"Deal-{PAGE:03}." in first and f"Deal-{PAGE - 1:03}." not in first


def test_the_number_of_statements_does_not_grow(world, browser, statements):
    olga = browser.as_(world.olga)
    counts = []
    for more in (5, 60):
        many(world, more)
        statements.clear()
        olga.get(HERE)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_download_has_the_same_filters_and_is_an_entry(world, browser):
    happened(world, "Scanners")
    happened(world, "Jonas", kind="contact_deleted")
    world.session.commit()
    olga = browser.as_(world.olga)
    answer = olga.post(f"{HERE}/download?kind=deal_deleted")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    (row,) = rows(answer)
    assert (row["Who"], row["What"]) == (world.max.name, "Deleted the deal Scanners")
    (entry,) = world.session.scalars(select(AuditEntry).where(AuditEntry.kind == "audit_exported"))
    assert (entry.actor_id, entry.payload) == (world.olga.user_id, {"filters": {"kind": "deal_deleted"}})


def test_a_download_that_is_refused_is_no_entry(world, browser):
    browser.as_(world.mona).post(f"{HERE}/download")
    world.in_acme()
    exported = select(func.count()).where(AuditEntry.kind == "audit_exported")
    assert world.session.scalar(exported.select_from(AuditEntry)) == 0


@pytest.mark.parametrize("sign", "=+-@")
def test_a_formula_is_defused(world, browser, sign):
    world.max.user.name = f"{sign}cmd"
    happened(world, "Scanners")
    world.session.commit()
    (row,) = rows(browser.as_(world.olga).post(f"{HERE}/download?kind=deal_deleted"))
    assert row["Who"] == f"'{sign}cmd"


def test_names_of_others_are_escaped(world, browser):
    happened(world, "<b>x</b> 100%")
    world.session.commit()
    assert "the deal &lt;b&gt;x&lt;/b&gt; 100%" in browser.as_(world.olga).get(HERE).text


def test_five_thousand_entries_are_sent_row_by_row(world, browser, statements):
    many(world, 5000)
    olga = browser.as_(world.olga)
    statements.clear()
    answer = olga.post(f"{HERE}/download?kind=deal_deleted")
    assert [row["What"] for row in rows(answer)] == [f"Deleted the deal Deal-{n:03}." for n in reversed(range(5000))]
    assert "Content-Length" not in answer.headers
    assert sum("FROM audit_entries" in one for one in statements) == 1


def test_the_rows_are_not_gathered_before_they_are_sent(world, app, monkeypatch):
    many(world, 5000)
    made = []
    monkeypatch.setattr(sheets, "sentence_of", lambda entry: made.append(entry) or entry.subject)
    entries = world.session.scalars(select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=1000))
    with app.test_request_context():
        lines = sheets.sheet(entries, {})
        assert [next(lines) for _ in range(4)][-1].startswith(made[-1].at.isoformat(timespec="seconds"))
        assert len(made) == 3
        lines.close()
    entries.close()


def test_a_download_that_breaks_off_is_an_entry_all_the_same(world, browser, monkeypatch):
    many(world, 3)

    def broken(entries, people):
        yield "the first line"
        raise RuntimeError("the cable")

    monkeypatch.setattr("crm.audit.routes.sheet", broken)
    with pytest.raises(RuntimeError, match="the cable"):
        browser.as_(world.olga).post(f"{HERE}/download")
    world.in_acme()
    assert world.session.scalars(select(AuditEntry).where(AuditEntry.kind == "audit_exported")).one()


def test_a_subject_that_is_a_formula_is_defused(world, browser):
    happened(world, "=cmd()", kind="team_lead_ended", team="North")
    world.session.commit()
    (row,) = rows(browser.as_(world.olga).post(f"{HERE}/download?kind=team_lead_ended"))
    assert row["What"] == "'=cmd() leads North no more"
