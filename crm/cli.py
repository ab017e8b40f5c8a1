"""flask crm …: what the operator does from a shell."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import Select, create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from crm import demo
from crm.accounts.models import User
from crm.accounts.operations import register_user
from crm.accounts.queries import user_with_email
from crm.config import ConfigurationError, flag, libpq_url
from crm.database import db, scope
from crm.errors import Refused
from crm.jobs import run_jobs
from crm.organizations.handbook import handbook
from crm.organizations.models import Membership, Organization
from crm.organizations.operations import found_organization, take_in
from crm.organizations.permissions import Role
from crm.pipelines.models import Pipeline
from crm.pipelines.operations import add_pipeline, first_pipeline
from crm.transfers.operations import import_deals
from crm.transfers.reading import BadRows

crm = AppGroup("crm", help="Operate the CRM.")


@contextmanager
def plain_errors() -> Iterator[None]:
    """A refusal or an unreachable database is one line, not a traceback."""
    try:
        yield
    except Refused as error:
        db.session.rollback()
        raise click.ClickException(error.message % error.values if error.values else error.message) from None
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", error)).strip().splitlines()
        raise click.ClickException(f"The database refused: {cause[0] if cause else error}") from None


def seen_by_operator(query: Select[Any]) -> Sequence[Any]:
    """What the tables' owner finds: row-level security hides nothing from it."""
    with create_engine(current_app.config["SETTINGS"].owner_database_url).connect() as connection:
        return connection.scalars(query).all()


def find_organization(text: str) -> Organization | None:
    """The one organization of that name or number; the session works in it then. The operator sees them all."""
    number = text.isdecimal()
    which = Organization.id == int(text) if number else func.lower(Organization.name) == text.strip().lower()
    ids = seen_by_operator(select(Organization.id).where(which))
    if len(ids) > 1:
        raise click.ClickException(
            f"Several organizations are called {text}: {', '.join(map(str, ids))}. Use a number."
        )
    if not ids:
        return None
    scope(db.session(), organization_id=ids[0])
    return db.session.get(Organization, ids[0])


def known_organization(text: str) -> Organization:
    """The same, refusing an unknown one."""
    if (found := find_organization(text)) is None:
        raise click.ClickException(f"There is no organization {text!r}.")
    return found


@crm.command("create-admin")
@click.option("-e", "--email", required=True)
@click.option("-p", "--password", required=True)
@click.option("-n", "--name", required=True)
@click.option("-o", "--organization", required=True, help="Made when there is none of that name.")
def create_admin(email: str, password: str, name: str, organization: str) -> None:
    """Make a user who owns an organization; running it again changes nothing."""
    with plain_errors():
        click.echo(ensure_admin(email, password, name, organization))


def ensure_admin(email: str, password: str, name: str, organization: str) -> str:
    """What was done, as a sentence. An existing user keeps the password, an existing membership its role."""
    session = db.session()
    user = session.scalar(user_with_email(email)) or register_user(session, email=email, name=name, password=password)
    found = find_organization(organization)
    if found is None:
        member = found_organization(session, organization, owner=user)
        first_pipeline(session, member.organization)
    else:
        member = session.get(Membership, (found.id, user.id)) or take_in(session, found, user, Role.ADMIN)
    session.commit()
    return f"{user.email} is {member.role} of {member.organization.name}."


def create_admin_on_startup(environ: Any = os.environ) -> None:
    """Does create-admin from ADMIN_EMAIL, ADMIN_PASSWORD, ADMIN_NAME and ADMIN_ORGANIZATION, when asked to."""
    if not flag(environ, "CREATE_ADMIN_ON_STARTUP", default=False):
        return
    names = ("ADMIN_EMAIL", "ADMIN_PASSWORD", "ADMIN_NAME", "ADMIN_ORGANIZATION")
    if missing := [name for name in names if not environ.get(name)]:
        raise ConfigurationError(f"CREATE_ADMIN_ON_STARTUP needs {', '.join(missing)}.")
    with plain_errors():
        ensure_admin(*(environ[name] for name in names))


@crm.command("init-pipeline")
@click.option("--organization", "-o", required=True, help="Name or number.")
@click.option("--name", "-n", default="New business", show_default=True)
def init_pipeline(organization: str, name: str) -> None:
    """Give an organization the pipeline with the usual stages."""
    with plain_errors():
        found = known_organization(organization)
        has_one = db.session.scalar(select(Pipeline.id).where(Pipeline.organization_id == found.id).limit(1))
        pipeline = (
            add_pipeline(db.session(), name, by=owner_of(found))
            if has_one
            else first_pipeline(db.session(), found, name)
        )
        db.session.commit()
        click.echo(f"{pipeline.name}: {', '.join(stage.name for stage in pipeline.stages)}")


def owner_of(organization: Organization) -> Membership:
    """An owner, in whose name commands act."""
    owners = select(Membership).where(Membership.organization_id == organization.id, Membership.role == Role.OWNER)
    found = db.session.scalars(owners.where(Membership.ended_at.is_(None)).order_by(Membership.user_id)).first()
    if found is None:
        raise click.ClickException("This organization has no owner.")
    return found


@crm.command("import-deals")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--organization", "-o", required=True, help="Name or number.")
def import_deals_command(file: Path, organization: str) -> None:
    """Load a file of opportunities and the lists beside it: all rows or none, and none twice."""
    with plain_errors():
        found = known_organization(organization)
        try:
            imported = import_deals(db.session(), file, by=owner_of(found))
        except BadRows as error:
            click.echo("\n".join(error.listing()), err=True)
            raise
        db.session.commit()
        click.echo(imported)


@crm.command("demo")
def demo_command() -> None:
    """Fill a database without organizations with the demo, and say how to sign in wherever there is one."""
    with plain_errors():
        if not seen_by_operator(select(Organization.id).limit(1)) and demo.fill_demo(db.session()):
            db.session.commit()
        owners = select(Membership.user_id).join(Membership.organization).join(Membership.user)
        if seen_by_operator(owners.where(Organization.name == demo.ORGANIZATION, User.email == demo.OWNER)):
            click.echo(f"Sign in as {demo.OWNER} with the password {demo.PASSWORD}")


@crm.command("permissions")
def permissions() -> None:
    """Print who may do what, as docs/permissions.md keeps it."""
    click.echo(handbook(), nl=False)


@crm.command("worker")
def worker() -> None:
    """Run background jobs until it is told to stop."""
    app = cast(Any, current_app)._get_current_object()
    run_jobs(app, libpq_url(app.config["SQLALCHEMY_DATABASE_URI"]))


def init_app(app: Flask) -> None:
    app.cli.add_command(crm)
