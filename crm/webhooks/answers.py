"""A stranger's answer, in rations: how much of it is read, how much kept, and when it wants to be asked again."""

from __future__ import annotations

import contextlib
import io
import socket
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import Any

MOST_READ, MOST_KEPT = 64 * 1024, 4 * 1024


class Ration(io.RawIOBase):
    """What comes over the line until it is enough, headers and all; then it seems to have ended."""

    def __init__(self, line: socket.socket) -> None:
        self.line, self.left = line, MOST_READ

    def sendall(self, content: bytes) -> None:
        self.line.sendall(content)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def close(self) -> None:
        """Who opened the line closes it: the headers are read before the body is."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        came = self.line.recv_into(buffer, min(len(buffer), self.left)) if self.left else 0
        self.left -= came
        return came


def text_of(response: HTTPResponse) -> str:
    """As much as came; once there is a status, a body that breaks off changes nothing."""
    read = bytearray()
    with contextlib.suppress(OSError, HTTPException, ValueError):
        while len(read) < MOST_READ and (part := response.read1(MOST_READ - len(read))):
            read += part
    return bytes(read[:MOST_KEPT]).decode(errors="replace").replace("\x00", "\ufffd")


def seconds(retry_after: str | None) -> float | None:
    """A number of seconds or a date; None for anything else."""
    value = (retry_after or "").strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    with contextlib.suppress(ValueError, TypeError):
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
    return None
