"""Mail: what the environment must say, and that a message arrives whole."""

import pytest

from crm.config import ConfigurationError, Settings
from crm.mail import connected
from tests.people.sink import sink

BASE = {"CRM_ENV": "test", "DATABASE_URL": "postgresql://x@y/z"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"SMTP_URL": "http://mail", "MAIL_FROM": "crm@example.com"}, "SMTP_URL must start with"),
        ({"SMTP_URL": "smtp://mail"}, "MAIL_FROM is missing"),
    ],
)
def test_half_a_mail_server_is_refused_at_the_start(more, words):
    with pytest.raises(ConfigurationError, match=words):
        Settings.from_environment(BASE | more)


def test_without_a_server_nothing_is_asked():
    assert Settings.from_environment(BASE).smtp_url == ""


def test_a_message_with_a_dot_on_its_own_line_and_cyrillic_arrives_whole(app, monkeypatch):
    from dataclasses import replace

    from crm import mail

    with sink() as (url, letters), app.app_context():
        settings = replace(app.config["SETTINGS"], smtp_url=url, mail_from="crm@example.com")
        monkeypatch.setitem(app.config, "SETTINGS", settings)
        mail.send("anna@example.com", "Привет\r\nBcc: evil@example.com", "one\n.\nдва\n")
    assert letters[0].get_content().replace("\r", "") == "one\n.\nдва\n"
    assert letters[0]["Bcc"] is None and letters[0]["Subject"].startswith("Привет Bcc")


def test_a_server_that_is_away_is_an_error_for_the_job_to_try_again():
    with pytest.raises(OSError):
        connected("smtp://127.0.0.1:1")
