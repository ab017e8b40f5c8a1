"""Where a webhook may lead: plain http(s) URLs, and only to addresses that anybody on the internet could reach.

One strict reading of the URL decides, and the connection is made to what it found: no second parser, no second look-up.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

LONGEST_URL, LONGEST_NAME = 2000, 253
PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024

PLAIN = re.compile(r"https?://[A-Za-z0-9._~:/?\[\]!$&'()*+,;=%@-]+\Z")
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")
NUMBER = re.compile(r"([0-9]+|0x[0-9a-f]*)\Z")
INSIDE = (
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "arpa",
    "onion",
)

# Beside what the library calls not global: it has changed its mind between releases.
CLOSED_V4 = [
    IPv4Network(net)
    for net in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's inner voice at a public address
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
]
OPEN_V6 = IPv6Network("2000::/3")
# Tunnels (Teredo, 6to4) embed an IPv4 address; the rest is for protocols and documents.
CLOSED_V6 = [IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
TRANSLATED = IPv6Network("64:ff9b::/96")
ISATAP = 0x5EFE

Resolver = Callable[[str, int], list[str]]


class BadAddress(Exception):
    """This URL leads nowhere that we go. The words are fit to show."""


@dataclass(frozen=True)
class Target:
    """A URL read once: `host` is a name or an address without brackets, `path` has the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str, *, private: bool = False) -> Target:
    """Raises BadAddress. `private` allows names and addresses inside the machine and its network."""
    if len(url) > LONGEST_URL:
        raise BadAddress("This address is too long.")
    try:
        parts = urlsplit(url)
        if not PLAIN.match(url) or "@" in parts.netloc:
            raise BadAddress("Use an http or https address in plain letters, without a user name or a part after #.")
        port = parts.port if parts.port is not None else PORTS[parts.scheme]
    except ValueError:
        raise BadAddress("This is not an address of a web server.") from None
    check_port(port)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, checked_host(parts.hostname or "", parts.netloc, private), port, path)


def check_port(port: int) -> None:
    """80, 443 and what programs may open without being root: no mail, no DNS, no remote shell."""
    if port not in PORTS.values() and port < FIRST_FREE_PORT:
        raise BadAddress("Use port 80, 443 or one from 1024 on.")


def checked_host(host: str, netloc: str, private: bool) -> str:
    address = literal(host, netloc)
    if address is None:
        check_name(host, private)
    elif not (private or is_public(address)):
        raise BadAddress("This address is not on the public internet.")
    return host


def literal(host: str, netloc: str) -> IPv4Address | IPv6Address | None:
    """The address that stands there itself, written the one usual way; None when it is a name."""
    try:
        address = ip_address(host)
    except ValueError:
        if netloc.startswith("["):
            raise BadAddress("This is not an address of a web server.") from None
        return None
    if (address.version == 6) != netloc.startswith("["):
        raise BadAddress("This is not an address of a web server.")
    return address


def check_name(host: str, private: bool) -> None:
    """A name that ends in a number would be read as an address by some, so it is none."""
    labels = host.split(".")
    if len(host) > LONGEST_NAME or not all(map(LABEL.match, labels)) or NUMBER.match(labels[-1]):
        raise BadAddress("This is not a name of a web server.")
    if not private and (len(labels) < 2 or labels[-1] in INSIDE):
        raise BadAddress("This name is not on the public internet.")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it belongs to everybody's internet and hides no other address within."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not any(address in net for net in CLOSED_V4)
    if address.scope_id is not None:
        return False
    if address in TRANSLATED:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    hides = (int(address) >> 32) & 0xFDFFFFFF == ISATAP
    return address in OPEN_V6 and address.is_global and not hides and not any(address in net for net in CLOSED_V6)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, from the system's resolver. Raises OSError when there are none."""
    found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def resolved(target: Target, *, private: bool = False, resolve: Resolver = look_up) -> list[str]:
    """The addresses to connect to, asked for once. Raises BadAddress unless every one of them is public."""
    try:
        addresses = resolve(target.host, target.port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise BadAddress("This name has no address.")
    try:
        public = all(is_public(ip_address(one)) for one in addresses)
    except ValueError:
        public = False
    if not (public or private):
        raise BadAddress("This address is not on the public internet.")
    return addresses
