"""Deleting stages and pipelines: what becomes of their deals is decided here."""

from __future__ import annotations

from flask import Blueprint

settings = Blueprint("settings", __name__)
