"""HTTP as it goes over the wire, against a real worker, in tables."""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from support.edges import CLICK, Edge, Wire
from support.observe import until

HOST = b"Host: t\r\n"
GO = CLICK.encode()
CALL = b"/get_trans.cgi?cpid=1&tid="
CLICKID = re.compile(r"QC[0-9]{27}")


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with Edge(tmp_path_factory.mktemp("edge"), max_body_bytes=20_000) as edge:
        yield edge


@pytest.fixture
def wire(edge: Edge) -> Iterator[Wire]:
    with edge.wire() as wire:
        yield wire


def calls(edge: Edge, tid: str) -> list[dict[str, str]]:
    return [call.params for call in edge.postbacks() if call.params.get("tid") == tid]


def test_a_click_is_redirected_with_its_own_clickid_and_stands_in_the_journal(edge: Edge, wire: Wire) -> None:
    answers = [wire.get(CLICK + "same") for _ in range(3)]
    ids = [CLICKID.search(wire.get("/go.cgi?pid=7&cpid=1").location) for _ in range(3)]
    assert {a.status for a in answers} == {302}
    assert {a.location for a in answers} == {"https://shop.example/shoes?s=same"}
    assert all(a.headers["cache-control"] == "no-store" and "set-cookie" not in a.headers for a in answers)
    assert len({found[0] for found in ids if found}) == 3
    assert len([c for c in edge.clicks() if c.subid == "same"]) == 3


def test_head_answers_like_get_with_an_empty_clickid_and_records_nothing(edge: Edge, wire: Wire) -> None:
    before = len(edge.clicks())
    answer = wire.get("/go.cgi?cpid=1&pid=7", "HEAD")
    assert (answer.status, answer.location) == (302, "https://shop.example/?c=&p=7")
    assert len(edge.clicks()) == before
    assert wire.get("/healthz", "HEAD").headers["content-length"] == "3"
    assert wire.get("/healthz").body == b"ok\n"


@pytest.mark.parametrize(
    ("header", "value", "marked"),
    [
        ("Sec-Purpose", "prefetch", True),
        ("Sec-Purpose", "prefetch;prerender", True),
        ("Purpose", "prefetch", True),
        ("Sec-Purpose", "navigate", False),
    ],
)
def test_prefetches_are_marked(edge: Edge, wire: Wire, header: str, value: str, marked: bool) -> None:
    subid = f"{header}-{value}".replace(";", "-")
    assert wire.get(CLICK + subid, **{header: value}).status == 302
    assert [c.prefetch for c in edge.clicks() if c.subid == subid] == [marked]


@pytest.mark.parametrize(
    ("query", "status", "location", "outcome"),
    [
        ("cpid=1&pid=99", 302, "https://shop.example/?c=", "unknown_partner"),
        ("cpid=1&pid=9", 302, "https://shop.example/?c=", "partner_inactive"),
        ("cpid=1&pid=10", 302, "https://shop.example/?c=", "partner_inactive"),
        ("cpid=4&pid=7", 302, "https://shop.example/?c=", "program_paused"),
        ("cpid=1&pid=7&wmid=12", 302, "https://shop.example/?c=", "unknown_creative"),
        ("cpid=1&pid=7&target=nowhere", 302, "https://shop.example/?c=", "unknown_creative"),
        ("cpid=1&pid=7&target=https://evil.example/", 302, "https://shop.example/?c=", "ok"),
        ("wmid=11&pid=7", 302, "https://shop.example/shoes", "ok"),
        ("cpid=1&pid=7&target=https%3A%2F%2Fshop.example%2Fa%3Fb", 302, "https://shop.example/a?b&qc_clickid=QC", "ok"),
        ("cpid=77&pid=7", 404, "", None),
        ("", 404, "", None),
        ("&&=&%zz=%&", 404, "", None),
        ("cpid=5&pid=7", 404, "", None),
    ],
)
def test_nobody_is_stranded(
    edge: Edge, wire: Wire, query: str, status: int, location: str, outcome: str | None
) -> None:
    answer = wire.get(f"/go.cgi?{query}&subid=way-{abs(hash(query))}")
    assert answer.status == status
    assert answer.location.startswith(location)
    recorded = [c.outcome for c in edge.clicks() if c.subid == f"way-{abs(hash(query))}" and c.program != 5]
    assert recorded == ([outcome] if outcome else [])


def test_a_click_as_json(edge: Edge, wire: Wire) -> None:
    answer = wire.get("/go.cgi?cpid=1&pid=7&format=json&subid=app")
    found = answer.json()
    assert answer.status == 200
    assert CLICKID.fullmatch(found["clickid"])
    assert found["url"] == f"https://shop.example/?c={found['clickid']}&p=7"
    assert [c.subid for c in edge.clicks() if c.subid == "app"] == ["app"]


@pytest.mark.parametrize(
    ("query", "status", "location"),
    [
        ("cpid=1&pid=7&view=1", 200, ""),
        ("cpid=1&pid=7&view=1&target=https%3A%2F%2Fshop.example%2Fi.gif", 302, "https://shop.example/i.gif"),
        ("cpid=1&pid=7&view=1&target=https%3A%2F%2Fevil.example%2Fi.gif", 200, ""),
        ("view=1", 200, ""),
    ],
)
def test_an_impression_is_never_a_click(edge: Edge, wire: Wire, query: str, status: int, location: str) -> None:
    before = len(edge.clicks())
    answer = wire.get("/go.cgi?" + query)
    assert (answer.status, answer.location) == (status, location)
    assert location or answer.headers["content-type"] == "image/gif"
    assert len(edge.clicks()) == before


def test_subids_come_out_as_they_went_in(edge: Edge, wire: Wire) -> None:
    answer = wire.get(CLICK + "a%20b%2Bc+d%C3%A4%26&ref=https%3A%2F%2Fr.example%2F&gclid=x&api_key=hush")
    assert answer.location == "https://shop.example/shoes?s=a%20b%2Bc%20d%C3%A4%26"
    kept = next(c for c in edge.clicks() if c.subid == "a b+c dä&")
    assert (kept.referrer, kept.extra) == ("https://r.example/", "gclid=x&api_key=…")
    assert wire.get(CLICK + "l" * 300).location.endswith("l" * 255)


def test_what_is_too_long_in_a_click_is_cut(edge: Edge, wire: Wire) -> None:
    """A visitor is never stranded for it."""
    referrer = "https://r.example/" + "r" * 3000
    answer = wire.get(f"{CLICK}{'s' * 260}&ref={referrer}&note={'n' * 3000}")
    assert answer.location == "https://shop.example/shoes?s=" + "s" * 255
    kept = next(c for c in edge.clicks() if c.subid == "s" * 255)
    assert (kept.referrer, kept.extra) == (referrer[:2048], f"note={'n' * 3000}"[:2048])


def test_headers_too_long_to_be_remembered_are_read_each_time(edge: Edge, wire: Wire) -> None:
    for number, browser in enumerate(("one", "one", "two")):
        assert wire.get(f"{CLICK}long-{number}", X_Filler="x" * 5000, User_Agent=browser).status == 302
    agents = [c.user_agent for c in edge.clicks() if c.subid.startswith("long-")]
    assert agents == ["one", "one", "two"]


def test_umlauts_as_they_are_are_read_too(edge: Edge, wire: Wire) -> None:
    for place in (3, 40, 500):
        data = "GET /get_trans.cgi?cpid=1&tid=Mühle HTTP/1.1\r\nHost: t\r\nUser-Agent: Füchsin\r\n\r\n".encode()
        wire.send(data[:place]).send(data[place:])
        assert wire.answer().status == 200
    assert len(calls(edge, "Mühle")) == 3


def test_the_answer_to_a_postback_is_a_pixel_whatever_it_says(edge: Edge, wire: Wire) -> None:
    for odd in (b"pixel", b"x%00%ff", b"%F0%9F%8E%88", b"x&cpid=", b"", b"+&&&=&a[]=1&" + b"y=1&" * 300):
        wire.send(b"GET " + CALL + odd + b" HTTP/1.1\r\n" + HOST + b"\r\n")
        answer = wire.answer()
        assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["access-control-allow-origin"] == "*"
    assert len(calls(edge, "pixel")) == 1
    assert len(calls(edge, "x\ufffdÿ")) == 1
    assert len(calls(edge, "🎈")) == 1


BODIES = {
    "form": (b"Content-Type: application/x-www-form-urlencoded\r\n", b"tid=form&umsatz=95%2C50"),
    "json": (b"Content-Type: application/json\r\n", b'{"tid": "json", "umsatz": 95.50}'),
    "curl": (b"Content-Type: application/x-www-form-urlencoded\r\n", b'{"tid": "curl"}'),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("way", ["length", "chunked", "bytewise", "expect"])
def test_bodies(edge: Edge, wire: Wire, name: str, way: str) -> None:
    """However a body comes, it joins the address and wins over it."""
    kind, body = BODIES[name]
    body = body.replace(name.encode(), f"{name}-{way}".encode())
    head = b"POST /get_trans.cgi?cpid=1&tid=overruled HTTP/1.1\r\n" + HOST + kind
    if way == "chunked":
        pieces = (body[place : place + 7] for place in range(0, len(body), 7))
        chunks = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        wire.send(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nTrailer: x\r\n\r\n")
    elif way == "expect":
        wire.send(head + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert wire.line() == b"HTTP/1.1 100 Continue"
        wire.send(body)
    else:
        whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        for piece in [whole] if way == "length" else [whole[place : place + 1] for place in range(len(whole))]:
            wire.send(piece)
    assert wire.answer().status == 200
    found = calls(edge, f"{name}-{way}")
    assert [params["cpid"] for params in found] == ["1"]
    assert name == "curl" or found[0]["umsatz"] in ("95,50", "95.50")


def test_a_call_by_head_is_a_call(edge: Edge, wire: Wire) -> None:
    """Whatever HTTP can read is logged; the pixel's length is told, the pixel left out."""
    answer = wire.get(CALL.decode() + "by-head", "HEAD")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
    assert int(answer.headers["content-length"]) == len(wire.get(CALL.decode() + "by-get").body)
    assert len(calls(edge, "by-head")) == 1


def test_unreadable_bodies_are_logged_with_their_fault(edge: Edge, wire: Wire) -> None:
    body = b'{"tid": "torn'
    head = b"POST " + CALL + b"torn-body HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    wire.send(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert wire.answer().status == 200
    assert [c.fault for c in edge.postbacks() if c.params.get("tid") == "torn-body"] != [""]


def test_pipelined_requests_are_answered_in_order(edge: Edge, wire: Wire) -> None:
    paths = [GO + b"p%d" % n if n % 3 else b"/nothing-%d" % n for n in range(60)]
    wire.send(b"".join(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" for path in paths))
    for path in paths:
        answer = wire.answer()
        if path.startswith(GO):
            assert answer.location.endswith("s=" + path.decode().rpartition("=")[2])
        else:
            assert answer.status == 404


def test_a_half_closed_caller_still_gets_all_answers(edge: Edge, wire: Wire) -> None:
    wire.send(b"".join(b"GET " + GO + b"h%d HTTP/1.1\r\n" % n + HOST + b"\r\n" for n in range(5)))
    wire.half_close()
    assert [wire.answer().location[-2:] for _ in range(5)] == ["h0", "h1", "h2", "h3", "h4"]
    assert wire.is_closed()


def test_a_caller_who_hangs_up_is_recorded(edge: Edge) -> None:
    with edge.wire() as wire:
        wire.send(b"GET " + CALL + b"hung-up HTTP/1.1\r\n" + HOST + b"\r\n")
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    until(lambda: calls(edge, "hung-up"), 10, "the call is in the journal")


@pytest.mark.parametrize(
    ("version", "header", "stays", "says"),
    [
        ("1.1", "", True, None),
        ("1.1", "Connection: close\r\n", False, "close"),
        ("1.0", "", False, "close"),
        ("1.0", "Connection: keep-alive\r\n", True, "keep-alive"),
        ("1.1", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n", True, None),
    ],
)
def test_connections_stay_or_end_as_asked(
    wire: Wire, version: str, header: str, stays: bool, says: str | None
) -> None:
    for _ in range(2 if stays else 1):
        wire.send(f"GET {CLICK}v HTTP/{version}\r\nHost: t\r\n{header}\r\n".encode())
        answer = wire.answer()
        assert (answer.status, answer.headers.get("connection")) == (302, says)
    assert stays or wire.is_closed()


BROKEN = [
    (b"GARBAGE\r\n\r\n", 400),
    (b"GET\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    (b"GET / HTTP/2.0\r\n\r\n", 400),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    (b"GET /go.cgi HTTP/1.1\r\n\r\n", 400),
    (b"GET /go.cgi HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"GET /go.cgi HTTP/1.1\r\n" + HOST + b"Bad Header: x\r\n\r\n", 400),
    (b"GET /go.cgi HTTP/1.1\r\n" + HOST + b": x\r\n\r\n", 400),
    (b"POST /get_trans.cgi HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400),
    (b"POST /get_trans.cgi HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999999\r\n\r\n", 400),
    (b"POST /get_trans.cgi HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    (b"POST /get_trans.cgi HTTP/1.1\r\n" + HOST
     + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST /get_trans.cgi HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    (b"POST /get_trans.cgi HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    (b"POST /get_trans.cgi HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 501),
    (b"POST /get_trans.cgi HTTP/1.1\r\n" + HOST + b"Content-Length: 20001\r\n\r\n", 413),
    (b"POST /get_trans.cgi HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
     + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 5, 413),
    (b"GET /go.cgi?" + b"a" * 17_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    (b"GET /go.cgi HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 33_000 + b"\r\n\r\n", 431),
    (b"GET /go.cgi HTTP/1.1\r\n" + HOST + b"".join(b"X%d: a\r\n" % n for n in range(300)) + b"\r\n", 431),
    (b"GET /go.cgi HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 400_000, 431),
]  # fmt: skip


@pytest.mark.parametrize(("data", "status"), BROKEN, ids=range(len(BROKEN)))
def test_broken_http_gets_an_answer_and_a_closed_connection(wire: Wire, data: bytes, status: int) -> None:
    with suppress(ConnectionError):  # It may be refused before the last byte is out.
        wire.send(data)
    answer = wire.answer()
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    wire.half_close()
    assert wire.is_closed()


def test_good_requests_in_front_of_a_broken_one_are_served(edge: Edge, wire: Wire) -> None:
    wire.send(b"GET " + GO + b"good HTTP/1.1\r\n" + HOST + b"\r\nBAD\x01\r\n\r\n")
    assert wire.answer().location.endswith("s=good")
    assert wire.answer().status == 400
    assert [c.subid for c in edge.clicks() if c.subid == "good"] == ["good"]


@pytest.mark.parametrize("part", [b"", b"GET /go", b"GET " + GO + b"cut HTTP/1.1\r\nHost:", b"\r\n"])
def test_an_end_in_the_middle(edge: Edge, wire: Wire, part: bytes) -> None:
    wire.send(part)
    wire.half_close()
    said = wire.rest()
    assert said.startswith(b"HTTP/1.1 400") == part.startswith(b"GET")
    assert not [c for c in edge.clicks() if c.subid == "cut"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/GO.CGI?cpid=1", 404),
        ("GET", "/go.cgi/?cpid=1&pid=7", 302),
        ("GET", "//go.cgi?cpid=1&pid=7", 302),
        ("HEAD", "//go.cgi/?cpid=1&pid=7", 302),
        ("GET", "///get_trans.cgi//?cpid=1&tid=slashes", 200),
        ("GET", "//clicktrail.js", 200),
        ("GET", "/./go.cgi?cpid=1&pid=7", 302),
        ("GET", "/go%2Ecgi?cpid=1&pid=7", 302),
        ("GET", "%2F%2Fgo.cgi?cpid=1&pid=7", 400),
        ("GET", "http://t//go.cgi/?cpid=1&pid=7", 302),
        ("GET", "/go.cgi/x?cpid=1&pid=7", 404),
        ("GET", "//healthz/", 200),
        ("OPTIONS", "//get_trans.cgi/", 204),
        ("POST", "/go.cgi?cpid=1&pid=7", 302),
        ("POST", "//go.cgi/?cpid=1&pid=7", 302),
        ("PUT", "/go.cgi?cpid=1&pid=7", 405),
        ("DELETE", "/get_trans.cgi", 405),
        ("PUT", "/healthz", 405),
        ("OPTIONS", "/get_trans.cgi", 204),
        ("OPTIONS", "*", 204),
        ("GET", "http://t/go.cgi?cpid=1&pid=7", 302),
        ("GET", "HTTPS://t/go.cgi?cpid=1&pid=7#part", 302),
        ("GET", "http://t?cpid=1", 404),
    ],
)
def test_paths_and_methods(wire: Wire, method: str, path: str, status: int) -> None:
    assert wire.get(path, method).status == status


def test_a_preflight_is_answered_for_everybody(wire: Wire) -> None:
    asked = {"Origin": "https://shop.example", "Access_Control_Request_Method": "POST"}
    headers = wire.get("/get_trans.cgi", "OPTIONS", **asked).headers
    assert headers["access-control-allow-origin"] == "*"
    assert "POST" in headers["access-control-allow-methods"]
    assert headers["access-control-allow-headers"] == "*"


def test_the_script_is_kept_by_its_tag(wire: Wire) -> None:
    first = wire.get("/clicktrail.js")
    assert (first.status, first.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert "max-age=" in first.headers["cache-control"]
    again = wire.get("/clicktrail.js", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert wire.get("/clicktrail.js", If_None_Match='"other"').body == first.body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", CLICK + "kept", 302),
        ("HEAD", CLICK + "kept", 302),
        ("GET", CLICK + "kept&format=json", 200),
        ("GET", CLICK + "kept&view=1", 200),
        ("GET", "/go.cgi?cpid=77&pid=7", 404),
        ("GET", "/get_trans.cgi?cpid=1&tid=kept", 200),
        ("GET", "/get_trans.cgi?cpid=1&tid=kept&format=json", 202),
        ("GET", "/get_trans.cgi?call=x&format=json", 422),
        ("GET", "/healthz", 200),
    ],
)
def test_nothing_is_kept_and_no_cookie_is_set(wire: Wire, method: str, path: str, status: int) -> None:
    headers = {"Cookie": "old=1", "Origin": "https://shop.example"}
    answer = wire.get(path, method, **headers)
    assert (answer.status, answer.headers["cache-control"]) == (status, "no-store")
    assert "set-cookie" not in answer.headers


def test_the_pixel_is_one_transparent_dot(wire: Wire) -> None:
    """By the letters of the GIF format: size, a table of colours, and which of them cannot be seen."""
    body = wire.get("/get_trans.cgi?cpid=1&tid=dot").body
    assert body[:6] == b"GIF89a"
    assert (int.from_bytes(body[6:8], "little"), int.from_bytes(body[8:10], "little")) == (1, 1)
    control = body.index(b"\x21\xf9\x04")
    assert body[control + 3] & 1, "one colour is transparent"


def test_dates_are_in_every_answer(wire: Wire) -> None:
    for path in (CLICK + "d", "/get_trans.cgi?tid=d", "/nothing", "/healthz"):
        assert wire.get(path).headers["date"].endswith("GMT")
