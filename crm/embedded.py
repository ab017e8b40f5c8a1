"""PostgreSQL as a child process: development, the demo and the tests need no server of their own.

Only a socket in a private folder is opened, no port; Linux and macOS.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from crm import cluster
from crm.child_process import Account, spawn, stop, unprivileged_account
from crm.cluster import EmbeddedPostgresError

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "exclusive"]

PORT = 5432
LONGEST_SOCKET_FOLDER = 80  # a socket's whole path may have about 104 bytes
START_PATIENCE, STOP_PATIENCE = 60.0, 10.0
LASTING = {"listen_addresses": "", "port": str(PORT), "max_connections": "200", "timezone": "UTC"}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
STILL_CLOSING = ("already exists", "still in use")  # said of a former server's pid file and memory
CRASHING = ("terminating any other active server processes",)  # a damaged server may go on like this for ever


class EmbeddedPostgres:
    """One PostgreSQL server on one folder; a second start on the same folder shares the running server.

    `throwaway` trades durability for speed and deletes the folder on stop. Beside the folder lie its log and lock.
    """

    def __init__(self, folder: Path, *, throwaway: bool = False) -> None:
        self.folder = folder.resolve()
        self.throwaway = throwaway
        self.socket_folder = _socket_folder(self.folder)
        self.log = self.folder.with_name(f"{self.folder.name}.log")
        self.lock = self.folder.with_name(f"{self.folder.name}.lock")
        self.pid = 0
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: str) -> str:
        """A libpq URL of one of the server's databases."""
        return _url(self.socket_folder, database)

    def start(self) -> None:
        """Return when the server answers. Raises EmbeddedPostgresError."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with exclusive(self.lock):
                self._start()
        except (FileExistsError, NotADirectoryError) as error:
            raise EmbeddedPostgresError(f"The data folder must be a folder, but {error.filename} is a file.") from error
        except OSError as error:
            place, reason = error.filename or self.folder, error.strerror or error
            raise EmbeddedPostgresError(f"PostgreSQL can't use {place}: {reason}.") from error

    def stop(self) -> None:
        """End the server if this object started it, and remove what it left in the temporary folder."""
        if self._server is None:
            return
        with exclusive(self.lock):
            self._end(self._server, signal.SIGQUIT if self.throwaway else signal.SIGINT)
        if self.throwaway:
            shutil.rmtree(self.folder, ignore_errors=True)

    def is_running(self) -> bool:
        """Whether the server that `start` began or found is still there."""
        return self._server.poll() is None if self._server else psutil.pid_exists(self.pid)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make the database unless it exists, as a copy of the template if one is named; returns its URL."""
        copy = sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template)) if template else sql.SQL("")
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
                connection.execute(sql.SQL("CREATE DATABASE {}{}").format(sql.Identifier(name), copy))
        return self.url(name)

    def _start(self) -> None:
        account = unprivileged_account(self.folder)
        if any(self.folder.iterdir()):
            cluster.check_version(self.folder)
        else:
            cluster.create(self.folder, account, sync=not self.throwaway)
        deadline = time.monotonic() + START_PATIENCE
        while not (self._shares() or self._launches(account, deadline)):
            if time.monotonic() > deadline or not self._log_says(*STILL_CLOSING):
                raise EmbeddedPostgresError(cluster.diagnosis(self.folder, self.log))
            time.sleep(0.1)

    def _shares(self) -> bool:
        """Use the server that another run has started on the folder, if there is one."""
        other = cluster.postmaster_of(self.folder)
        if other is None or not _answers(other.socket_folder):
            return False
        self.pid, self.socket_folder = other.pid, other.socket_folder
        return True

    def _launches(self, account: Account, deadline: float) -> bool:
        """Start a server and wait for its answer; whatever interrupts the wait ends the server too."""
        cluster.forget_crash(self.folder)
        _claim(self.socket_folder, account)
        self._server = server = self._spawn(account)
        self.pid = server.pid
        try:
            while server.poll() is None and time.monotonic() < deadline and not self._log_says(*CRASHING):
                if _answers(self.socket_folder):
                    return True
                time.sleep(0.02)
        except BaseException:
            self._end(server, signal.SIGINT)
            raise
        self._end(server, signal.SIGQUIT)
        return False

    def _spawn(self, account: Account) -> subprocess.Popen[bytes]:
        settings = LASTING | {"unix_socket_directories": str(self.socket_folder)}
        settings |= THROWAWAY if self.throwaway else {}
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = [str(cluster.binary("postgres")), "-D", str(self.folder), *options]
        with self.log.open("wb") as log:
            return spawn(*command, account=account, orphaned=signal.SIGINT, stdout=log)

    def _end(self, server: subprocess.Popen[bytes], ask: signal.Signals) -> None:
        """SIGINT rolls back and writes everything down, SIGQUIT gives up at once; either is safe."""
        self._server = None
        stop(server, ask=ask, patience=STOP_PATIENCE)
        shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _log_says(self, *signs: str) -> bool:
        log = self.log.read_text(errors="replace")
        return any(sign in log for sign in signs)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock file, so that two runs don't prepare the same thing at once. Closing the file drops the lock."""
    path.parent.mkdir(parents=True, exist_ok=True)  # someone may have deleted it while we ran
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _socket_folder(folder: Path) -> Path:
    """A short path made from the data folder's: project folders may lie too deep for a socket."""
    name = f"crm-{os.geteuid()}-{hashlib.sha256(bytes(folder)).hexdigest()[:12]}"
    place = Path(tempfile.gettempdir()) / name
    return place if len(bytes(place)) <= LONGEST_SOCKET_FOLDER else Path("/tmp") / name  # noqa: S108 - made private by _claim


def _claim(socket_folder: Path, account: Account) -> None:
    """Nobody is asked for a password, so the folder itself is the lock: it must be ours alone."""
    shutil.rmtree(socket_folder, ignore_errors=True)
    try:
        socket_folder.mkdir(mode=0o700)
    except FileExistsError:
        raise EmbeddedPostgresError(f"{socket_folder} belongs to someone else: set TMPDIR to another folder.") from None
    os.chown(socket_folder, account.uid, account.gid)


def _url(socket_folder: Path, database: str) -> str:
    return f"postgresql://{cluster.USER}@/{quote(database)}?host={quote(str(socket_folder), safe='')}&port={PORT}"


def _answers(socket_folder: Path) -> bool:
    try:
        psycopg.connect(_url(socket_folder, "postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
