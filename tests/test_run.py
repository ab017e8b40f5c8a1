"""`make run` from start to end: what it prints, what it leaves behind, and how it fails."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 180


class Run:
    """A launcher on a port of its own; the data folder is shared, so each start follows another one's end."""

    def __init__(self, folder: Path, log: Path, **environ: str) -> None:
        self.folder = folder
        self.printed, self.complained = log / "stdout", log / "stderr"
        self.port = environ.setdefault("PORT", str(free_port()))
        settings = {"CRM_DATA_DIR": str(folder), "DEMO": "false", "WEB_WORKERS": "1", "HOME": ""}
        unset = ("DATABASE_URL", "DATABASE_OWNER_URL", "CRM_ENV", "SECRET_KEY", "HOST")
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        with self.printed.open("wb") as stdout, self.complained.open("wb") as stderr:
            command = [sys.executable, "-m", "crm.develop"]
            environ = inherited | settings | environ
            self.launcher = subprocess.Popen(command, cwd=ROOT, stdout=stdout, stderr=stderr, env=environ)

    def until_ready(self) -> Run:
        deadline = time.monotonic() + PATIENCE
        while f"http://127.0.0.1:{self.port}" not in self.printed.read_text():
            assert self.launcher.poll() is None, self.complained.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.family = psutil.Process(self.launcher.pid).children(recursive=True)
        return self

    def child(self, words: str) -> psutil.Process:
        return next(child for child in self.family if words in " ".join(child.cmdline()))

    def end(self) -> tuple[int, list[str]]:
        """The exit code and what stands on stderr."""
        return self.launcher.wait(PATIENCE), self.complained.read_text().splitlines()

    def left_behind(self) -> list[object]:
        survivors = psutil.wait_procs(self.family, timeout=5)[1]
        running = [process for process in survivors if process.status() != psutil.STATUS_ZOMBIE]
        return [*running, *self.folder.glob("postgres/postmaster.pid")]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / ".data"


@pytest.fixture(scope="module")
def latest(folder: Path) -> Iterator[list[Run]]:
    """The last launcher that was started; it ends with the module at the latest."""
    started: list[Run] = []
    yield started
    for run in started:
        run.launcher.terminate()
        run.launcher.wait(PATIENCE)


@pytest.fixture
def run(folder: Path, tmp_path: Path, latest: list[Run]) -> Run:
    """A running launcher: that of the test before, if it has left it alone."""
    if not latest or latest[-1].launcher.poll() is not None:
        latest[:] = [Run(folder, tmp_path)]
        latest[-1].until_ready()
    return latest[-1]


def refusal(tmp_path: Path, **environ: str) -> str:
    code, lines = Run(tmp_path / ".data", tmp_path, **environ).end()
    assert (code, len(lines)) == (1, 1), lines
    return lines[0]


def test_two_runs_on_one_folder_share_the_database(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Run(run.folder, tmp_path / "other").until_ready()
    other.launcher.terminate()
    assert other.end() == (0, [])
    assert run.launcher.poll() is None


def test_it_serves_the_sign_in_page_and_leaves_nothing_behind(run: Run) -> None:
    with urlopen(f"http://127.0.0.1:{run.port}/sign-in") as page:
        assert page.status == 200
    assert (run.folder / "secret_key").stat().st_mode & 0o077 == 0
    begun = time.monotonic()
    run.launcher.send_signal(signal.SIGTERM)
    assert run.end() == (0, [])
    assert time.monotonic() - begun < 15  # less than the grace that open event streams would be given
    assert run.left_behind() == []


@pytest.mark.parametrize(
    ("victim", "words"),
    [("gunicorn", "The web server stopped"), ("worker", "The job worker stopped"), ("postgres", "PostgreSQL stopped")],
)
def test_a_killed_part_is_named_and_the_rest_is_stopped(run: Run, victim: str, words: str) -> None:
    run.child(victim).send_signal(signal.SIGKILL)
    code, lines = run.end()
    assert code == 1
    assert len(lines) == 1
    assert lines[0].startswith(words)
    (run.folder / "postgres" / "postmaster.pid").unlink(missing_ok=True)  # a killed PostgreSQL leaves it
    assert run.left_behind() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_everything_ends_when_the_launcher_is_killed(run: Run) -> None:
    run.launcher.kill()
    assert run.left_behind() == []


def test_a_port_in_use_is_one_line_that_names_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert refusal(tmp_path, PORT=str(port)).startswith(f"Port {port} is in use")


def test_a_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".data").write_text("")
    assert ".data is a file" in refusal(tmp_path)


def test_a_folder_that_holds_something_else_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".data" / "postgres" / "holiday").mkdir(parents=True)
    assert "holds no complete PostgreSQL database" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "http", "PORT must be a number"),
        ("PORT", "70000", "PORT must be a number"),
        ("HOST", "nowhere.invalid", "HOST 'nowhere.invalid' is no address"),
        ("DATABASE_URL", "postgresql://crm:hidden@127.0.0.1:1/crm", "DATABASE_URL can't be reached"),
        ("DATABASE_URL", "sqlite:///hidden.db", "DATABASE_URL must look like"),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_line(tmp_path: Path, name: str, value: str, words: str) -> None:
    line = refusal(tmp_path, **{name: value})
    assert line.startswith(words)
    assert "hidden" not in line


def test_production_refuses_to_start_without_a_key_in_one_line() -> None:
    environ = {"PATH": os.environ["PATH"], "PORT": str(free_port()), "DATABASE_URL": "postgresql://nowhere/crm"}
    command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
    web = subprocess.run(command, check=False, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=PATIENCE)
    assert web.returncode == 1
    assert web.stderr.startswith("SECRET_KEY is missing")
    assert web.stderr.count("\n") == 1
