"""The project's own environment, for `make`: runs on a bare Python 3.11.

environment.py run     .venv with what the application needs
environment.py test    .venv with what the checks and tests need besides
environment.py browser print a Chromium or Chrome, installing Debian's where that is allowed
"""
# ruff: noqa: S603 - the commands are our own

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.sha256"
LOCKS = {"run": ("run", "test"), "test": ("test",)}  # what the tests need contains what a run needs
MACOS_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", MACOS_CHROME)
NO_BROWSER = (
    "No Chromium or Chrome was found: install one (Debian: apt-get install chromium) or name it with CHROMIUM=/path"
)


def main(wish: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that a running pip is ended too
    if wish == "browser":
        sys.stdout.write(f"{browser()}\n")
        if not shutil.which("curl"):  # with which a test runs the commands of docs/api.md
            install_package("curl")
        return
    with Path(__file__).open() as lock:  # two makes at once take turns
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current(wish):
            make_environment()
            install(wish)


def is_current(wish: str) -> bool:
    """Whether .venv works and was installed from this very lock, or from one that contains it."""
    installed = STAMP.read_text() if STAMP.exists() else ""
    return installed in [fingerprint(lock) for lock in LOCKS[wish]] and runs(venv_python(), "--version")


def make_environment() -> None:
    if runs(venv_python(), "-m", "pip", "--version"):
        return
    tell("Making .venv ...")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False, capture_output=True, text=True)
    if made.returncode != 0:
        refuse(f"{sys.executable} can't make .venv: {last_line(made.stderr or made.stdout)}")


def install(wish: str) -> None:
    """The stamp is written last: an interrupted installation is done again."""
    lock = f"requirements/{wish}.txt"
    tell(f"Installing {lock} into .venv, a minute or two the first time ...")
    STAMP.unlink(missing_ok=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    command = [venv_python(), "-m", "pip", "install", *options, "-r", str(ROOT / lock)]
    pip = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | {"PIP_USER": "0"})
    if pip.returncode != 0:
        refuse(f"{lock} could not be installed: {last_line(pip.stderr or pip.stdout)}")
    STAMP.write_text(fingerprint(wish))


def fingerprint(wish: str) -> str:
    return hashlib.sha256((ROOT / "requirements" / f"{wish}.txt").read_bytes()).hexdigest()


def venv_python() -> str:
    return str(VENV / "bin" / "python")


def browser() -> str:
    """A browser that really starts: some distributions put a stub in its place."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named) or named if runs(named, "--version") else refuse(f"CHROMIUM={named} does not start.")
    return find_browser() or install_browser() or refuse(NO_BROWSER)


def find_browser() -> str | None:
    paths = filter(None, map(shutil.which, BROWSERS))
    return next((path for path in paths if runs(path, "--version")), None)


def install_browser() -> str | None:
    tell("Installing Chromium for the browser tests ...")
    install_package("chromium")
    return find_browser()


def install_package(name: str) -> None:
    """Debian's package, where we may install it without asking for a password."""
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (rights and not runs(*rights, "true")):
        return
    apt = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    runs(*apt, "update")
    runs(*apt, "install", "--yes", name)


def runs(*command: str) -> bool:
    try:
        return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    except OSError:
        return False


def last_line(text: str) -> str:
    """The last complaint among what a program said."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it did not say why"]
    return next((line for line in reversed(lines) if "error" in line.lower()), lines[-1])


def tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def refuse(line: str) -> NoReturn:
    sys.exit(line)


if __name__ == "__main__":
    main(sys.argv[1])
