"""A receiver of webhooks on loopback: keeps what comes, answers as told, and verifies as the specification says."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answer` decides, given what came; by default everything is fine."""

    url: str = ""
    answer: Callable[[Received], Answer] = lambda _: (204, {}, b"")
    got: list[Received] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.got]


class Asked(BaseHTTPRequestHandler):
    """One request. It speaks HTTP/1.0: no connection is kept."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.receiver.got.append(received)  # type: ignore[attr-defined]
        status, headers, content = self.server.receiver.answer(received)  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(content)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Who asked may be gone: killed, or out of patience."""


@contextlib.contextmanager
def receiving(wrap: Callable[[socket.socket], socket.socket] | None = None) -> Iterator[Receiver]:
    """Listens on loopback until the block ends; `wrap` puts TLS around it."""
    with Server(("127.0.0.1", 0), Asked) as server:
        server.socket = wrap(server.socket) if wrap else server.socket
        server.receiver = receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook")  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def dripping(drops: bytes, every: float) -> Iterator[str]:
    """A server that takes one connection after the other and answers byte by byte for ever; its URL."""
    over = threading.Event()

    def drip(line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            line.sendall(drops)
            while not over.wait(every):
                line.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accepting, args=(listener, drip), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        over.set()


def accepting(listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    with contextlib.suppress(OSError):
        while True:
            line, _ = listener.accept()
            threading.Thread(target=serve, args=(line,), daemon=True).start()


class Tripwire:
    """Listens where nobody may knock. `touched` asks the kernel's queue, so a knock that hung up is seen too."""

    def __init__(self, family: int = socket.AF_INET, host: str = "127.0.0.1", port: int = 0) -> None:
        self.socket = socket.create_server((host, port), family=family)
        self.socket.setblocking(False)
        self.port = int(self.socket.getsockname()[1])

    @property
    def touched(self) -> bool:
        try:
            self.socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True


def verified(received: Received, secret: str, *, now: float | None = None) -> bool:
    """What a receiver does, written from the specification and not from our code."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    moment = received.headers["webhook-timestamp"]
    if abs((now or time.time()) - int(moment)) > 300:
        return False
    signed = f"{received.id}.{moment}.".encode() + received.body
    expected = base64.b64encode(hmac.new(key, signed, "sha256").digest()).decode()
    given = [one.split(",", 1) for one in received.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(digest, expected) for version, digest in given)
