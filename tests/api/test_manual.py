"""docs/api.md: its commands run exactly as they are printed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

from tests.browser.server import serving
from tests.databases import new_database
from tests.test_house_rules import ROOT

MANUAL = (ROOT / "docs" / "api.md").read_text()


def test_the_ten_calls_run_as_printed(request, tmp_path):
    assert shutil.which("curl"), "the manual's commands need curl (Debian: apt-get install curl)"
    blocks = re.findall(r"```sh\n(.*?)```", MANUAL, re.DOTALL)
    script = "\necho\n".join(["set -euo pipefail", *blocks])
    with serving(new_database(request.config, "manual"), tmp_path / "log") as server:
        environ = {"PATH": os.environ["PATH"], "CRM": server.address}
        bash = ["bash", "-c", script]
        done = subprocess.run(bash, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    funnel = json.loads(done.stdout.strip().splitlines()[-1])
    assert [one["count"] for one in funnel["stages"]] == [1] * 6


def test_there_are_ten():
    assert len(re.findall(r"^\d+\. ", MANUAL, re.MULTILINE)) == 10
