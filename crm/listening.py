"""Where the development server listens: chosen by HOST and PORT, checked before anything is started."""

from __future__ import annotations

import errno
import http.client
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class PortError(Exception):
    """Nothing can listen there; the message is one line fit to show."""


@dataclass(frozen=True)
class Listening:
    """A host and a port of this machine."""

    host: str
    port: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Listening:
        """127.0.0.1 and 8000 unless said otherwise. Raises PortError when PORT is no port."""
        port = environ.get("PORT") or "8000"
        if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
            raise PortError(f"PORT must be a number from 1 to 65535, not {port!r}.")
        return cls(environ.get("HOST") or "127.0.0.1", int(port))

    @property
    def address(self) -> str:
        """What to open in a browser on this machine."""
        host = EVERYWHERE.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def check(self) -> None:
        """Raises PortError with the way out when nothing could listen here."""
        try:
            family = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0][0]
            socket.create_server((self.host, self.port), family=family).close()
        except socket.gaierror:
            raise PortError(f"HOST {self.host!r} is no address of this machine.") from None
        except OSError as error:
            raise PortError(self._refusal(error)) from None

    def is_healthy(self) -> bool:
        """Whether /health answers 200."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=2)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _refusal(self, error: OSError) -> str:
        if error.errno == errno.EADDRINUSE:
            another = self.port + 1 if self.port < 65535 else 8000
            return f"Port {self.port} is in use: stop what listens there, or choose another: make run PORT={another}"
        if error.errno == errno.EACCES:
            return f"Port {self.port} needs more rights: choose one above 1023, for example make run PORT=8000"
        return f"Nothing can listen on {self.host}, port {self.port}: {os.strerror(error.errno or 0)}."
