"""Commands for the operator: right when run twice, one line when they can't."""

from __future__ import annotations

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from crm.accounts.models import User
from crm.cli import create_admin_on_startup
from crm.config import ConfigurationError
from crm.organizations.models import Membership
from crm.pipelines.models import Pipeline
from tests.world import PASSWORD


@pytest.fixture
def run(app, world, monkeypatch):
    """Runs a command in the test's own transaction; organizations are found there too."""
    from crm import cli

    def seen(query):
        from sqlalchemy import text

        world.session.execute(text("reset role"))
        found = world.session.execute(query).all()
        world.in_acme()
        return [row[0] if len(row) == 1 else row for row in found]

    monkeypatch.setattr(cli, "seen_by_operator", seen)
    runner = FlaskCliRunner(app)
    return lambda *words: runner.invoke(args=["crm", *words])


def owner(session, email):
    query = select(Membership).join(Membership.user).where(User.email == email)
    return session.scalars(query).one_or_none()


def test_create_admin_makes_user_organization_and_pipeline(run, world):
    done = run("create-admin", "-e", "ida@example.com", "-p", PASSWORD, "-n", "Ida", "-o", "Idaho")
    assert done.exit_code == 0, done.output
    ida = owner(world.session, "ida@example.com")
    assert (ida.role, ida.organization.name) == ("owner", "Idaho")
    names = world.session.scalars(select(Pipeline.name).where(Pipeline.organization_id == ida.organization_id)).all()
    assert names == ["New business"]


def test_create_admin_again_changes_nothing(run, world):
    words = ("create-admin", "-e", "ida@example.com", "-p", PASSWORD, "-n", "Ida", "-o", "Idaho")
    assert run(*words).output == run(*words).output
    assert len(world.session.scalars(select(User).where(User.email == "ida@example.com")).all()) == 1


def test_create_admin_joins_an_organization_that_is_there(run, world):
    done = run("create-admin", "-e", "ida@example.com", "-p", PASSWORD, "-n", "Ida", "-o", "acme")
    assert done.exit_code == 0 and "admin of Acme" in done.output


def test_a_weak_password_is_one_line(run):
    done = run("create-admin", "-e", "ida@example.com", "-p", "short", "-n", "Ida", "-o", "Idaho")
    assert done.exit_code == 1 and "at least" in done.output and "Traceback" not in done.output


def test_init_pipeline_gives_the_usual_stages(run, world):
    done = run("init-pipeline", "-o", str(world.acme.id), "-n", "Renewals")
    assert done.exit_code == 0
    assert "Renewals: New lead, Qualification, Proposal, Negotiation, Contract, Won, Lost" in done.output
    assert run("init-pipeline", "-o", str(world.acme.id), "-n", "Renewals").exit_code == 1


def test_an_unknown_organization_is_one_line(run):
    done = run("init-pipeline", "-o", "Nowhere")
    assert done.exit_code == 1 and "There is no organization" in done.output


def test_the_admin_on_startup_needs_all_four_words():
    create_admin_on_startup({})
    with pytest.raises(ConfigurationError, match="ADMIN_PASSWORD"):
        create_admin_on_startup({"CREATE_ADMIN_ON_STARTUP": "true", "ADMIN_EMAIL": "a@b.c"})
