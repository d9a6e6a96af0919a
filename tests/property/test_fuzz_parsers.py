"""Bytes that nobody meant, into every parser of the core: an answer or its own error, never another one.

Well-formed samples are cut, doubled, crossed and sprinkled with what breaks parsers. What
comes out is held against a second opinion where there is one: urllib for forms, Decimal for
amounts, a browser's way of reading an address for deeplinks.
"""

import json
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec
import pytest
from support.cast import CATALOG as CAST

from clicktrail import catalogfile, settings
from clicktrail.core import deeplink, ids, money, placeholders, postback
from clicktrail.core.catalog import Catalog, Partner, Product, Program, Rate
from clicktrail.core.clickid import DIGITS, Checks, Mint
from clicktrail.core.text import strip_invisible
from clicktrail.edge.catalog import Picture
from clicktrail.errors import CatalogError, SettingsError
from clicktrail.journal import events

INPUTS, NIGHTLY_INPUTS = 1_500, 30_000
"""Of each of the parsers here; together well over 200,000 in the nightly form."""
SLOWEST_S = 1.0
"""Of the processor, whoever else wants it. One input may not hold up a worker; the real ones take microseconds."""

SPICE = (
    *(b"\0", b"\r\n", b"\n", b"\t", b" ", b"%", b"%00", b"%0d%0a", b"%zz", b"%E2%82%AC", b"%F0%9F", b"+", b"&", b"&&"),
    *(b"=", b"==", b";", b"#", b"?", b"/", b"//", b"\\", b"@", b":", b"::", b"[::1]", b"%40", b"%2f", b"%5c", b"\xff"),
    *(b"\xc0\x80", b"\xed\xa0\x80", "ÅÄ…😀\u202e\u2028".encode(), b"<% CLICKID %>", b"<%", b"%>", b"<script>", b"'"),
    *(
        b'"',
        b"{",
        b"}",
        b"[",
        b"]",
        b"[[",
        b'{"a":',
        b"null",
        b"NaN",
        b"1e999",
        b"-0",
        b"9" * 40,
        b"0" * 40,
        b"A" * 300,
    ),
    *(b",", b".", b"..", b"1.234,56", "٣".encode(), "²".encode(), b"cpid=1", b"tid=", b"umsatz=", b"key=", b"--x\r\n"),
    b"A" * 300,
    b"\x91" * 2000,
)

SITES = ("shop.example", "shop.example:8443", "*.brand.example")


@dataclass(frozen=True)
class Inputs:
    number: int
    day: str
    """Part of every seed: the nightly form breaks the samples in other ways each day."""


@pytest.fixture
def inputs(nightly: bool) -> Inputs:
    return Inputs(NIGHTLY_INPUTS, datetime.now(UTC).date().isoformat()) if nightly else Inputs(INPUTS, "")


def mutants(samples: list[bytes], inputs: Inputs, seed: str) -> Iterator[bytes]:
    """Broken children of the samples; the same for the same seed and day."""
    dice = random.Random(seed + inputs.day)
    yield from samples
    for _ in range(inputs.number):
        child = bytearray(dice.choice(samples))
        for _ in range(dice.choice((1, 1, 2, 3, 8))):
            _break(child, samples, dice)
        yield bytes(child[:4096])


def _break(child: bytearray, samples: list[bytes], dice: random.Random) -> None:
    at, size = dice.randint(0, len(child)), dice.choice((0, 1, 1, 2, 8, 40))
    kind = dice.randrange(6)
    if kind == 0:
        child[at:at] = dice.choice(SPICE)
    elif kind == 1:
        child[at : at + size] = b""
    elif kind == 2:
        child[at : at + 1] = bytes([dice.randrange(256)])
    elif kind == 3:
        child[at:at] = bytes(child[at : at + size]) * dice.choice((1, 2, 20))
    elif kind == 4:
        child[at:] = dice.choice(samples)[at:]
    else:
        child[at : at + size] = dice.choice(SPICE)


def texts(samples: list[str], inputs: Inputs, seed: str) -> Iterator[str]:
    for raw in mutants([sample.encode() for sample in samples], inputs, seed):
        yield raw.decode("utf-8", "surrogateescape" if len(raw) % 7 == 0 else "replace")


FORMS = [
    b"cpid=1&tid=A-1&clickid=QC423840809685489623456289367&umsatz=95.50&produkt=Sale",
    b"cpid=1&tid=%C3%84+1&umsatz=95%2C50&subid=a%26b&token=S3CRET&nocheck=1",
    b"tid=1&tid=2&tid=&&=x&cpid&umsatz=1",
]
JSONS = [
    b'{"cpid": 1, "tid": "A-1", "umsatz": 95.50, "items": [{"sku": "x", "api_key": "S3CRET"}], "ok": true}',
    b'{"cpid": "1", "tid": null, "umsatz": 80.25210084033614, "n": 1e3, "u": "\\ud83d\\ude00 \\ud83d"}',
    b"[" * 500 + b"]" * 500,
    b'{"a":' * 500 + b"1" + b"}" * 500,
]
PARTS = [
    b'--x\r\nContent-Disposition: form-data; name="cpid"\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; '
    b'name="tid"\r\n\r\nA-1\r\n--x--\r\n'
]
TYPES = (b"", b"application/json", b"application/x-www-form-urlencoded; charset=latin-1", b"text/plain", b"image/png",
         b"multipart/form-data; boundary=x", b'multipart/form-data; boundary="x"', b"a/b+json")  # fmt: skip


def test_calls(inputs: Inputs) -> None:
    """Whatever an address and a body hold, there are clean texts and a fault or none; never an exception."""
    dice = random.Random("types")
    queries = mutants(FORMS, inputs, "queries")
    for body in mutants(FORMS + JSONS + PARTS, inputs, "bodies"):
        query, kind = next(queries, b""), dice.choice(TYPES)
        began = time.process_time()
        params, fault = postback.read(query, body, kind)
        call = postback.from_params(params, fault)
        assert time.process_time() - began < SLOWEST_S, (query, body, kind)
        assert len(params) <= postback.MAX_PARAMS
        assert isinstance(call.fault, str) and (not fault or call.fault == fault)
        for text in (*params, *params.values()):
            text.encode("utf-8")
            assert "\0" not in text, (query, body, kind)
        json.loads(json.dumps(params))


def test_a_form_says_what_another_reader_reads(inputs: Inputs) -> None:
    """Where the bytes are UTF-8 and `&` alone separates: there nothing has to be guessed."""
    compared = 0
    for raw in mutants(FORMS, inputs, "forms"):
        params, fault = postback.read(raw)
        assert not fault, raw
        if b";" in raw or not _is_utf8(unquote_to_bytes(raw)):
            continue
        compared += 1
        ascii_only = "".join(chr(byte) if byte < 128 else f"%{byte:02X}" for byte in raw)
        pairs = parse_qsl(ascii_only, keep_blank_values=True)
        second = {strip_invisible(name): strip_invisible(value).replace("\0", "\ufffd") for name, value in pairs}
        for name in ("cpid", "tid", "umsatz", "produkt", "pid", "subid", "wmid"):
            assert params.get(name) == second.get(name), raw
    assert compared > inputs.number / 3


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


LINKS = [
    b"cpid=1&pid=7&wmid=11&subid=a%26b&target=https%3A%2F%2Fshop.example%2Fp%3Fa%3Db",
    b"cpid=1&amp;pid=7&amp;wmid=11;SUBID=x;y&ref=https://x.example/?a=1;b=2&format=json&view=0",
    b"p%69d=+7%E2%80%8B&cpid=1;wmid=cc&subid=&subid=b",
]


def test_links(inputs: Inputs) -> None:
    """The short way and the long way say the same, and neither fails, however often a link comes."""
    kept = Picture(CAST)
    for raw in mutants(LINKS, inputs, "links"):
        began = time.process_time()
        first = Picture(CAST).read(raw)
        again = kept.read(raw), kept.read(raw)
        assert time.process_time() - began < SLOWEST_S, raw
        for plan, subid, _ in again:
            assert (plan.outcome, plan.program, plan.partner, plan.creative, plan.target, subid) == (
                first[0].outcome, first[0].program, first[0].partner, first[0].creative, first[0].target, first[1],
            ), raw  # fmt: skip
            assert b"\r" not in plan.form
            assert b"\n" not in plan.form


def _decoded(each_byte: str) -> str:
    """UTF-8, else Windows-1252 byte for byte."""
    raw = each_byte.encode("latin-1")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in raw)
    return text.replace("\0", "\ufffd")


AMOUNTS = ["95.5", "95,50", "80.25210084033614", "0", "000000000001.005", "1.234,56", "1e3", "1,234", "-5"]


def test_amounts(inputs: Inputs) -> None:
    """Exact minor units, half up, as Decimal reckons them; or AmountError with a sentence."""
    for text in texts(AMOUNTS, inputs, "amounts"):
        for decimals in (0, 2, 3):
            try:
                minor = money.parse_amount(text, decimals)
            except money.AmountError as fault:
                assert str(fault).endswith(".")
                continue
            with localcontext(prec=10_000):
                exact = Decimal(text.replace(",", ".")).scaleb(decimals)
                assert minor == int(exact.quantize(Decimal(1), ROUND_HALF_UP)), text
            assert re.fullmatch(r"[0-9]{1,12}([.][0-9]+|,[0-9]{1,2})?", text), text


def test_percentages_and_fixed_amounts(inputs: Inputs) -> None:
    for text in texts(["7.5", "100", "0.0001", *AMOUNTS], inputs, "percent"):
        for parse, decimals in ((money.parse_percent, 4), (lambda t: money.parse_fixed(t, 2), 2)):
            try:
                value = parse(text)
            except money.AmountError:
                continue
            assert value == Decimal(text.replace(",", ".")).scaleb(decimals), text


def test_ids(inputs: Inputs) -> None:
    for text in texts(["1", "0001", "9007199254740992", "9007199254740993", "-1", "cc", ""], inputs, "ids"):
        number = ids.read_id(text)
        assert number is None or (1 <= number <= 2**53 and text.isascii() and int(text) == number), text
        ids.names_creative(text)


CHECKS = Checks({0: bytes(32), 1: bytes(range(32))}, 1)


def test_clickids(inputs: Inputs) -> None:
    """Only what was issued is read, and as what it was issued as; a changed digit is recognised."""
    mint = Mint(3)
    issued = {CHECKS.text(id, CHECKS.tail(id)): id for id in (mint.next(1_700_000_000_000 + n) for n in range(50))}
    guessed = 0
    for text in texts(list(issued), inputs, "clickids"):
        id = CHECKS.read(text)
        if text in issued:
            assert id == issued[text]
        elif id is not None:
            guessed += 1
            assert text == f"QC{int(text[2:]):0{DIGITS}d}", text
    assert guessed <= 1, "a check of 24 bits is guessed once in sixteen million times"


ADDRESSES = [
    "https://shop.example/a?b=c#d",
    "https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc",
    "http://shop.example:8443/",
    "https://a.brand.example/x%20y?qc_clickid=QC1",
    "https://shop.example@evil.example/",
    "https://evil.example\\@shop.example/",
    "https://shop.example.evil.example/",
    "//evil.example/",
    "javascript:alert(1)//shop.example",
    "https://xn--bcher-kva.brand.example/",
    "https://Bücher.brand.example/",
]
SAFE_LOCATION = re.compile(rb"[!-~]*")


def test_deeplinks(inputs: Inputs) -> None:
    """No open redirect: whoever reads the address, his browser included, ends on a listed host."""
    for text in texts(ADDRESSES, inputs, "addresses"):
        address = deeplink.allowed(text, SITES)
        deeplink.is_address(text)
        if address is None:
            continue
        template = placeholders.compile_template(placeholders.with_clickid(address, "qc_clickid"))
        location = template.fill({"clickid": b"QC1", "subid": b"\r\nX: y"})
        assert SAFE_LOCATION.fullmatch(location), text
        assert location.count(b"QC1") >= 1, text
        scheme, host, port = _as_a_browser(location.decode())
        assert scheme in ("http", "https"), text
        assert (host, port) in _listed(scheme) or (host.endswith(".brand.example") and port in ("80", "443")), text


def _as_a_browser(address: str) -> tuple[str, str, str]:
    """Scheme, host, port by the WHATWG rules: blanks and line ends go, a backslash is a slash, the last @ counts."""
    cleaned = re.sub(r"[\t\r\n]", "", address.strip()).replace("\\", "/")
    scheme, _, rest = cleaned.partition(":")
    authority = re.split(r"[/?#]", rest.lstrip("/"), maxsplit=1)[0]
    host, _, port = authority.rpartition("@")[2].partition(":")
    return scheme.lower(), host.lower(), port or {"http": "80", "https": "443"}.get(scheme.lower(), "")


def _listed(scheme: str) -> set[tuple[str, str]]:
    return {("shop.example", "80" if scheme == "http" else "443"), ("shop.example", "8443")}


TEMPLATES = [
    "https://shop.example/?id=<% CLICKID %>&p=<%PID%>#<% SUBID %>",
    "http://x/<%  wmid %>/<% CPID%>?<% OTHER %>",
]


def test_templates(inputs: Inputs) -> None:
    """Any text compiles, and whatever is filled in, nothing breaks out of the Location header."""
    values = mutants(FORMS, inputs, "values")
    for text in texts(TEMPLATES, inputs, "templates"):
        raw = next(values, b"")
        location = placeholders.compile_template(text).fill(dict.fromkeys(placeholders.PLACEHOLDERS, raw))
        assert SAFE_LOCATION.fullmatch(location), (text, raw)


BATCH = events.encode_batch(
    [
        events.Click(1, 2, 3, 4, 5, 6, 7, "default", "sub", "ref", "10.0.0.0", "UA", "x=1", b"v" * 16, "ok", False),
        events.Postback(1, 2, 3, 4, "GET", {"tid": "1"}, "", "10.0.0.0", "UA", ""),
    ]
)


def test_journal_rows(inputs: Inputs) -> None:
    """A row that cannot be read says so in one way, which the engine sets aside."""
    for raw in mutants([BATCH, events.encode_batch([])], inputs, "batches"):
        try:
            found = events.decode_batch(raw)
        except msgspec.DecodeError:
            continue
        assert all(isinstance(event, events.Click | events.Postback) for event in found)


def test_catalog_files(tmp_path: Path, inputs: Inputs) -> None:
    """A damaged catalog is refused in one way; an edge then goes on with the one it has."""
    shop = Program(
        1, "Ä", "EUR", 2, "UTC", 30, "Sale", ("a.example",), "qc", "active", (Product(1, "Sale", Rate(1)),), {}
    )
    catalog = Catalog(7, 1, "QC", {1: shop}, {2: Partner(2, "Test", "active")})
    catalogfile.write(tmp_path, catalog)
    path = tmp_path / catalogfile.CURRENT
    for raw in mutants([path.read_bytes()], replace(inputs, number=inputs.number // 5), "catalogs"):
        path.write_bytes(raw)
        try:
            assert isinstance(catalogfile.read(path), Catalog)
        except CatalogError as fault:
            assert path.name in str(fault)


SETTINGS = [b'edge = "127.0.0.1:8400"\nworkers = 2\nprefix = "QC"\ntrusted_proxies = ["10.0.0.0/8"]\n']


def test_settings(tmp_path: Path, inputs: Inputs) -> None:
    """A settings file is taken or refused with a sentence."""
    path = tmp_path / "clicktrail.toml"
    for raw in mutants(SETTINGS, replace(inputs, number=inputs.number // 5), "settings"):
        path.write_bytes(raw)
        try:
            settings.load(tmp_path, {})
        except SettingsError as fault:
            assert str(fault)
