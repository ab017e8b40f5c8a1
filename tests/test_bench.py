"""The benchmark in its short form: that it runs, and what must hold on any machine. Times are for `bench/` to tell."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNTS = r"^%s: .*?(\d+) statements \((\d+) with 20 deals\), ([\d,]+) bytes$"
SCALE = r"^(.+?): .*?(\d+) statements \(of few: (\d+)\)$"


def test_board_and_move_take_few_statements_and_few_bytes_whatever_the_number_of_deals() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "bench.board", "2"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name, most_bytes in (("board", 15_000), ("move", 2_000)):
        found = re.search(COUNTS % name, told, re.M)
        assert found, told
        statements, with_few = int(found[1]), int(found[2])
        assert statements == with_few <= 8
        assert int(found[3].replace(",", "")) <= most_bytes


def test_a_board_with_many_deals_takes_the_statements_of_one_with_few() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "bench.scale", "1500", "1"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    found = {name: (int(many), int(few)) for name, many, few in re.findall(SCALE, told, re.M)}
    assert len(found) == 5, told
    assert all(many == few <= 8 for many, few in found.values()), told
