"""Deeplinks: listed hosts only. Every trick that makes a browser read another host than a server did."""

from urllib.parse import quote

import pytest

from clicktrail.core.deeplink import allowed, ascii_host, decode_partly, is_address, parse

HOSTS = (
    "shop.example",
    "shop.example:8443",
    "*.brand.example",
    "*.port.example:9000",
    "shop.example:65535",
    "shop.example:65536",
    "xn--mller-kva.example",
)


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("https://shop.example/", "https://shop.example/"),
        ("http://shop.example/", "http://shop.example/"),
        ("https://shop.example", "https://shop.example/"),
        ("https://shop.example?a=b", "https://shop.example/?a=b"),
        ("https://shop.example#top", "https://shop.example/#top"),
        ("https://shop.example/a?b=https://evil.example/#c", "https://shop.example/a?b=https://evil.example/#c"),
        ("https://shop.example/a@evil.example", "https://shop.example/a@evil.example"),
        ("https://shop.example//evil.example", "https://shop.example//evil.example"),
        ("https://shop.example:443/", "https://shop.example/"),
        ("http://shop.example:80/", "http://shop.example/"),
        ("https://shop.example:8443/a", "https://shop.example:8443/a"),
        ("http://shop.example:8443/a", "http://shop.example:8443/a"),
        ("HTTPS://SHOP.Example/A", "https://shop.example/A"),
        ("https://www.brand.example/", "https://www.brand.example/"),
        ("https://a.b.brand.example/", "https://a.b.brand.example/"),
        ("https://shop.example:65535/", "https://shop.example:65535/"),
        ("https://x.port.example:9000/", "https://x.port.example:9000/"),
        ("https://müller.example/ü", "https://xn--mller-kva.example/ü"),
        ("https://MÜLLER.example/", "https://xn--mller-kva.example/"),
        ("https://xn--mller-kva.example/", "https://xn--mller-kva.example/"),
        ("https://ｓｈｏｐ.example/", "https://shop.example/"),
        ("https://shop。example/", "https://shop.example/"),
        ("https://shop.example/a b", "https://shop.example/a b"),
        ("https://shop.example/a\\b", "https://shop.example/a\\b"),
        ("https://shop.example/?a=1&amp;b=2", "https://shop.example/?a=1&b=2"),
        ("shop.example/p?a=b", "https://shop.example/p?a=b"),
        ("www.brand.example/p", "https://www.brand.example/p"),
        ("shop.example:8443/p", "https://shop.example:8443/p"),
        ("shop.example?a=b", "https://shop.example/?a=b"),
        ("https://sh\xadop.example/", "https://shop.example/"),
        ("https://m%C3%BCller.example/%C3%BC", "https://xn--mller-kva.example/%C3%BC"),
        ("https://M%c3%9cLLER.example?a=%26", "https://xn--mller-kva.example/?a=%26"),
        ("https://mu%CC%88ller.example/", "https://xn--mller-kva.example/"),
        ("https://m%FCller.example/", "https://xn--mller-kva.example/"),
        ("https%3A%2F%2Fm%25C3%25BCller.example%2F", "https://xn--mller-kva.example/"),
    ],
)
def test_listed(target: str, address: str) -> None:
    assert allowed(target, HOSTS) == address


@pytest.mark.parametrize("address", ["https://shop.example/p?a=b&c=d%26e#f", "http://shop.example:8443/ü?x=1%2B1"])
def test_encoded_once_or_twice(address: str) -> None:
    """What the link's own decoding leaves of a target that came encoded twice is decoded once more."""
    assert allowed(address, HOSTS) == address
    assert allowed(quote(address, safe=""), HOSTS) == address
    assert allowed(quote(address, safe="").lower(), HOSTS) == address.lower()
    assert allowed(quote(address, safe=":"), HOSTS) == address


ATTACKS = [
    # another host
    "https://evil.example/",
    "https://evil.example/https://shop.example/",
    "https://evil.example?https://shop.example/",
    "https://evil.example#https://shop.example/",
    "https://shop.example.evil.example/",
    "https://evilshop.example/",
    "https://shop.exampl",
    "https://brand.example/",
    "https://evilbrand.example/",
    "https://.brand.example/",
    "https://www.brand.example.evil.example/",
    # user part
    "https://shop.example@evil.example/",
    "https://shop.example:443@evil.example/",
    "https://user:password@shop.example/",
    "https://@shop.example/",
    "https://evil.example@shop.example/",
    "https://shop.example%40evil.example/",
    "https://m%C3%BCller.example%40evil.example/",
    "https://shop.example%2F@evil.example/",
    "https://evil.example%2F%40shop.example/",
    "https://evil.example%23.brand.example/",
    "https://evil.example%3F.brand.example/",
    "https://evil.example%5C.brand.example/",
    "https://evil%0D%0A.brand.example/",
    "https://evil%00.brand.example/",
    "https://shop.example%2540evil.example/",
    "https://evil.example%EF%BC%8F.brand.example/",
    "https://evil.example%EF%BC%A0shop.example/",
    # backslashes, which browsers take for slashes
    "https://evil.example\\@shop.example/",
    "https://evil.example\\.shop.example/",
    "https:\\\\evil.example/",
    "https:/\\evil.example/",
    "https://\\shop.example/",
    "https://shop.example\\.evil.example/",
    "\\\\evil.example",
    # no scheme, another scheme, slashes too few or too many
    "//evil.example/",
    "//shop.example/",
    "///evil.example/",
    "/\\evil.example",
    "https:/shop.example/",
    "https:shop.example/",
    "https:evil.example",
    "https:///evil.example/",
    "https:////evil.example/",
    "https:///shop.example/",
    "javascript:alert(1)",
    "javascript://shop.example/%0aalert(1)",
    "data:text/html,x",
    "ftp://shop.example/",
    "file://shop.example/",
    "shop.example",
    "https",
    "https://",
    "",
    # ports
    "https://shop.example:444/",
    "https://shop.example:80/",
    "http://shop.example:443/",
    "https://shop.example:/",
    "https://shop.example:0/",
    "https://shop.example:0443/",
    "https://shop.example:+443/",
    "https://shop.example:443a/",
    "https://shop.example:443:443/",
    "https://shop.example:65536/",
    "https://shop.example:65979/",
    "https://shop.example:99999999999/",
    "https://shop.example:４４３/",
    "https://shop.example:8443@evil.example/",
    "https://x.port.example/",
    "https://www.brand.example:9000/",
    # dots and odd hosts
    "https://shop.example./",
    "https://shop.example../",
    "https://shop..example/",
    "https://.shop.example/",
    "https://[::1]/",
    "https://[shop.example]/",
    "https://shop.example]/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://*.brand.example/",
    "https://-shop.example/",
    "https://shop%2Eexample/",
    "https://shop.example%2F@evil.example/",
    "https://evil.example%2F.brand.example/",
    "https://evil.example%23.brand.example/",
    "https://evil.example%00.brand.example/",
    "https://evil.example\u2100.brand.example/",
    "https://evil.example／.brand.example/",
    "https://evil.example？.brand.example/",
    "https://evil.example＃.brand.example/",
    "https://evil.example＠shop.example/",
    "https://sh\u00f8p.example/",
    "https://ѕhop.example/",
    "https://<% SUBID %>.brand.example/",
    "https://<% SUBID %>/",
    # controls and blanks
    " https://evil.example/",
    "\thttps://shop.example/",
    "\x01https://shop.example/",
    "h\nttps://evil.example/",
    "https:\n//evil.example/",
    "https://ev\til.example/",
    "https://shop.example\t.evil.example/",
    "https://shop.example\n/",
    "https://shop.example \n/",
    "https://shop.example .evil.example/",
    "https://shop.example/\r\nSet-Cookie: a=b",
    "https://shop.example/\r\n\r\n<html>",
    "https://shop.example/\nLocation: https://evil.example/",
    "https://shop.example/\t",
    "https://shop.example/\0",
    "https://shop.example/\x7f",
    "https://shop.example/\x85",
    "https://shop.example/\u2028",
    "https://evil.example\0.brand.example/",
    "https://\ud800.brand.example/",
]


@pytest.mark.parametrize("target", ATTACKS)
def test_not_listed(target: str) -> None:
    assert allowed(target, HOSTS) is None
    assert allowed(quote(target, safe="", errors="replace"), HOSTS) is None


def test_decoded_no_further_than_twice() -> None:
    """A third layer stays text: of two readers one would stop earlier than the other."""
    thrice = quote(quote("https://shop.example/", safe=""), safe="")
    assert allowed(thrice, HOSTS) is None


def test_an_encoded_line_end_stays_encoded() -> None:
    assert allowed("https://shop.example/%0d%0aX:y", HOSTS) == "https://shop.example/%0d%0aX:y"
    assert allowed(quote("https://shop.example/\r\nX:y", safe=""), HOSTS) is None


@pytest.mark.parametrize("listed", ["", ":", "shop.example:", "shop.example:abc", "*.", "*", "https://shop.example"])
def test_a_list_with_a_slip_in_it_harms_nobody(listed: str) -> None:
    assert allowed("https://evil.example/", (listed, "shop.example")) is None
    assert allowed("https://shop.example/", (listed, "shop.example")) == "https://shop.example/"


def test_the_longest_host() -> None:
    assert ascii_host("a" * 249 + ".com") is not None
    assert ascii_host("a" * 250 + ".com") is None


def test_nothing_listed_nothing_allowed() -> None:
    assert allowed("https://shop.example/", ()) is None


@pytest.mark.parametrize(
    ("target", "meant_as_address"),
    [
        ("https://evil.example", True),
        ("http%3A%2F%2Fevil.example", True),
        ("HTTP%3a//x", True),
        ("default", False),
        ("https", False),
        ("//evil.example", True),
        ("https%253A%252F%252Fevil.example", True),
        ("www.evil.example", True),
        ("evil.example/p", True),
        ("evil.example", True),
        (" https://evil.example", True),
        ("ht\ttps://evil.example", True),
        ("/p", True),
        ("ftp://x", True),
        ("javascript:alert(1)", False),
        ("summer-sale_2.v3", False),
        ("", False),
    ],
)
def test_alias_or_address(target: str, meant_as_address: bool) -> None:
    assert is_address(target) is meant_as_address


@pytest.mark.parametrize(
    ("address", "decoded"),
    [
        ("p?a=1%26b%3D2", "p?a=1&b=2"),
        ("p?a%3D1%26b%3D2", "p?a=1&b=2"),
        ("p?a%3D1", "p?a=1"),
        ("p%3Fa%3D1%26b%3D2", "p?a=1&b=2"),
        ("p?q%3DM%25C3%25BCller%26x%3D1", "p?q=M%C3%BCller&x=1"),
        ("p?q%3DM%FCller%26x%3D1", "p?q=Müller&x=1"),
        # What a shop encoded stays.
        ("p", "p"),
        ("a%2Fb", "a%2Fb"),
        ("p?a=1%26b", "p?a=1%26b"),
        ("p?q=tom%26jerry", "p?q=tom%26jerry"),
        ("p?q=100%25", "p?q=100%25"),
        ("p?url=https%3A%2F%2Fx.example%2F%3Fa%3D1%26b%3D2", "p?url=https%3A%2F%2Fx.example%2F%3Fa%3D1%26b%3D2"),
        ("p?a=b%3Dc", "p?a=b%3Dc"),
        ("p?a=1%26b%3D%0d%0a", "p?a=1%26b%3D%0d%0a"),
    ],
)
def test_an_address_whose_query_was_encoded_once_more(address: str, decoded: str) -> None:
    assert decode_partly(f"https://shop.example/{address}") == f"https://shop.example/{decoded}"


@pytest.mark.parametrize(
    ("address", "decoded"),
    [
        ("https://stra%C3%9Fe.shop.example/", "https://stra\xdfe.shop.example/"),
        ("https://stra%c3%9fe.shop.example:8443/a%2Fb", "https://stra\xdfe.shop.example:8443/a%2Fb"),
        ("https://stra%DFe.example", "https://stra\xdfe.example"),
        # Nothing that could end the host or begin another one.
        ("https://shop.example%2Fevil.example/", "https://shop.example%2Fevil.example/"),
        ("https://shop.example%40evil.example/", "https://shop.example%40evil.example/"),
        ("https://shop.example%3A80/", "https://shop.example%3A80/"),
    ],
)
def test_encoded_letters_of_a_host_are_decoded(address: str, decoded: str) -> None:
    assert decode_partly(address) == decoded


@pytest.mark.parametrize("sign", ["\uff0f", "\uff20", "\uff1a", "\uff1f", "\uff05", "\u2100", "\u3002evil.", "\ufe56"])
def test_no_letter_in_a_host_becomes_a_separator(sign: str) -> None:
    for name in (f"evil.example{sign}.shop.example", f"shop.example{sign}evil.example"):
        address = decode_partly(f"https://{quote(name)}/")
        assert allowed(address, ("shop.example",)) is None
        found = parse(allowed(address, ("*.shop.example",)) or "https://www.shop.example")
        assert found is not None and found.host.endswith(".shop.example")


@pytest.mark.parametrize("text", ["shoes", "//x%3Fa%3D1", "https%3A%2F%2Fshop.example%2Fp%3Fa%3D1%26b%3D2", ""])
def test_only_an_address_in_clear_is_partly_encoded(text: str) -> None:
    assert decode_partly(text) == text


@pytest.mark.parametrize(
    ("name", "host"),
    [
        # UTS 46, non-transitional: the very names that browsers ask for.
        ("straße.shop.example", "xn--strae-oqa.shop.example"),
        ("STRASSE.example", "strasse.example"),
        ("faß.de", "xn--fa-hia.de"),
        ("βόλος.com", "xn--nxasmm1c.com"),
        ("kasse.MÜLLER.test", "kasse.xn--mller-kva.test"),
        ("ＭÜLLER．example", "xn--mller-kva.example"),
        ("shop｡example", "shop.example"),
        ("☕.example", "xn--53h.example"),
        ("mu\u0308ller.example", "xn--mller-kva.example"),
        ("İstanbul.example", "xn--istanbul-o0e.example"),
        ("שלום.example", "xn--9dbne9b.example"),
        ("sh\xadop.example", "shop.example"),
        ("sh\u200bop.example", "shop.example"),
        ("a\u200db.example", None),
        ("\u0300a.example", None),
        ("aא.example", None),
        ("a\u2100b.example", None),
        ("ex\ufffdample.example", None),
        ("ü..example", None),
        ("ü.", None),
        ("ü" * 300 + ".example", None),
    ],
)
def test_hosts_in_other_letters(name: str, host: str | None) -> None:
    assert ascii_host(name) == host


@pytest.mark.parametrize(
    ("name", "host"),
    [("Shop.Example", "shop.example"), ("müller.example", "xn--mller-kva.example"), ("a_b.example", "a_b.example")]
    + [(name, None) for name in ("", ".", "a.", "a..b", "a b", "a/b", "a" * 254, "ü" * 300, "\ud800", "a\n")],
)
def test_hosts_as_dns_knows_them(name: str, host: str | None) -> None:
    assert ascii_host(name) == host


def test_parts_of_an_address() -> None:
    address = parse("HTTP://Shop.Example:8080/A?b#c")
    assert address is not None
    assert (address.scheme, address.host, address.port, address.rest) == ("http", "shop.example", 8080, "/A?b#c")
    assert str(address) == "http://shop.example:8080/A?b#c"
