"""Vendored front-end files are the published ones, byte for byte."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
VENDOR = ROOT / "static" / "vendor"
LISTED: dict[str, list[dict[str, str]]] = json.loads((VENDOR / "vendor.json").read_text())
PACKAGES = [package for packages in LISTED.values() for package in packages]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_a_vendored_file_has_the_listed_hash(package: dict[str, Any]) -> None:
    digest = hashlib.sha384((ROOT / package["file"]).read_bytes()).digest()
    assert base64.b64encode(digest).decode() == package["sha384"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_a_vendored_file_names_its_version_and_licence(package: dict[str, Any]) -> None:
    assert package["version"] and package["licence"]


def test_every_vendored_file_is_listed() -> None:
    present = {path.relative_to(ROOT).as_posix() for path in VENDOR.iterdir() if path.name != "vendor.json"}
    assert present == {package["file"] for package in LISTED["shipped"]}


def test_the_list_holds_no_download_address() -> None:
    assert "://" not in (VENDOR / "vendor.json").read_text()
