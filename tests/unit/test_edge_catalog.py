"""Decisions by the bytes of a link: the short ways must say what the long way says."""

from dataclasses import replace
from pathlib import Path

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cast import CATALOG, with_program

from clicktrail import catalogfile
from clicktrail.core.click import decide
from clicktrail.edge.catalog import MAX_KEY_BYTES, MAX_PLANS, Picture, Watch, target_of, text_of
from clicktrail.edge.server import PLAIN_LINE

NAMES = st.sampled_from([b"cpid", b"pid", b"wmid", b"target", b"subid", b"xsubid", b"ref", b"", b"subid=subid"])
VALUES = st.sampled_from([b"1", b"2", b"7", b"11", b"shoes", b"default", b"a%20b", b"", b"subid=", b"%zz", b"+", b"cc"])
LINKS = st.lists(st.tuples(NAMES, VALUES), max_size=7).map(lambda pairs: b"&".join(n + b"=" + v for n, v in pairs))
KNOWING = Picture(CATALOG)


@given(LINKS)
def test_a_link_that_is_known_reads_like_one_that_is_not(query: bytes) -> None:
    """Every reading after the first comes from memory; a fresh picture has none."""
    plan, subid, more = KNOWING.read(query)
    again, again_subid, again_more = KNOWING.read(query)
    fresh, fresh_subid, fresh_more = Picture(CATALOG).read(query)
    facts = {(p.program, p.partner, p.creative, p.target, p.outcome, p.form, p.order) for p in (plan, again, fresh)}
    assert len(facts) == 1
    assert subid == again_subid == fresh_subid
    assert more == again_more == fresh_more
    last = {name: value for name, _, value in (pair.partition(b"=") for pair in query.split(b"&"))}
    assert subid == last.get(b"subid", b"")


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("https://x.example/?c=<% CLICKID %>&s=<% SUBID %>", b"https://x.example/?c=ID&s=S%20"),
        ("https://x.example/?s=<% SUBID %>&c=<% CLICKID %>&d=<% CLICKID %>", b"https://x.example/?s=S%20&c=ID&d=ID"),
        ("https://x.example/100%25?p=<% PID %>&w=<% WMID %>&m=<% CPID %>", b"https://x.example/100%25?p=7&w=cc&m=1"),
        ("https://x.example/", b"https://x.example/"),
    ],
)
def test_templates_are_filled(target: str, location: bytes) -> None:
    catalog = with_program(targets={"default": target})
    plan = Picture(catalog).read(b"cpid=1&pid=7&wmid=cc")[0]
    assert plan.location(b"ID", b"S%20") == location
    decision = decide("1", "7", "cc", None, catalog)
    values = {"clickid": b"ID", "subid": b"S ", "pid": b"7", "wmid": b"cc", "cpid": b"1"}
    assert decision.template is not None
    assert decision.template.fill(values) == location


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a+b%20c", "a b c"),
        (b"%C3%A4\xc3\xa4", "ää"),
        (b"%ff%00x", "ÿ\ufffdx"),
        (b"+7%E2%80%8B%0A", "7"),
        (b"%zz%", "%zz%"),
        (b"", ""),
    ],
)
def test_values_are_clean_text(raw: bytes, text: str) -> None:
    assert text_of(raw) == text


PLAIN_LINK = b"cpid=1&pid=7&wmid=11&target=shoes&subid=abc"


@pytest.mark.parametrize(
    "link",
    [
        # Invisible characters.
        b"cpid=1&pid=7%20&wmid=11&target=shoes&subid=abc",
        b"cpid=1&pid=+7&wmid=%0a11&target=shoes%0d%0a&subid=abc%09",
        b"cpid=1&pid=7%E2%80%8B&wmid=11&target=shoes&subid=%EF%BB%BFabc",
        b"cpid=1&pid=7%A0&wmid=11&target=shoes&subid=abc%C2%AD",
        b"+cpid=1&pid%20=7&%EF%BB%BFwmid=11&target=shoes&subid=abc",
        # Separators.
        b"cpid=1&amp;pid=7&amp;wmid=11&amp;target=shoes&amp;subid=abc",
        b"cpid=1&amp;amp;pid=7&#038;wmid=11&#x26;target=shoes&AMP;subid=abc",
        b"cpid=1&amp%3Bpid=7&amp%3Bwmid=11&amp%3Btarget=shoes&amp%3Bsubid=abc",
        b"cpid=1;pid=7;wmid=11;target=shoes;subid=abc",
        b"cpid=1;pid=7;wmid=11;target=shoes&subid=abc",
        b";cpid=1;;pid=7;;;wmid=11;;target=shoes;;subid=abc;;",
        # Names.
        b"cpid=1&p%69d=7&wm%69d=11&target=shoes&sub%69d=abc",
        b"CPID=1&Pid=7&WmId=11&TARGET=shoes&SubId=abc",
        b"PID=99&cpid=1&pid=7&wmid=11&target=shoes&subid=abc",
    ],
)
def test_odd_spellings_of_a_link_say_what_it_says(link: bytes) -> None:
    picture = Picture(CATALOG)
    plain, plain_subid, _ = picture.read(PLAIN_LINK)
    for _ in range(2):
        plan, subid, _ = picture.read(link)
        assert (plan.outcome, plan.partner, plan.creative, plan.target) == (
            plain.outcome, plain.partner, plain.creative, plain.target,
        )  # fmt: skip
        assert text_of(subid) == text_of(plain_subid) == "abc"
    assert plain.outcome == "ok"


@pytest.mark.parametrize(
    ("link", "target", "subid"),
    [
        (b"cpid=1&pid=7&subid=a;b", "default", "a;b"),
        (b"cpid=1&pid=7&subid=a;wmid=99", "default", "a;wmid=99"),
        (b"cpid=1;pid=7;subid=a;b", "default", "a;b"),
        (b"cpid=1&pid=7&target=https://shop.example/p;v=1?a=1;b=2", "https://shop.example/p;v=1?a=1;b=2", ""),
        (b"cpid=1&pid=7&subid=a&amp;b", "default", "a"),
        (b"cpid=1&pid=7&subid=A%20%20B", "default", "A  B"),
    ],
)
def test_a_semicolon_in_a_value_survives(link: bytes, target: str, subid: str) -> None:
    picture = Picture(CATALOG)
    picture.read(b"cpid=1&pid=7&subid=x")  # the short way is known
    for _ in range(2):
        plan, raw, _ = picture.read(link)
        assert (plan.outcome, plan.target, text_of(raw)) == ("ok", target, subid)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"https://shop.example/a%2Fb+c", "https://shop.example/a%2Fb+c"),
        (b"https%3A%2F%2Fshop.example%2Fa%252Fb", "https://shop.example/a%2Fb"),
        (b"shoes+and%20more", "shoes and more"),
        (b"+%20https://shop.example/p%20%0D%0a", "https://shop.example/p"),
        (b"https://shop.example/p?q=c++%E2%80%8b", "https://shop.example/p?q=c++"),
        (b"https://stra%C3%9Fe.example/%C3%9F", "https://stra\xdfe.example/%C3%9F"),
    ],
)
def test_a_deeplink_in_clear_keeps_its_escapes(raw: bytes, text: str) -> None:
    assert target_of(raw) == text


def test_memory_is_bounded_whatever_links_come() -> None:
    picture = Picture(CATALOG)
    for number in range(MAX_PLANS * 2):
        picture.read(b"cpid=1&pid=%d&subid=x" % number)
    assert len(picture._plans) <= MAX_PLANS
    assert len(picture._known) <= MAX_PLANS
    before = len(picture._plans)
    picture.read(b"cpid=1&pid=7&target=" + b"x" * MAX_KEY_BYTES)
    assert len(picture._plans) == before


def test_a_watch_swaps_what_is_newer_and_readable(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    assert not watch.look()
    catalogfile.write(tmp_path, CATALOG)
    assert watch.look()
    assert not watch.look()
    assert (watch.picture.version, watch.fault) == (1, "")
    current = tmp_path / catalogfile.CURRENT
    current.write_bytes(b"torn")
    assert not watch.look()
    assert (watch.picture.version, watch.faults) == (1, 1)
    current.unlink()
    assert not watch.look()
    catalogfile.write(tmp_path, replace(CATALOG, version=0))
    assert not watch.look()
    assert "older" in watch.fault
    catalogfile.write(tmp_path, replace(CATALOG, version=5))
    assert watch.look()
    assert (watch.picture.version, watch.fault, watch.swaps) == (5, "", 2)


@pytest.mark.parametrize("byte", range(256))
def test_the_short_way_takes_only_lines_that_llhttp_takes(byte: int) -> None:
    """And none in which httptools would read another address than the one between the blanks."""
    query = b"a=" + bytes([byte]) + b"&b"
    line = b"GET /go.cgi?" + query + b" HTTP/1.1\r\n"
    if not PLAIN_LINE(line):
        return
    seen: list[bytes] = []

    class Seer:
        def on_url(self, url: bytes) -> None:
            seen.append(url)

    parser = httptools.HttpRequestParser(Seer())
    parser.feed_data(line + b"Host: t\r\n\r\n")
    assert seen == [b"/go.cgi?" + query]
    assert parser.get_http_version() == "1.1"


def test_the_short_way_takes_what_browsers_send() -> None:
    taken = [byte for byte in range(256) if PLAIN_LINE(b"GET /go.cgi?" + bytes([byte]) + b" HTTP/1.1\r\n")]
    assert set(b"abcXYZ019-._~%=&+!$'()*,;:@/?") <= set(taken)
    assert not set(b" #\r\n\0\t\x7f\x80\xff") & set(taken)
    for line in (b"GET /go.cgi HTTP/1.1\r\n", b"HEAD /go.cgi?a HTTP/1.1\r\n", b"GET /go.cgi?a HTTP/1.0\r\n", b"\r\n"):
        assert not PLAIN_LINE(line)


def test_the_published_file_is_read_back_as_it_was(tmp_path: Path) -> None:
    catalogfile.write(tmp_path, CATALOG)
    assert catalogfile.read(tmp_path / catalogfile.CURRENT) == CATALOG
    assert catalogfile.read(catalogfile.version_file(tmp_path, 1)) == CATALOG
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
