"""One POST to a stranger: to an address looked up once, without redirects, proxies or cookies, within ten seconds.

The socket is our own from the start, so that the deadline ends it whatever is going on: the connection, the TLS
handshake, headers or a body that come drop by drop.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse

from crm.webhooks.addresses import BadAddress, Resolver, Target, look_up, resolved, target_of
from crm.webhooks.answers import Ration, seconds, text_of

PATIENCE = 10.0
MOST_ADDRESSES = 3
AGENT = "CRM-Webhooks/1"
REASONS: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLCertVerificationError, "certificate not trusted"),
    (ssl.SSLError, "no secure connection"),
    (ConnectionRefusedError, "connection refused"),
    (TimeoutError, "timeout"),
    (HTTPException, "no HTTP answer"),
)


@dataclass(frozen=True)
class Outcome:
    """How an attempt went. `error` says why there is no status; `retry_after` is in seconds from now."""

    status: int | None = None
    answer: str = ""
    error: str = ""
    retry_after: float | None = None
    duration_ms: int = 0

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Post:
    """Posts over the network. `private` allows addresses inside the machine; `patience` is in seconds, all in all."""

    private: bool = False
    patience: float = PATIENCE
    resolve: Resolver = look_up
    trust: ssl.SSLContext | None = None

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Never raises: what goes wrong is the outcome's error."""
        begun = time.monotonic()
        try:
            status, answer, wait = self.exchange(url, body, headers, begun + self.patience)
        except BadAddress as error:
            return Outcome(error=str(error), duration_ms=since(begun))
        except Exception as error:  # a stranger's answer must not stop the others
            late = time.monotonic() >= begun + self.patience
            return Outcome(error="timeout" if late else reason(error), duration_ms=since(begun))
        return Outcome(status, answer, retry_after=wait, duration_ms=since(begun))

    def exchange(
        self, url: str, body: bytes, headers: Mapping[str, str], deadline: float
    ) -> tuple[int, str, float | None]:
        """The status, the beginning of the answer, and how many seconds the receiver asks us to wait."""
        target = target_of(url, private=self.private)
        addresses = resolved(target, private=self.private, resolve=self.resolve)
        with (
            connected(addresses, target.port, deadline) as plain,
            cut_at(deadline, plain),
            self.secured(plain, target) as line,
        ):
            response = asked(line, target, body, headers)
            if time.monotonic() >= deadline:
                raise TimeoutError  # cut headers read like whole ones
            return response.status, text_of(response), seconds(response.headers.get("Retry-After"))

    def secured(self, plain: socket.socket, target: Target) -> socket.socket:
        """TLS with the name's own certificate, although the connection went to a number."""
        if target.scheme == "http":
            return plain
        return (self.trust or trusted()).wrap_socket(plain, server_hostname=target.host)


@cache
def trusted() -> ssl.SSLContext:
    """What the system trusts; reading it takes milliseconds."""
    return ssl.create_default_context()


@contextlib.contextmanager
def connected(addresses: list[str], port: int, deadline: float) -> Iterator[socket.socket]:
    """Tries one address after the other, never a name."""
    failed: OSError | None = None
    for address in addresses[:MOST_ADDRESSES]:
        if (left := deadline - time.monotonic()) <= 0:
            raise TimeoutError
        try:
            plain = socket.create_connection((address, port), timeout=left)
        except OSError as error:
            failed = error
            continue
        with plain:
            yield plain
            return
    raise failed or OSError("no address")


@contextlib.contextmanager
def cut_at(deadline: float, plain: socket.socket) -> Iterator[None]:
    """Ends the connection at the deadline from outside: each timeout of a socket begins anew with every byte."""
    line = plain.dup()  # TLS takes the socket over
    timer = threading.Timer(deadline - time.monotonic(), cut, [line])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        line.close()


def cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def asked(line: socket.socket, target: Target, body: bytes, headers: Mapping[str, str]) -> HTTPResponse:
    """Status and headers of the answer; its body is still on the way."""
    connection = HTTPConnection(target.host, target.port)
    connection.sock = Ration(line)
    connection.auto_open = 0
    ours = {"Host": target.authority, "User-Agent": AGENT, "Content-Type": "application/json"}
    ours |= {"Accept-Encoding": "identity", "Connection": "close"}
    connection.request("POST", target.path, body, ours | dict(headers))
    return connection.getresponse()


def since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


def reason(error: Exception) -> str:
    """What the list of deliveries says: the kind of trouble, nothing about our own network."""
    return next((words for kind, words in REASONS if isinstance(error, kind)), "no connection")
