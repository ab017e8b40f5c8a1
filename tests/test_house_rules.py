"""The house, held up by tests: what DESIGN asks of every module, route, table and template."""

from __future__ import annotations

import ast
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from flask import Flask
from jinja2 import Environment
from sqlalchemy import text

from crm.board.grouping import months
from crm.organizations.permissions import PERMISSIONS
from crm.tenancy import FINDERS

ROOT = Path(__file__).parent.parent
CRM = ROOT / "crm"
TEMPLATES = ROOT / "templates"
MODULES = sorted(CRM.rglob("*.py"))
PAGES = sorted(TEMPLATES.rglob("*.html"))
EDGES = {"routes.py", "api.py", "cli.py", "jobs.py", "commands.py", "companies.py", "settings.py", "stages.py"}
EDGES |= {"sessions.py", "invitations.py", "teams.py", "handing.py", "calls.py", "updates.py"}
NOT_TENANT = {"users", "user_sessions", "refresh_tokens", "organizations", "alembic_version", "rate_limits"}


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("path", MODULES, ids=names(MODULES))
def test_a_module_has_at_most_two_hundred_lines(path):
    assert len(path.read_text().splitlines()) <= 200, "split it where a noun of its own begins"


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_a_template_has_at_most_sixty_lines(path):
    assert len(path.read_text().splitlines()) <= 60, "make a part of what stands alone"


def functions() -> list[int]:
    lengths = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                body = [
                    one for one in node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
                ]
                lengths.append((body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0)
    return sorted(lengths)


def test_functions_are_short():
    lengths = functions()
    assert lengths[len(lengths) // 2] <= 5, "the median function has at most five lines"
    assert lengths[int(len(lengths) * 0.9)] <= 15, "nine of ten have at most fifteen"


def test_only_the_edges_commit():
    guilty = [path for path in MODULES if path.name not in EDGES and ".commit()" in path.read_text()]
    assert not guilty, "commit is one visible line in routes, api, jobs and cli"


def test_nothing_is_called_util_or_helper():
    bad = re.compile(r"(^|_)(utils?|helpers?|common|misc|services?|managers?)$")
    assert not [path for path in CRM.rglob("*") if bad.search(path.stem)]


def test_every_view_says_who_may_call_it(app: Flask):
    known = {*PERMISSIONS, "public", "signed in"}
    silent = {
        name: getattr(view, "permission", None)
        for name, view in app.view_functions.items()
        if name != "static" and getattr(view, "permission", None) not in known
    }
    assert not silent, "declare it: @requires('records.view'), @signed_in or @public"


def test_every_record_that_an_address_names_is_looked_for_before_the_role_refuses(app: Flask):
    guarded = [rule for rule in app.url_map.iter_rules() if is_guarded(app.view_functions[rule.endpoint])]
    unknown = {
        (rule.rule, name)
        for rule in guarded
        for name in rule.arguments
        if re.search(rf"<int(\([^)]*\))?:{name}>", rule.rule) and name not in FINDERS
    }
    assert len(guarded) > 60 and not unknown, "tell the slice's routes who finds it: names('deal_id', deal_of)"


def is_guarded(view: object) -> bool:
    return getattr(view, "permission", None) in PERMISSIONS


def test_every_tenant_table_is_fenced(session):
    tables = {
        name
        for (name,) in session.execute(text("select tablename from pg_tables where schemaname = 'public'"))
        if name not in NOT_TENANT and not name.startswith("procrastinate_")
    }
    assert len(tables) >= 13
    for table in tables:
        fenced = session.execute(
            text("""
            select c.relrowsecurity, a.attnotnull,
              (select count(*) from pg_policy p where p.polrelid = c.oid) as policies
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
            where c.relname = :table and c.relnamespace = 'public'::regnamespace"""),
            {"table": table},
        ).one_or_none()
        assert fenced is not None and fenced.relrowsecurity and fenced.attnotnull and fenced.policies, table


def test_every_key_of_a_tenant_table_contains_the_organization(session):
    rows = session.execute(
        text("""
        select c.conrelid::regclass::text as "table", c.conname as name, c.contype::text as kind, f.relname as target,
          array(select attname from pg_attribute
                where attrelid = c.conrelid and attnum = any(c.conkey))::text[] as columns
        from pg_constraint c left join pg_class f on f.oid = c.confrelid
        where c.contype in ('p', 'u', 'f') and c.connamespace = 'public'::regnamespace
        union all
        select i.indrelid::regclass::text, i.indexrelid::regclass::text, 'u', null,
          array(select attname from pg_attribute where attrelid = i.indrelid and attnum = any(i.indkey::int[]))::text[]
        from pg_index i join pg_class k on k.oid = i.indrelid
        where i.indisunique and k.relnamespace = 'public'::regnamespace
    """)
    ).all()
    loose = [
        (row.table, row.name)
        for row in rows
        if row.table not in NOT_TENANT
        and not row.table.startswith("procrastinate_")
        and "organization_id" not in row.columns
        and row.target != "users"
    ]
    assert not loose


def test_the_application_owns_no_table_and_bypasses_nothing(session):
    assert session.scalar(text("select current_user")) == "crm_app"
    owned = "select count(*) from pg_tables where schemaname = 'public' and tableowner = current_user"
    assert session.scalar(text(owned)) == 0
    assert session.scalar(text("select rolbypassrls or rolsuper from pg_roles where rolname = current_user")) is False


class Roots(HTMLParser):
    """Counts the elements at the top of a part, and whether the first has an id."""

    VOID = {"input", "br", "hr", "img", "meta", "link", "source", "use", "rect", "path", "line"}

    def __init__(self) -> None:
        super().__init__()
        self.depth, self.roots = 0, []

    def handle_starttag(self, tag, attrs):
        if self.depth == 0:
            self.roots.append(dict(attrs))
        if tag not in self.VOID:
            self.depth += 1

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            self.depth -= 1

    def handle_startendtag(self, tag, attrs):
        if self.depth == 0:
            self.roots.append(dict(attrs))


PARTS = [path for path in PAGES if path.name.startswith("_")]


@pytest.mark.parametrize("path", PARTS, ids=names(PARTS))
def test_a_part_is_one_element_with_an_id(path):
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", path.read_text(), flags=re.S)
    parser = Roots()
    parser.feed(re.sub(r"\{\{.*?\}\}", "x", source, flags=re.S))
    assert len(parser.roots) == 1 and "id" in parser.roots[0], parser.roots


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_all_words_go_through_gettext(path):
    tokens = Environment().lex(path.read_text())
    markup = "".join(value if kind == "data" else "\x01" for _, kind, value in tokens)
    markup = re.sub(r"\x01+", "\x01", markup)
    bare = re.sub(r'<(?:[^<>"]|"[^"]*")*>|[\w-]+="[^"]*"|&\w+;|\b(page--\w+|required|mailto:|tel:)', " ", markup)
    assert not re.search(r"[^\W\d_]{2,}", bare), bare.split()
    spoken = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"\x01]*[A-Za-z][^"\x01]*)"', markup)
    assert not spoken


def test_the_words_of_columns_are_found_by_what_collects_words_for_translators():
    found = extract_from_file("python", CRM / "board" / "grouping.py")
    names = {group.name for group in months(date(2026, 11, 29)) if group.month is None}
    assert names and names <= {words for _line, words, *_rest in found}


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_nothing_is_inline_in_a_template(path):
    source = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|hx-on|hx-vals=\"js:", source)


def test_the_schema_is_what_the_models_say(app: Flask, session):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from crm.database import db

    def ours(item, name, kind, reflected, compare_to):
        foreign = name is not None and (name.startswith("procrastinate_") or name in ("rate_limits", "alembic_version"))
        return not (kind == "table" and foreign)

    context = MigrationContext.configure(session.connection(), opts={"include_object": ours, "compare_type": True})
    assert compare_metadata(context, db.metadata) == []


def test_lock_files_and_sources_hold_no_address_of_a_registry():
    locks = list((ROOT / "requirements").glob("*.txt"))
    assert locks and not [path for path in locks if re.search(r"https?://", path.read_text())]


def test_no_two_macros_have_one_name():
    sources = [path.read_text() for path in (TEMPLATES / "ui").glob("*.html")]
    found = [name for source in sources for name in re.findall(r"macro (\w+)", source)]
    assert sorted(found) == sorted(set(found))
