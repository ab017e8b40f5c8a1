"""One POST: no redirects, no proxies, no cookies, no patience beyond the deadline, no answer beyond its size."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.webhooks.answers import MOST_KEPT, MOST_READ
from crm.webhooks.sending import Post
from tests.webhooks.receiver import Tripwire, accepting, dripping, receiving

HERE = Post(private=True, patience=0.6)
CERTIFICATE = Path(__file__).with_name("receiver.pem")


@pytest.fixture
def tripwire() -> Iterator[Tripwire]:
    wire = Tripwire()
    yield wire
    wire.socket.close()


def sent_to(url, post=HERE):
    """The outcome, and how many seconds it took."""
    begun = time.monotonic()
    outcome = post.send(url, b'{"type":"test"}', {"webhook-id": "test_1"})
    return outcome, time.monotonic() - begun


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_not_followed(receiver, tripwire, status):
    receiver.answer = lambda _: (status, {"Location": f"http://127.0.0.1:{tripwire.port}/"}, b"")
    outcome, _ = sent_to(receiver.url)
    assert outcome.status == status and not outcome.delivered
    assert len(receiver.got) == 1 and not tripwire.touched


@pytest.mark.parametrize(("status", "delivered"), [(200, True), (204, True), (299, True), (304, False), (404, False)])
def test_only_two_hundreds_are_a_success(receiver, status, delivered):
    receiver.answer = lambda _: (status, {}, b"")
    assert sent_to(receiver.url)[0].delivered is delivered


@pytest.mark.parametrize(
    "drops",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\nX: "],
    ids=["status", "header", "continue"],
)
def test_a_receiver_that_drips_is_cut_at_the_deadline(drops):
    with dripping(drops, every=0.05) as url:
        outcome, took = sent_to(url)
    assert outcome.status is None and outcome.error == "timeout" and 0.5 < took < 1.2


def test_a_body_that_drips_is_cut_too_but_the_status_counts():
    with dripping(b"HTTP/1.1 200 OK\r\n\r\nfine", every=0.05) as url:
        outcome, took = sent_to(url)
    assert outcome.delivered and outcome.answer.startswith("finex") and 0.5 < took < 1.2


def test_a_handshake_that_drips_is_cut_too():
    with dripping(b"\x16\x03\x03\x40\x00", every=0.05) as url:
        outcome, took = sent_to(url.replace("http:", "https:"))
    assert outcome.status is None and took < 1.2


def test_a_receiver_that_says_nothing_is_left_at_the_deadline(tripwire):
    outcome, took = sent_to(f"http://127.0.0.1:{tripwire.port}/")
    assert outcome.error == "timeout" and 0.5 < took < 1.2
    assert tripwire.touched


def test_a_big_answer_is_read_in_part_and_kept_in_part(receiver):
    receiver.answer = lambda _: (200, {}, b"x" * 50_000_000)
    outcome, took = sent_to(receiver.url, Post(private=True, patience=5))
    assert outcome.delivered and outcome.answer == "x" * MOST_KEPT and took < 3
    assert MOST_READ == 64 * 1024


def test_an_answer_in_chunks_or_in_no_charset_is_kept_as_text(receiver):
    receiver.answer = lambda _: (200, {}, "да\x00".encode() + b"\xff")
    assert sent_to(receiver.url)[0].answer == "да��"


def test_an_announced_length_that_never_comes_changes_nothing():
    with dripping(b"HTTP/1.1 500 No\r\nContent-Length: 100000000000\r\n\r\n", every=0.05) as url:
        assert sent_to(url)[0].status == 500


@pytest.mark.parametrize("nonsense", [b"\x00\xff\x00\xff\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 9999 No\r\n\r\n"])
def test_what_is_no_http_is_a_failure(nonsense):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer(line):
            line.recv(65536)
            line.sendall(nonsense)
            line.close()

        threading.Thread(target=accepting, args=(listener, answer), daemon=True).start()
        outcome, _ = sent_to(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    assert outcome.status is None and outcome.error == "no HTTP answer"


def test_nobody_there_is_a_failure(tripwire):
    tripwire.socket.close()
    assert sent_to(f"http://127.0.0.1:{tripwire.port}/")[0].error == "connection refused"


def test_proxies_of_the_environment_are_not_asked(receiver, tripwire, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{tripwire.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    assert sent_to(receiver.url)[0].delivered and not tripwire.touched


def test_no_cookie_is_kept_and_no_header_is_too_many(receiver):
    receiver.answer = lambda _: (200, {"Set-Cookie": "a=1"}, b"")
    assert sent_to(receiver.url)[0].delivered and sent_to(receiver.url)[0].delivered
    expected = {"host", "user-agent", "content-type", "content-length", "accept-encoding", "connection", "webhook-id"}
    assert [set(one.headers) for one in receiver.got] == [expected] * 2


def tls(line):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context.wrap_socket(line, server_side=True)


def over_tls(name, trust):
    """Posts to that name, which resolves to a receiver with a certificate for hooks.example.com."""
    with receiving(tls) as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        post = Post(private=True, patience=2, trust=trust, resolve=lambda host, port: ["127.0.0.1"])
        return post.send(f"https://{name}:{port}/", b"{}", {}), receiver.got


def trusting():
    return ssl.create_default_context(cafile=str(CERTIFICATE))


def test_the_certificate_is_checked_for_the_name_although_the_connection_goes_to_a_number():
    outcome, got = over_tls("hooks.example.com", trusting())
    assert outcome.delivered and got[0].headers["host"].startswith("hooks.example.com:")


@pytest.mark.parametrize("name", ["other.example.com", "127.0.0.1"])
def test_a_certificate_of_another_name_is_refused(name):
    outcome, got = over_tls(name, trusting())
    assert outcome.error == "certificate not trusted" and got == []


def test_a_certificate_that_nobody_vouches_for_is_refused():
    outcome, got = over_tls("hooks.example.com", None)
    assert outcome.error == "certificate not trusted" and got == []


def test_a_look_up_that_takes_too_long_ends_in_no_connection(tripwire):
    late = Post(private=True, patience=0.1, resolve=lambda host, port: time.sleep(0.2) or ["127.0.0.1"])
    assert sent_to(f"http://hooks.example.com:{tripwire.port}/", late)[0].error == "timeout"
    assert not tripwire.touched


@pytest.mark.parametrize(("before", "seen"), [(40_000, 77.0), (80_000, None)])
def test_headers_count_as_answer(before, seen):
    padding = b"".join(b"X-Padding: %s\r\n" % (b"x" * 10_000) for _ in range(before // 10_000))
    with dripping(b"HTTP/1.1 503 Busy\r\n" + padding + b"Retry-After: 77\r\n\r\n", every=0.1) as url:
        outcome, _ = sent_to(url)
    assert (outcome.status, outcome.retry_after) == (503, seen)


def test_whatever_goes_wrong_is_an_outcome_and_stops_no_other():
    def broken(host, port):
        raise RuntimeError("no more threads")

    assert sent_to("http://hooks.example.com/", Post(resolve=broken))[0].error == "no connection"
