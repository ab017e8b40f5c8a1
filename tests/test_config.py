"""Production refuses to start unsafe, in one sentence that names the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm.config import THREADS, ConfigurationError, Settings

ROOT = Path(__file__).parent.parent

SAFE = {"SECRET_KEY": "kq3Zr8-Xw1nVb6_TyU0pLmA7sDfGhJ9c", "DATABASE_URL": "postgresql://crm@db/crm"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY", "please-change-me-please-change-me-now"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:///crm.db"),
        ("CRM_ENV", "prod"),
        ("RATELIMIT_ENABLED", "maybe"),
        ("PROXIES", "-1"),
        ("DATABASE_POOL", "many"),
        ("WEBHOOKS_ALLOW_PRIVATE", "maybe"),
        ("WEBHOOKS_ALLOW_PRIVATE", "true"),
    ],
)
def test_an_unsafe_or_unknown_value_is_refused_by_name(variable, value):
    with pytest.raises(ConfigurationError) as refusal:
        Settings.from_environment(SAFE | {variable: value})
    assert variable in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_safe_environment_is_accepted_and_its_cookies_are_secure():
    settings = Settings.from_environment(SAFE)
    flask = settings.for_flask()
    assert settings.secure and flask["SESSION_COOKIE_SECURE"] and flask["SESSION_COOKIE_NAME"] == "__Host-crm"
    assert flask["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://crm@db/crm"


def test_development_does_without_a_key_of_its_own():
    assert Settings.from_environment({"CRM_ENV": "development", "DATABASE_URL": "postgres://x/y"}).secret_key


def test_webhooks_into_the_own_network_are_for_development():
    asked = {"DATABASE_URL": SAFE["DATABASE_URL"], "WEBHOOKS_ALLOW_PRIVATE": "true"}
    assert Settings.from_environment(asked | {"CRM_ENV": "development"}).webhooks_allow_private
    assert not Settings.from_environment(SAFE).webhooks_allow_private


def test_the_compose_file_passes_on_every_variable_of_the_example_and_both_name_the_same_threads():
    example, compose = ((ROOT / name).read_text() for name in (".env.example", "compose.yml"))
    variables = [line.partition("=")[0] for line in example.splitlines() if line and not line.startswith("#")]
    assert "WEB_STREAMS" in variables and all(f"${{{name}:" in compose for name in variables)
    assert f"WEB_THREADS={THREADS}\n" in example and f"${{WEB_THREADS:-{THREADS}}}" in compose
