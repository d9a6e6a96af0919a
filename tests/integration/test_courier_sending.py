"""One attempt against a real socket: redirects, endless answers, silence, and hands that reach for our own net."""

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_network

import pytest
from support.listener import Got, Listener, Say

from clicktrail.courier.render import Request
from clicktrail.courier.send import ANSWER, ATTEMPT, BEFORE, MAX_KEPT_BYTES, MAX_RETRY_AFTER_S, Outcome, Sender
from clicktrail.guard import Guard
from clicktrail.resolver import Found

PUBLIC = "partner.example"


def _outcome(
    answer: Callable[[Got], Say] | None,
    url: str = "http://partner.example:{port}/a",
    *,
    method: str = "GET",
    allowed: str = "127.1.0.0/16",
    attempt_s: float = 5.0,
) -> tuple[Outcome, list[Got]]:
    """partner.example is 127.1.0.1, which is allowed; every other loopback address is as forbidden as ever."""

    async def look_up(host: str, _: int) -> Found:
        if host == PUBLIC:
            return [(socket.AF_INET, "127.1.0.1")]
        raise OSError("no such name")

    async def scene() -> tuple[Outcome, list[Got]]:
        async with Listener() as listener:
            if answer is not None:
                listener.answer = lambda got: answer(got)
            port = listener.port
            guard = Guard((ip_network(allowed),), (port,))
            async with Sender(guard, look_up, 1.0, attempt_s) as sender:
                body = b"x=1" if method == "POST" else None
                outcome = await sender.send(Request(method, url.format(port=port), {"User-Agent": "T"}, body))
            return outcome, listener.got

    return asyncio.run(scene())


def _redirect(to: str) -> Callable[[Got], Say]:
    return lambda got: Say(302, b"", {"Location": to}) if got.target.startswith("/a") else Say()


def test_two_hundred_and_something_is_delivered() -> None:
    outcome, got = _outcome(lambda _: Say(204, b""))
    assert outcome.delivered and outcome.status == 204 and len(got) == 1
    assert "cookie" not in got[0].headers and got[0].headers["user-agent"] == "T"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_a_get_is_followed(status: int) -> None:
    outcome, got = _outcome(lambda g: Say(status, b"", {"Location": "/b?x=1"}) if g.target == "/a" else Say())
    assert outcome.delivered and [g.target for g in got] == ["/a", "/b?x=1"]


def test_a_redirect_of_a_post_is_an_answer_like_any_other() -> None:
    outcome, got = _outcome(_redirect("/b"), method="POST")
    assert outcome.status == 302 and not outcome.delivered and len(got) == 1


@pytest.mark.parametrize(
    "to",
    ["http://127.0.0.1:{0}/b", "http://[::1]/b", "http://169.254.169.254/latest/meta-data/", "ftp://partner.example/",
     "http://partner.example:22/", "http://u:p@partner.example/", "http://2130706433/", "http://0x7f.0.0.1/",
     "http://[::ffff:127.0.0.1]/", "file:///etc/passwd", "http://localhost/"],
)  # fmt: skip
def test_a_redirect_into_our_own_net_is_not_followed(to: str) -> None:
    outcome, got = _outcome(lambda g: Say(302, b"", {"Location": to.format(g.host.rpartition(":")[2])}))
    assert outcome.stage == BEFORE and outcome.fault and len(got) == 1


def test_redirects_end() -> None:
    outcome, got = _outcome(_redirect("/a"))
    assert outcome.stage == ANSWER and "more than 3 times" in outcome.fault and len(got) == 4


def test_of_a_long_answer_a_kilobyte_is_kept() -> None:
    outcome, _ = _outcome(lambda _: Say(200, b"\0\xff" + b"y" * 5000))
    assert outcome.delivered and len(outcome.answer) == MAX_KEPT_BYTES and outcome.answer.startswith("\ufffd\ufffdy")


def test_an_endless_answer_is_left() -> None:
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"8000\r\n" + b"z" * 0x8000 + b"\r\n"
    outcome, _ = _outcome(lambda _: Say(raw=endless + (b"8000\r\n" + b"z" * 0x8000 + b"\r\n") * 40))
    assert outcome.delivered and len(outcome.answer) == MAX_KEPT_BYTES


@pytest.mark.parametrize("head", [b"X: 1\r\n" * 5000, b"X: " + b"y" * 100_000 + b"\r\n"])
def test_a_head_without_end_is_a_failure(head: bytes) -> None:
    outcome, _ = _outcome(lambda _: Say(raw=b"HTTP/1.1 200 OK\r\n" + head + b"\r\n"))
    assert not outcome.delivered and outcome.fault


def test_silence_has_an_end() -> None:
    outcome, got = _outcome(lambda _: Say(stuck=True), attempt_s=0.3)
    assert outcome.stage == ATTEMPT and "0.3 seconds" in outcome.fault and len(got) == 1


def test_a_closed_port_is_told_from_a_silent_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.1.0.1", 0))
        port = taken.getsockname()[1]

        async def scene() -> Outcome:
            async with Sender(Guard((ip_network("127.0.0.0/8"),), (port,))) as sender:
                return await sender.send(Request("GET", f"http://127.1.0.1:{port}/", {}))

        outcome = asyncio.run(scene())
    assert outcome.stage == ATTEMPT and "refused" in outcome.fault


def test_a_name_that_is_not_there_is_before() -> None:
    outcome, _ = _outcome(None, "http://nobody.example:{port}/")
    assert outcome.stage == BEFORE and "nobody.example" in outcome.fault


@pytest.mark.parametrize(
    ("status", "after", "seconds"),
    [(503, "7", 7), (429, "99999999", MAX_RETRY_AFTER_S), (500, "7", 0), (503, "soon", 0), (503, "-5", 0),
     (503, "Fri, 31 Dec 2100 23:59:59 GMT", MAX_RETRY_AFTER_S), (503, "Fri, 31 Dec 1999 23:59:59 GMT", 0)],
)  # fmt: skip
def test_a_receiver_may_say_when(status: int, after: str, seconds: int) -> None:
    outcome, _ = _outcome(lambda _: Say(status, b"", {"Retry-After": after}))
    assert outcome.retry_after_s == seconds and not outcome.delivered


def test_compressed_answers_are_not_unpacked() -> None:
    """A bomb of a few bytes stays a few bytes."""
    outcome, _ = _outcome(lambda _: Say(200, b"\x1f\x8bnot really", {"Content-Encoding": "gzip"}))
    assert outcome.delivered and "not really" in outcome.answer


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    outcome, _ = _outcome(lambda _: Say())
    assert outcome.delivered
