"""Child processes that never outlive this one, and an account for those that refuse to run as root.

Between us and the program stands this file itself, run as a script: it takes the account, asks the kernel to be
told of our death, and becomes the program. (`preexec_fn` would do the same, but not beside threads.)
"""
# ruff: noqa: S603, S606 - the commands are our own

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
CLONE_NEWUSER = 0x10000000
NOBODY = 65534


@dataclass(frozen=True)
class Account:
    """Whom a child runs as: ourselves, ourselves under a made-up name (in a namespace), or another user."""

    uid: int
    gid: int
    in_namespace: bool = False

    def wrap(self, *command: str, orphaned: int = signal.SIGKILL) -> list[str]:
        """The command that runs the command so; it gets the signal `orphaned` when this process dies (on Linux)."""
        orders = map(str, (os.getpid(), int(orphaned), self.uid, self.gid, int(self.in_namespace)))
        return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), *orders, *command]

    def works(self) -> bool:
        """Whether the system lets us be that."""
        trial = self.wrap(sys.executable, "-I", "-S", "-c", "")
        return subprocess.run(trial, check=False, capture_output=True).returncode == 0


def unprivileged_account(folder: Path) -> Account:
    """An account with a name, other than root, that may use the folder: ourselves, its owner, or nobody.

    Raises PermissionError where root can become nobody else.
    """
    owner, ourselves = folder.stat(), Account(os.geteuid(), os.getegid())
    if ourselves.uid != 0 and _has_name(ourselves.uid):
        return ourselves
    renamed = Account(ourselves.uid, ourselves.gid, in_namespace=True)
    if owner.st_uid == ourselves.uid and renamed.works():
        return renamed
    if ourselves.uid != 0:
        return ourselves
    nobody = pwd.getpwnam("nobody")
    heir = Account(owner.st_uid, owner.st_gid) if owner.st_uid else Account(nobody.pw_uid, nobody.pw_gid)
    if not heir.works():
        raise PermissionError(errno.EPERM, "root can't become another user here")
    return heir


def spawn(
    *command: str,
    account: Account | None = None,
    orphaned: signal.Signals = signal.SIGKILL,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = subprocess.STDOUT,
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, out of Ctrl-C's reach."""
    account = account or Account(os.geteuid(), os.getegid())
    return subprocess.Popen(
        account.wrap(*command, orphaned=orphaned),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env=env,
        cwd=cwd,
        process_group=0,
    )


def stop(*children: subprocess.Popen[bytes], ask: signal.Signals = signal.SIGTERM, patience: float) -> None:
    """Ask all children to end, wait `patience` seconds at most in all, then kill what is left of their groups."""
    for child in children:
        if child.poll() is None:
            child.send_signal(ask)
    deadline = time.monotonic() + patience
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, deadline - time.monotonic()))
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _enter_user_namespace() -> None:
    """Be nobody to the program itself and oneself to the kernel, so that every folder stays within reach."""
    uid, gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None).unshare(CLONE_NEWUSER) != 0:
        raise OSError("no user namespaces")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def _drop_to(uid: int, gid: int) -> None:
    """Become another user who may still pass through root's own folders, where the project may lie."""
    _prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if sys.platform == "linux":
        mask = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0))
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE)


def _prctl(option: int, *arguments: int) -> None:
    if sys.platform == "linux":
        four = (*arguments, 0, 0, 0, 0)[:4]
        ctypes.CDLL(None).prctl(option, *(ctypes.c_ulong(argument) for argument in four))


def _become(orders: list[str], command: list[str]) -> None:
    """Runs in the child: what `Account.wrap` has written down."""
    parent, orphaned, uid, gid, in_namespace = map(int, orders)
    if in_namespace:
        _enter_user_namespace()
    elif uid != os.geteuid():
        _drop_to(uid, gid)
    _prctl(PR_SET_PDEATHSIG, orphaned)  # last: a change of user clears it
    if os.getppid() != parent:
        sys.exit(1)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and what is ignored would stay so
    os.execvp(command[0], command)


if __name__ == "__main__":
    _become(sys.argv[1:6], sys.argv[6:])
