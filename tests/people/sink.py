"""A mail server that keeps what it gets: as much SMTP as smtplib speaks."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class Talk(socketserver.StreamRequestHandler):
    """One connection: HELO to QUIT."""

    def handle(self) -> None:
        self.say("220 sink")
        while word := self.rfile.readline().split(b" ")[0].strip().upper():
            if word == b"DATA":
                self.say("354 go on")
                self.keep()
            self.say({b"QUIT": "221 bye"}.get(word, "250 fine"))
            if word == b"QUIT":
                return

    def keep(self) -> None:
        lines = list(iter(self.rfile.readline, b".\r\n"))
        letter = message_from_bytes(b"".join(line.removeprefix(b".") for line in lines), policy=policy.default)
        self.server.letters.append(letter)  # type: ignore[attr-defined]

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def sink() -> Iterator[tuple[str, list[EmailMessage]]]:
    """Its URL, and the letters that came."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.letters = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}", server.letters  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()
