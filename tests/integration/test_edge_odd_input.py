"""Links and calls as they really come, through a real worker: one test for each kind of odd input."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.edges import Edge, Wire

FORM = "application/x-www-form-urlencoded"
GENUINE = "QC423840809685489623456289367"


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with Edge(tmp_path_factory.mktemp("edge")) as edge:
        yield edge


@pytest.fixture
def wire(edge: Edge) -> Iterator[Wire]:
    with edge.wire() as wire:
        yield wire


def post(wire: Wire, path: str, body: bytes, kind: str, encoding: str = "") -> int:
    more = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    head = f"POST {path} HTTP/1.1\r\nHost: t\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    wire.send(head.encode() + body)
    return wire.answer().status


def kept(edge: Edge, mark: str) -> list[dict[str, str]]:
    """The calls with this value in `x`, without it."""
    found = [dict(call.params) for call in edge.postbacks() if call.params.get("x") == mark]
    return [{name: value for name, value in params.items() if name != "x"} for params in found]


@pytest.mark.parametrize(
    ("number", "link"),
    list(
        enumerate(
            [
                # Invisible characters around values and names.
                "cpid=1&pid=7%20&wmid=11&target=default",
                "cpid=1&pid=+7&wmid=11%0D%0A&target=default",
                "cpid=1&pid=7%E2%80%8B&wmid=11&target=default%C2%A0",
                "%20cpid=1&pid=%EF%BB%BF7&wmid%09=11&target=default",
                # Separators.
                "cpid=1&amp;pid=7&amp;wmid=11&amp;target=default",
                "cpid=1;pid=7;wmid=11;target=default",
                # Names.
                "cpid=1&p%69d=7&wmid=11&target=default",
                "CPID=1&PID=7&WMID=11&Target=default",
            ]
        )
    ),
)
def test_a_link_gets_its_credit(edge: Edge, wire: Wire, number: int, link: str) -> None:
    separator = ";" if ";" in link and "&" not in link else "&"
    for _ in range(2):
        answer = wire.get(f"/go.cgi?{link}{separator}subid=odd-{number}")
        assert answer.status == 302
        assert answer.location.startswith("https://shop.example/?c=QC")
    clicks = [click for click in edge.clicks() if click.subid == f"odd-{number}"]
    assert [(click.outcome, click.partner, click.creative) for click in clicks] == [("ok", 7, 11)] * 2


@pytest.mark.parametrize(
    ("number", "query"),
    list(
        enumerate(
            [
                f"cpid=1&tid=T%20&umsatz=10.50%20&clickid={GENUINE}%0A",
                f"cpid=+1&tid=%E2%80%8BT%EF%BB%BF&umsatz=%2010.50&clickid=%09{GENUINE}",
                f"cpid=1&amp;tid=T&amp;umsatz=10.50&amp;clickid={GENUINE}",
                f"cpid=1;tid=T;umsatz=10.50;clickid={GENUINE}",
                f"CPID=1&Tid=T&UMSATZ=10.50&ClickID={GENUINE.lower()}",
                f"c%70id=1&t%69d=T&umsatz=10.50&clickid={GENUINE}",
            ]
        )
    ),
)
def test_a_call_is_the_same_in_every_spelling(edge: Edge, wire: Wire, number: int, query: str) -> None:
    expected = {"cpid": "1", "tid": "T", "umsatz": "10.50", "clickid": GENUINE}
    separator = ";" if ";" in query and "&" not in query else "&"
    assert wire.get(f"/get_trans.cgi?{query}{separator}x=get-{number}").status == 200
    assert post(wire, "/get_trans.cgi", f"{query}{separator}x=get-{number}".encode(), FORM) == 200
    assert kept(edge, f"get-{number}") == [expected, expected]


def test_values_that_hold_a_semicolon_survive(edge: Edge, wire: Wire) -> None:
    assert wire.get("/get_trans.cgi?cpid=1&tid=A;B;1&note=p;pid=3&x=semicolon").status == 200
    assert kept(edge, "semicolon") == [{"cpid": "1", "tid": "A;B;1", "note": "p;pid=3"}]


CALL = {"cpid": 1, "tid": "Müller", "umsatz": 100}
AS_TEXT = {"cpid": "1", "tid": "Müller", "umsatz": "100"}


@pytest.mark.parametrize(
    ("mark", "kind", "encoding"),
    [
        ("plain", "application/json", ""),
        ("text", "text/json", ""),
        ("x", "application/x-json; charset=utf-8", ""),
        ("list", "application/json", ""),
        ("power", "application/json", ""),
        ("gzip", "application/json", "gzip"),
        ("utf16", "application/json", ""),
        ("bom", "application/json", ""),
        ("cp1252", "application/json", ""),
    ],
)
def test_bodies(edge: Edge, wire: Wire, mark: str, kind: str, encoding: str) -> None:
    text = json.dumps({**CALL, "x": mark}, ensure_ascii=False)
    body = {
        "list": f"[{text}]".encode(),
        "power": text.replace("100", "1e2").encode(),
        "gzip": gzip.compress(text.encode(), mtime=0),
        "utf16": text.encode("utf-16"),
        "bom": text.encode("utf-8-sig"),
        "cp1252": text.encode("cp1252"),
    }.get(mark, text.encode())
    assert post(wire, "/get_trans.cgi", body, kind, encoding) == 200
    assert kept(edge, mark) == [AS_TEXT]


@pytest.mark.parametrize(
    ("mark", "body", "kind", "encoding", "words"),
    [
        ("two", b'[{"tid": "1"}, {"tid": "2"}]', "application/json", "", "a list of 2 calls"),
        ("bomb", gzip.compress(b"a" * 9_000_000, mtime=0), FORM, "gzip", "larger"),
        ("brotli", b"\x0b\x02\x80", FORM, "br", "use gzip"),
        ("torn", gzip.compress(b"tid=1", mtime=0)[:-6], FORM, "gzip", "cannot be unpacked"),
    ],
)
def test_a_body_that_is_refused_says_why(
    edge: Edge, wire: Wire, mark: str, body: bytes, kind: str, encoding: str, words: str
) -> None:
    assert post(wire, f"/get_trans.cgi?cpid=1&x={mark}", body, kind, encoding) == 200
    assert [words in call.fault for call in edge.postbacks() if call.params.get("x") == mark] == [True]


@pytest.mark.parametrize("path", ["//go.cgi", "/go.cgi/", "///go.cgi//", "http://t//go.cgi"])
def test_a_link_with_slashes_too_many_is_a_click(edge: Edge, wire: Wire, path: str) -> None:
    subid = "s" + path.replace("/", "_").replace(":", "")
    assert wire.get(f"{path}?cpid=1&pid=7&subid={subid}").location.startswith("https://shop.example/?c=QC")
    assert [click.outcome for click in edge.clicks() if click.subid == subid] == ["ok"]


@pytest.mark.parametrize("path", ["//get_trans.cgi", "/get_trans.cgi/", "http://t///get_trans.cgi//"])
def test_a_call_with_slashes_too_many_is_logged(edge: Edge, wire: Wire, path: str) -> None:
    assert wire.get(f"{path}?cpid=1&tid=T&x={path}").status == 200
    assert kept(edge, path) == [{"cpid": "1", "tid": "T"}]


@pytest.mark.parametrize(
    ("mark", "query", "body", "kind"),
    [
        ("form", "", b"cpid=1&pid=7&target=default&subid=form", FORM),
        ("joined", "cpid=1&pid=9", b"pid=7&subid=joined", FORM),
        ("json", "cpid=1", b'{"pid": 7, "subid": "json"}', "application/json"),
        (
            "parts",
            "cpid=1&pid=7",
            b'--x\r\nContent-Disposition: form-data; name="subid"\r\n\r\nparts\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        ("unreadable", "cpid=1&pid=7&subid=unreadable", b"\xff{", "image/png"),
    ],
)
def test_a_form_as_a_link_is_sent_on(edge: Edge, wire: Wire, mark: str, query: str, body: bytes, kind: str) -> None:
    assert post(wire, f"/go.cgi?{query}", body, kind) == 302
    assert [(click.outcome, click.partner) for click in edge.clicks() if click.subid == mark] == [("ok", 7)]


def test_a_cdn_names_the_visitor(tmp_path: Path) -> None:
    settings = {"client_ip_header": "CF-Connecting-IP", "client_ip_networks": ("203.0.113.0/24",), "ip_privacy": "keep"}
    with Edge(tmp_path, **settings) as edge, edge.wire() as wire:
        for number, forwarded in enumerate(("203.0.113.9", "198.51.100.66", "")):
            headers = {"X-Forwarded-For": forwarded} if forwarded else {}
            link = f"/go.cgi?cpid=1&pid=7&subid=cdn-{number}"
            assert wire.get(link, **headers, **{"CF-Connecting-IP": "192.0.2.7"}).status == 302
        twins = "X-Forwarded-For: 203.0.113.9\r\nCF_Connecting_IP: 192.0.2.7\r\n"
        wire.send(f"GET /go.cgi?cpid=1&pid=7&subid=cdn-0-twin HTTP/1.1\r\nHost: t\r\n{twins}\r\n".encode())
        assert wire.answer().status == 302
        found = {click.subid: click.ip for click in edge.clicks()}
        assert [found[f"cdn-{number}"] for number in range(3)] == ["192.0.2.7", "198.51.100.66", "127.0.0.1"]
        assert found["cdn-0-twin"] == "203.0.113.9"
