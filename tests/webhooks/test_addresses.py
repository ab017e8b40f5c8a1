"""Addresses inside the machine or a private network are never connected to, however they are written or resolved."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from crm.webhooks import sending
from crm.webhooks.addresses import BadAddress, is_public, resolved, target_of
from crm.webhooks.sending import Post
from tests.webhooks.receiver import Tripwire

PUBLIC = "93.184.215.14"

# Refused as they stand there, whatever a resolver would say.
WRITTEN = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://127.255.255.254:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.1:{port}/",
    "http://0x7F.0x0.0x0.0x1:{port}/",
    "http://017700000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0177.0.0.01:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.0.0.1..:{port}/",
    "http://00127.000.000.001:{port}/",
    "http://4294967297:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://0x0:{port}/",
    "http://[::1]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[0:0:0:0:0:ffff:7f00:0001]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[::7f00:1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[64:ff9b::a00:1]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2002:a00:1::1]:{port}/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{port}/",
    "http://[2606:4700::5efe:7f00:1]:{port}/",
    "http://[2606:4700::200:5efe:10.0.0.1]:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[fe80::1%lo]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://[fec0::1]:{port}/",
    "http://[fc00::1]:{port}/",
    "http://[fd00:ec2::254]:{port}/latest/meta-data/",
    "http://[ff02::1]:{port}/",
    "http://[2001:db8::1]:{port}/",
    "http://[100::1]:{port}/",
    "http://[::ffff:0:127.0.0.1]:{port}/",
    "http://::1:{port}/",
    "http://10.0.0.1:{port}/",
    "http://172.16.0.1:{port}/",
    "http://172.31.255.255:{port}/",
    "http://192.168.1.1:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xA9FEA9FE/",
    "http://2852039166/",
    "http://100.64.0.1:{port}/",
    "http://100.100.100.200/latest/meta-data/",
    "http://192.0.0.192/opc/v2/",
    "http://168.63.129.16/machine",
    "http://198.18.0.1:{port}/",
    "http://192.88.99.1:{port}/",
    "http://224.0.0.1:{port}/",
    "http://240.0.0.1:{port}/",
    "http://255.255.255.255:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://hooks.localhost:{port}/",
    "http://localhost.localdomain:{port}/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://printer.local:{port}/",
    "http://db:{port}/",
    "http://1.0.0.127.in-addr.arpa:{port}/",
    "http://hooks.example.com@127.0.0.1:{port}/",
    "http://hooks.example.com:80@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@hooks.example.com/",
    "http://hooks.example.com#@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@hooks.example.com/",
    "http://hooks.example.com\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\.hooks.example.com/",
    "http:\\\\127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http://hooks.example.com\r\nHost: 127.0.0.1:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1 :{port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nX-Injected: 1",
    "http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\nGET /",
    "http://127.0.0.1\x00.example.com:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://１２７.０.０.１:{port}/",
    "http://127。0。0。1:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://ⓛocalhost:{port}/",
    "http://[::ffff:１２７.0.0.1]:{port}/",
    "http://١٢٧.0.0.1:{port}/",
    "http://hooks.example.0x7f:{port}/",
    "http://hooks.example.com.127:{port}/",
    "http://-hooks.example.com:{port}/",
    "http://hooks..example.com:{port}/",
    "http://[127.0.0.1]:{port}/",
    "http://[hooks.example.com]:{port}/",
    "http://[::1]hooks.example.com:{port}/",
    "http://hooks.example.com:{port}:80/",
    "http://127.0.0.1:+{port}/",
    "http://hooks.example.com:22/",
    "http://hooks.example.com:25/",
    "http://hooks.example.com:0/",
    "http://hooks.example.com:65536/",
    "http://hooks.example.com:-1/",
    "https://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "unix:///run/postgresql.sock",
    "javascript:alert(1)",
    "data:text/plain,x",
    "",
]

# A harmless name, and what a resolver says of it.
RESOLVED = [
    ["127.0.0.1"],
    ["127.8.8.8"],
    ["0.0.0.0"],
    ["::1"],
    ["::"],
    ["::ffff:127.0.0.1"],
    ["::ffff:10.0.0.1"],
    ["::127.0.0.1"],
    ["10.1.2.3"],
    ["172.20.0.2"],
    ["192.168.0.1"],
    ["169.254.169.254"],
    ["100.64.1.1"],
    ["192.0.0.1"],
    ["198.19.255.255"],
    ["168.63.129.16"],
    ["fe80::1"],
    ["fe80::1%lo"],
    ["2606:2800:220:1::1%lo"],
    ["fd12:3456::1"],
    ["fec0::1"],
    ["64:ff9b::7f00:1"],
    ["64:ff9b:1::7f00:1"],
    ["2002:7f00:1::1"],
    ["2001:0:1::1"],
    [PUBLIC, "127.0.0.1"],
    ["127.0.0.1", PUBLIC],
    [PUBLIC, "::1"],
    ["2606:2800:220:1::1", "fe80::1"],
    ["nonsense"],
    ["localhost"],
    [],
]


@pytest.fixture(scope="module")
def tripwires() -> Iterator[list[Tripwire]]:
    """One port, listened to on every address of this machine."""
    first = Tripwire(host="0.0.0.0")
    wires = [first]
    with contextlib.suppress(OSError):
        wires.append(Tripwire(socket.AF_INET6, "::", first.port))
    yield wires
    for wire in wires:
        wire.socket.close()


@pytest.fixture
def knocks(monkeypatch) -> list[object]:
    """Every attempt to connect, seen and refused below all of our code."""
    tried: list[object] = []
    real = socket.socket.connect

    def connect(line, address):
        tried.append(address)
        return real(line, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def post_to(url, addresses):
    """As the worker posts, with a resolver that would lead inside."""
    return Post(resolve=lambda host, port: addresses, patience=2).send(url, b"{}", {})


@pytest.mark.parametrize("inside", [["127.0.0.1"], [PUBLIC]], ids=["leads inside", "looks public"])
@pytest.mark.parametrize("url", WRITTEN)
def test_what_is_written_to_lead_inside_is_never_connected_to(tripwires, knocks, url, inside):
    outcome = post_to(url.format(port=tripwires[0].port), inside)
    assert outcome.status is None and outcome.error and not outcome.delivered
    assert knocks == [] and not any(wire.touched for wire in tripwires)


@pytest.mark.parametrize("url", WRITTEN)
def test_what_leads_inside_is_refused_when_it_is_saved(url):
    with pytest.raises(BadAddress):
        target_of(url.format(port=8080))


@pytest.mark.parametrize("addresses", RESOLVED, ids=str)
def test_a_name_that_resolves_inside_is_never_connected_to(tripwires, knocks, addresses):
    url = f"http://hooks.example.com:{tripwires[0].port}/"
    outcome = post_to(url, addresses)
    assert outcome.status is None and outcome.error
    assert knocks == [] and not any(wire.touched for wire in tripwires)


def test_the_tripwire_would_tell(tripwires, knocks):
    outcome = Post(private=True, patience=1).send(f"http://127.0.0.1:{tripwires[0].port}/", b"{}", {})
    assert outcome.error == "timeout" and knocks and tripwires[0].touched


def test_enough_tricks_are_tried():
    assert len(set(WRITTEN)) + len(set(map(tuple, RESOLVED))) >= 80


def redirected(monkeypatch, receiver) -> list[str]:
    """The network: whatever address is connected to, the receiver answers. The addresses in their order."""
    real, asked = socket.create_connection, []

    def connect(address, timeout):
        asked.append(address[0])
        return real(("127.0.0.1", int(receiver.url.split(":")[2].split("/")[0])), timeout)

    monkeypatch.setattr(sending.socket, "create_connection", connect)
    return asked


def test_a_public_name_is_connected_to_at_the_address_that_was_looked_up(monkeypatch, receiver):
    asked = redirected(monkeypatch, receiver)
    outcome = post_to("http://hooks.example.com:8080/crm?key=1", [PUBLIC])
    assert outcome.delivered and asked == [PUBLIC]
    assert receiver.got[0].path == "/crm?key=1" and receiver.got[0].headers["host"] == "hooks.example.com:8080"


@pytest.mark.parametrize("literal", ["http://93.184.215.14/", "http://[2606:2800:220:1::1]/"])
def test_a_public_address_itself_may_be_named(monkeypatch, receiver, literal):
    redirected(monkeypatch, receiver)
    assert Post().send(literal, b"{}", {}).delivered
    assert literal == f"http://{receiver.got[0].headers['host']}/"


def test_a_name_is_looked_up_once_and_what_it_says_later_changes_nothing(monkeypatch, receiver):
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    asked = redirected(monkeypatch, receiver)
    post = Post(resolve=lambda host, port: next(answers))
    assert post.send("http://rebinding.example.com/", b"{}", {}).delivered
    assert asked == [PUBLIC] and len(list(answers)) == 2
    assert not Post(resolve=lambda host, port: ["127.0.0.1"]).send("http://rebinding.example.com/", b"{}", {}).delivered


def test_the_system_resolver_is_asked_by_name_and_no_name_is_ever_connected_to(tripwires, knocks):
    assert Post().send(f"http://localtest.localhost:{tripwires[0].port}/", b"{}", {}).error
    assert resolved(target_of("http://127.0.0.1:8080/", private=True), private=True) == ["127.0.0.1"]
    assert knocks == []


def test_an_address_that_does_not_answer_gives_way_to_the_next(monkeypatch, receiver):
    tried = []

    def connect(address, timeout):
        tried.append(address[0])
        if ":" in address[0]:
            raise OSError("no IPv6 here")
        return real((receiver.url.split("/")[2].split(":")[0], int(receiver.url.split(":")[2].split("/")[0])), timeout)

    real = socket.create_connection
    monkeypatch.setattr(sending.socket, "create_connection", connect)
    assert post_to("http://hooks.example.com/", ["2606:2800:220:1::1", PUBLIC]).delivered
    assert tried == ["2606:2800:220:1::1", PUBLIC]


@pytest.mark.parametrize(
    "address", ["1.1.1.1", PUBLIC, "193.0.6.139", "2606:2800:220:1::1", "2a00:1450:4001::1", "64:ff9b::101:101"]
)
def test_the_internet_is_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/",
        "https://HOOKS.example.com:443/a/b?c=d%20e",
        "http://hooks.example.com:8080",
        "https://xn--e1afmkfd.xn--p1ai/",
        "https://under_score.example.com/",
        "https://7.example.com/",
        "https://hooks.example.com/@acme?to=anna@example.com",
    ],
)
def test_ordinary_addresses_are_fine(url):
    assert target_of(url).host == target_of(url).host.lower()
