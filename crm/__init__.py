"""The CRM: `create_app` puts the settings, the extensions and the slices together."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_compress import Compress
from flask_migrate import Migrate
from htmx_flask import Htmx
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from crm.config import Settings

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application. Raises ConfigurationError with one sentence when it can't start safely."""
    settings = settings or Settings.from_environment()
    app = Flask("crm", root_path=str(ROOT))
    app.config.from_mapping(settings.for_flask(), SETTINGS=settings, MIGRATIONS=ROOT / "migrations")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, *[settings.proxies] * 4)  # type: ignore[method-assign]
    extend(app, settings)
    register_slices(app)
    return app


def extend(app: Flask, settings: Settings) -> None:
    """Extensions and what stands beside the slices. Logs come first: they time the request."""
    from crm import assets, hypermedia, installed, limits, live, logs, outbox, pages, pool, security, sessions, tenancy
    from crm import words as wording
    from crm.accounts.passwords import passwords
    from crm.database import db
    from crm.timeline import sentences

    logs.init_app(app, quiet=settings.environment == "test")
    passwords.pepper = settings.pepper
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"))
    Htmx(app)
    Compress(app)
    parts = (pool, security, sessions, limits, tenancy, hypermedia, wording, assets, sentences, pages)
    for part in (*parts, live, installed, outbox):
        part.init_app(app)


def register_slices(app: Flask) -> None:
    """Every slice's pages, and the commands."""
    from crm import cli, health
    from crm.accounts.routes import accounts
    from crm.accounts.settings import tokens
    from crm.audit.routes import audit
    from crm.board import drawn, news
    from crm.board.routes import board
    from crm.board.updates import updates
    from crm.contacts.companies import companies
    from crm.contacts.routes import contacts
    from crm.deals.routes import deals
    from crm.deals.settings import settings
    from crm.organizations.routes import organizations
    from crm.organizations.settings import organization
    from crm.people.handing import distribution
    from crm.people.invitations import invitations
    from crm.people.routes import leaving, people
    from crm.people.teams import teams
    from crm.pipelines.routes import pipelines
    from crm.registration.routes import registration
    from crm.tasks.routes import tasks
    from crm.webhooks.routes import webhooks

    for blueprint in (
        accounts,
        tokens,
        organizations,
        organization,
        board,
        updates,
        deals,
        tasks,
        contacts,
        companies,
        pipelines,
        settings,
        people,
        leaving,
        invitations,
        teams,
        distribution,
        webhooks,
        audit,
        registration,
    ):
        app.register_blueprint(blueprint)
    health.init_app(app)
    news.init_app(app)
    drawn.init_app(app)
    register_api(app)
    cli.init_app(app)


def register_api(app: Flask) -> None:
    """What programs may ask, in the order of the document."""
    from crm.accounts.api import auth
    from crm.api import routes
    from crm.board.api import boards
    from crm.contacts.api import contacts
    from crm.contacts.api_companies import companies
    from crm.contacts.api_tags import tags
    from crm.deals.api import deals
    from crm.deals.api_activities import reports
    from crm.deals.api_deletion import deletion
    from crm.deals.api_moves import moves
    from crm.organizations.api import organizations
    from crm.organizations.api_currencies import currencies
    from crm.people.api import members
    from crm.people.api_distribution import distribution
    from crm.people.api_invitations import invitations
    from crm.people.api_teams import teams
    from crm.pipelines.api import pipelines
    from crm.pipelines.api_reasons import reasons
    from crm.registration.api import founding, registration
    from crm.reports.api import analytics, statistics
    from crm.tasks.api import tasks
    from crm.timeline.api import activities
    from crm.webhooks.api import webhooks

    people = (registration, auth, organizations, founding, members, invitations, teams)
    records = (contacts, companies, distribution, tags, currencies)
    selling = (pipelines, deletion, boards, reasons, deals, moves, statistics, tasks, reports, activities, analytics)
    routes.init_app(app, (*people, *records, *selling, webhooks))
