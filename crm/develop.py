"""`make run`: PostgreSQL, migrations, demo, web and worker from one terminal, for this machine only."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TextIO

import psycopg

from crm.child_process import spawn, stop
from crm.config import Settings, flag, libpq_url
from crm.embedded import EmbeddedPostgres, EmbeddedPostgresError, exclusive
from crm.listening import Listening, PortError

ROOT = Path(__file__).resolve().parent.parent
READY_PATIENCE, STOP_PATIENCE = 60.0, 3.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FLASK = ("flask", "--app", "wsgi")
NAMED_ERROR = re.compile(r"^[A-Za-z][\w.]*(Error|Exception): ")

Child = subprocess.Popen[bytes]


class CannotRunError(Exception):
    """The one line that tells the developer what is in the way."""


class Stopped(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal; raised wherever the launcher happens to be."""


@dataclass
class Launch:
    """One run: what the environment asks for, and what has been started so far."""

    environ: dict[str, str]
    folder: Path
    listening: Listening
    children: dict[str, Child] = field(default_factory=dict)
    postgres: EmbeddedPostgres | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Launch:
        """Raises PortError when PORT or HOST makes no sense."""
        listening = Listening.from_environment(environ)
        folder = Path(environ.get("CRM_DATA_DIR") or ROOT / ".data").resolve()
        ours = {"HOST": listening.host, "PORT": str(listening.port), "CRM_DATA_DIR": str(folder)}
        return cls({"CRM_ENV": "development", "PYTHONUNBUFFERED": "1"} | dict(environ) | ours, folder, listening)

    def run(self) -> None:
        """Start everything and stay until something ends; what was started is stopped again. Raises CannotRunError."""
        self.listening.check()
        self.claim_folder()
        with ExitStack() as stack:
            self.find_database(stack)
            stack.callback(self.stop)
            greeting = self.prepare()
            self.start("web server", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app")
            self.start("job worker", *FLASK, "crm", "worker")
            self.wait_until_ready()
            say(*greeting, f"Open {self.listening.address} in a browser. Ctrl-C stops everything.", to=sys.stdout)
            while True:
                self.watch()
                time.sleep(0.2)

    def claim_folder(self) -> None:
        """Make the data folder, and in it the key that signs this machine's sessions."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with exclusive(self.folder / "launch.lock"):
                self.environ["SECRET_KEY"] = self.environ.get("SECRET_KEY") or kept_key(self.folder / "secret_key")
        except (FileExistsError, NotADirectoryError) as error:
            raise CannotRunError(f"The data folder must be a folder, but {error.filename} is a file.") from None
        except OSError as error:
            raise CannotRunError(f"The data folder can't be used: {error.filename}: {error.strerror}.") from None

    def find_database(self, stack: ExitStack) -> None:
        """The server that DATABASE_URL names, else our own."""
        if self.environ.get("DATABASE_URL"):
            check_reachable(self.environ["DATABASE_URL"])
            return
        self.postgres = stack.enter_context(EmbeddedPostgres(self.folder / "postgres"))
        self.environ["DATABASE_URL"] = self.postgres.create_database("crm")
        self.environ.pop("DATABASE_OWNER_URL", None)

    def prepare(self) -> list[str]:
        """Migrate and fill the demo; returns how to sign in to it, if there is one."""
        Settings.from_environment(self.environ)
        with exclusive(self.folder / "launch.lock"):
            self.flask("db", "upgrade")
            return self.flask("crm", "demo")[-1:] if flag(self.environ, "DEMO", default=True) else []

    def flask(self, *command: str) -> list[str]:
        """The lines that a flask command prints. What a failing one says is kept in the data folder."""
        log = self.folder / f"{command[-1]}.log"
        with log.open("wb") as complaints:
            child = self.start("preparation", *FLASK, *command, stdout=subprocess.PIPE, stderr=complaints)
            printed, _ = child.communicate()
        del self.children["preparation"]
        if child.returncode != 0:
            reason = last_error(log.read_text(errors="replace"))
            raise CannotRunError(f"`flask {' '.join(command)}` failed: {reason} (more in {log})")
        return printed.decode(errors="replace").splitlines()

    def start(self, name: str, *module: str, stdout: int | None = None, stderr: IO[bytes] | None = None) -> Child:
        """A module of our Python as a child. Without `stderr` all that it says goes to our stdout."""
        command = [sys.executable, "-m", *module]
        errors = stderr or subprocess.STDOUT
        self.children[name] = spawn(*command, env=self.environ, cwd=ROOT, stdout=stdout, stderr=errors)
        return self.children[name]

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_PATIENCE
        while not self.listening.is_healthy():
            self.watch()
            if time.monotonic() > deadline:
                raise CannotRunError(f"The web server did not answer within {READY_PATIENCE:.0f} seconds.")
            time.sleep(0.1)

    def watch(self) -> None:
        """Raises CannotRunError when a part that should be running is not."""
        if self.postgres and not self.postgres.is_running():
            raise CannotRunError(f"PostgreSQL stopped unexpectedly; its log is {self.postgres.log}")
        for name, child in self.children.items():
            if child.poll() is not None:
                raise CannotRunError(f"The {name} stopped unexpectedly ({ending(child.returncode)}).")

    def stop(self) -> None:
        stop(*self.children.values(), patience=STOP_PATIENCE)


def kept_key(path: Path) -> str:
    """The secret in the file, made at the first call and readable by its owner only."""
    path.touch(mode=0o600)
    if not path.read_text().strip():
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


def check_reachable(url: str) -> None:
    """Raises CannotRunError when no PostgreSQL answers there. The URL itself is never shown: it may hold a password."""
    try:
        psycopg.connect(libpq_url(url), connect_timeout=5).close()
    except psycopg.OperationalError as error:
        raise CannotRunError(f"DATABASE_URL can't be reached: {' '.join(str(error).split())}") from None
    except psycopg.Error:
        raise CannotRunError("DATABASE_URL must look like postgresql://user:password@host/database.") from None


def last_error(text: str) -> str:
    """The line of a traceback or a message that says what happened."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith((" ", "["))]
    named = [line for line in lines if NAMED_ERROR.match(line)]
    return (named or lines or ["it said nothing"])[-1]


def ending(code: int) -> str:
    """A return code of subprocess in words."""
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def say(*lines: str, to: TextIO) -> None:
    to.write("".join(f"{line}\n" for line in lines))
    to.flush()


def on_signal(*_: object) -> None:
    """The first signal unwinds everything; those after it must not disturb the unwinding."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def main() -> int:
    """Run until something ends; 0 when that was wished for."""
    for number in SIGNALS:
        signal.signal(number, on_signal)
    try:
        Launch.from_environment(os.environ).run()
    except Stopped:
        return 0
    except (CannotRunError, PortError, EmbeddedPostgresError) as refusal:
        say(str(refusal), to=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
