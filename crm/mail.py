"""Sending mail: one message over SMTP, from a job. Nothing is sent where no server is set."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from flask import current_app

from crm.config import Settings

PATIENCE = 20


def settings() -> Settings:
    """The application's settings."""
    known: Settings = current_app.config["SETTINGS"]
    return known


def is_sent() -> bool:
    """Whether there is a server to send by; else what would be sent is shown."""
    return bool(settings().smtp_url)


def send(to: str, subject: str, text: str) -> None:
    """Raises OSError or SMTPException when the server can't be reached or refuses; the job tries again."""
    message = EmailMessage()
    message["From"], message["To"] = settings().mail_from, to
    message["Subject"] = " ".join(subject.split())
    message.set_content(text)
    with connected(settings().smtp_url) as server:
        server.send_message(message)


def connected(url: str) -> smtplib.SMTP:
    """Signed in when the URL has a user; encrypted from the start by smtps, else as soon as the server can."""
    parts = urlsplit(url)
    kind, port = (smtplib.SMTP_SSL, 465) if parts.scheme == "smtps" else (smtplib.SMTP, 587)
    server = kind(parts.hostname or "localhost", parts.port or port, timeout=PATIENCE)
    server.ehlo()
    if parts.scheme == "smtp" and server.has_extn("starttls"):
        server.starttls()
        server.ehlo()
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server
