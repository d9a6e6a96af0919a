"""Whatever comes over the wire gets an answer or an end: never a 5xx, never silence, never a crash.

Half of the inputs are good requests with something broken in them, the others are put
together from pieces that parsers quarrel about. The seed is in the name of the test; the
number of inputs comes from CLICKTRAIL_FUZZ_INPUTS.
"""

import os
import random
import re
from collections.abc import Iterator

import pytest
from support.edges import Edge, Wire

INPUTS = int(os.environ.get("CLICKTRAIL_FUZZ_INPUTS", "2000"))
NIGHTLY_INPUTS = 200_000
SEEDS = 4

GOOD = [
    b"GET /go.cgi?cpid=1&pid=7&wmid=11&subid=f HTTP/1.1\r\nHost: t\r\n\r\n",
    b"HEAD /go.cgi?cpid=1&pid=7 HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: 1.2.3.4, 5.6.7.8\r\n\r\n",
    b"GET /get_trans.cgi?cpid=1&tid=f&clickid=QC000000000000000000000000000&umsatz=1,5 HTTP/1.1\r\nHost: t\r\n\r\n",
    b"POST /get_trans.cgi?cpid=1 HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n"
    b'{"tid":"f"}',
    b"POST /get_trans.cgi HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntid=f\r\n0\r\n\r\n",
    b"POST /get_trans.cgi HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    b'Content-Length: 63\r\n\r\n--b\r\nContent-Disposition: form-data; name="tid"\r\n\r\nf\r\n--b--\r\n   ',
    b"OPTIONS /get_trans.cgi HTTP/1.1\r\nHost: t\r\nOrigin: null\r\n\r\n",
    b"GET /clicktrail.js HTTP/1.1\r\nHost: t\r\nIf-None-Match: *\r\n\r\n",
    b"GET /go.cgi?cpid=1&pid=7&target=https%3A%2F%2Fshop.example%2Fa HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET /go.cgi?cpid=1&pid=7&view=1&format=json HTTP/1.1\r\nHost: t\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
]  # fmt: skip
PIECES = [
    *(b"\r\n", b"\n", b"\r", b"\0", b"\t", b" ", b"%", b"%00", b"%zz", b"%C3%28", b"\xff", b"\xf0\x9f\x8e\x88"),
    *(b"&", b"=", b"#", b"?", b"+", b";", b",", b":", b"{", b"}", b'"', b"[[[[", b"\xed\xa0\x80"),
    *(b"Host: t\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Expect: 100-continue\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"Connection: Upgrade\r\nUpgrade: x\r\n"),
    *(
        b"HTTP/1.1",
        b"HTTP/1.0",
        b"GET ",
        b"POST ",
        b"/go.cgi?",
        b"/get_trans.cgi?",
        b"0\r\n\r\n",
        b"ffffffffffffffff\r\n",
    ),
    *(
        b"cpid=1",
        b"pid=7",
        b"wmid=11",
        b"wmid=cc",
        b"subid=",
        b"tid=",
        b"clickid=QC",
        b"umsatz=1.234,56",
        b"umsatz=1e3",
    ),
    *(b"target=", b"target=https://shop.example/", b"target=//evil.example", b"<% CLICKID %>", b"a" * 300, b"9" * 40),
]


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with Edge(tmp_path_factory.mktemp("fuzz"), header_timeout_s=2, verdict_patience_ms=1) as edge:
        yield edge


def mangled(chance: random.Random) -> bytes:
    data = bytearray(chance.choice(GOOD))
    for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[place:place] = chance.choice(PIECES)
            case 1:
                del data[place : place + chance.choice((1, 1, 2, 10))]
            case 2 if place < len(data):
                data[place] = chance.randrange(256)
            case 3:
                data[place:place] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 6)))
            case _:
                data[place:place] = data[: chance.randrange(1, 20)]
    return bytes(data)


def composed(chance: random.Random) -> bytes:
    query = b"&".join(chance.choice(PIECES) for _ in range(chance.randrange(12)))
    path = chance.choice((b"/go.cgi?", b"/get_trans.cgi?", b"/"))
    query = re.sub(rb"[\s\x00-\x20\x7f]", b"", query)
    return b"GET " + path + query + b" HTTP/1.1\r\nHost: t\r\n\r\n"


def is_fine(said: bytes) -> bool:
    """Whole answers only, none of them a 5xx but the one for an unknown transfer coding."""
    statuses = re.findall(rb"(?:^|\n|;|\}|>)HTTP/1\.1 (\d{3}) ", said)
    return bool(statuses) and all(status < b"500" or status == b"501" for status in statuses)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_bytes(edge: Edge, seed: int, nightly: bool) -> None:
    chance = random.Random(seed)
    for _ in range(max(INPUTS, NIGHTLY_INPUTS if nightly else 0) // SEEDS):
        data = mangled(chance) if chance.random() < 0.5 else composed(chance)
        with edge.wire() as wire:
            said = _said(wire, data)
        assert not data.strip() or is_fine(said), (data, said)
    assert edge.get("/healthz").status == 200
    assert edge.metric("clicktrail_postbacks_refused_total") == 0
    assert edge.popen is not None and edge.popen.poll() is None


def _said(wire: Wire, data: bytes) -> bytes:
    wire.send(data)
    wire.half_close()
    return wire.rest()


def test_nothing_readable_is_lost(edge: Edge) -> None:
    """However odd its parameters: every call that HTTP can read is in the journal."""
    chance = random.Random("calls")
    before = len(edge.postbacks())
    with edge.wire() as wire:
        for _ in range(200):
            query = composed(chance).partition(b"?")[2].partition(b" ")[0].replace(b"call=", b"")
            wire.send(b"GET /get_trans.cgi?" + query.replace(b"#", b"") + b" HTTP/1.1\r\nHost: t\r\n\r\n")
            assert wire.answer().status == 200
    assert len(edge.postbacks()) == before + 200
