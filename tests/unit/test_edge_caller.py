"""Who calls, and what of it may be kept."""

from ipaddress import ip_address

import pytest

from clicktrail.addresses import Networks, parse, parse_client_header, private
from clicktrail.edge.caller import Registry, visitor

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
LOOPBACK = Networks(["127.0.0.0/8", "::1/128"])


def registry(trusted: Networks = LOOPBACK, privacy: str = "truncate") -> Registry:
    return Registry(trusted, LOOPBACK, privacy, KEY, KEY)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", None),
        ("", None),
        ("203.0.113.777", None),
        ("[", None),
    ],
)
def test_addresses_as_they_are_written(text: str, address: str | None) -> None:
    assert parse(text) == (ip_address(address) if address else None)


@pytest.mark.parametrize(
    ("mode", "v4", "v6"),
    [
        ("keep", "203.0.113.77", "2001:db8:1:2::9"),
        ("truncate", "203.0.113.0", "2001:db8:1::"),
        ("drop", "", ""),
    ],
)
def test_what_is_stored(mode: str, v4: str, v6: str) -> None:
    assert private(ip_address("203.0.113.77"), mode, KEY) == v4
    assert private(ip_address("2001:db8:1:2::9"), mode, KEY) == v6
    assert private(None, mode, KEY) == ""


def test_a_hash_tells_addresses_apart_and_needs_its_key() -> None:
    one, two = ip_address("203.0.113.77"), ip_address("203.0.113.78")
    hashed = private(one, "hash", KEY)
    assert len(hashed) == 32
    assert "203" not in hashed
    assert hashed == private(one, "hash", KEY)
    assert hashed not in (private(two, "hash", KEY), private(one, "hash", OTHER_KEY))


def test_a_visitor_is_address_and_browser_for_one_key() -> None:
    address = ip_address("203.0.113.77")
    names = {
        visitor(KEY, address, b"a"),
        visitor(KEY, address, b"b"),
        visitor(KEY, ip_address("203.0.113.78"), b"a"),
        visitor(OTHER_KEY, address, b"a"),
    }
    assert {len(name) for name in names} == {8}
    assert len(names) == 4
    assert visitor(KEY, address, b"a") in names


@pytest.mark.parametrize(
    ("peer", "forwarded", "derived"),
    [
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "9.9.9.9, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "203.0.113.7, 127.0.0.2", "203.0.113.7"),
        ("127.0.0.1", "127.0.0.3, 127.0.0.2", "127.0.0.3"),
        ("198.51.100.1", "203.0.113.7", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.7, nonsense", "127.0.0.1"),
        ("127.0.0.1", "nonsense, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", ",,", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_a_stranger_cannot_choose_his_address(peer: str, forwarded: str, derived: str) -> None:
    assert registry().derive(parse(peer), forwarded.encode()) == parse(derived)


CDN = Networks(["203.0.113.0/24", "2001:db8:cd::/48"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "named", "derived"),
    [
        # The CDN connects to us, or to our own proxy.
        ("203.0.113.9", "", "198.51.100.7", "198.51.100.7"),
        ("203.0.113.9", "1.2.3.4, 198.51.100.7", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "1.2.3.4, 198.51.100.7, 203.0.113.9", "198.51.100.7", "198.51.100.7"),
        ("2001:db8:cd::1", "", "2001:db8::7", "2001:db8::7"),
        # Somebody who reaches us past the CDN names himself in vain.
        ("198.51.100.66", "", "1.2.3.4", "198.51.100.66"),
        ("127.0.0.1", "198.51.100.66", "1.2.3.4", "198.51.100.66"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.66", "1.2.3.4", "198.51.100.66"),
        ("127.0.0.1", "", "1.2.3.4", "127.0.0.1"),
        # A header that names nothing, or two.
        ("203.0.113.9", "", "", "203.0.113.9"),
        ("203.0.113.9", "", "unknown", "203.0.113.9"),
        ("203.0.113.9", "", "1.2.3.4, 198.51.100.7", "203.0.113.9"),
    ],
)
def test_a_cdn_names_the_client_and_nobody_else_does(peer: str, forwarded: str, named: str, derived: str) -> None:
    cdn = Registry(LOOPBACK, LOOPBACK, "keep", KEY, KEY, "CF-Connecting-IP", CDN)
    headers = {b"x-forwarded-for": forwarded.encode(), b"cf-connecting-ip": named.encode()}
    assert cdn.caller(parse(peer), headers).address == parse(derived)
    twins = {b"x_forwarded_for": b"1.1.1.1", b"cf_connecting_ip": b"1.1.1.1", b"true-client-ip": b"1.1.1.1"}
    assert cdn.caller(parse(peer), headers | twins).address == parse(derived)
    assert registry().caller(parse("127.0.0.1"), {b"cf-connecting-ip": b"1.2.3.4"}).address == parse("127.0.0.1")


@pytest.mark.parametrize(
    ("name", "value", "address"),
    [
        ("CF-Connecting-IP", "198.51.100.7", "198.51.100.7"),
        ("True-Client-IP", " 2001:db8::7 ", "2001:db8::7"),
        ("Fastly-Client-IP", "198.51.100.7", "198.51.100.7"),
        ("CloudFront-Viewer-Address", "198.51.100.7:46532", "198.51.100.7"),
        ("CloudFront-Viewer-Address", "2001:db8:0:0:0:0:0:7:46532", "2001:db8::7"),
        ("CloudFront-Viewer-Address", "[2001:db8::7]:46532", "2001:db8::7"),
        ("CF-Connecting-IP", "", None),
        ("CF-Connecting-IP", "a, b", None),
    ],
)
def test_the_headers_of_cdns(name: str, value: str, address: str | None) -> None:
    assert parse_client_header(name, value) == (parse(address) if address else None)


def test_a_caller_is_read_from_headers_cut_and_clean() -> None:
    headers = {
        b"user-agent": b"F\xc3\xbcchsin\xff\0" + b"x" * 2000,
        b"referer": b"https://r.example/" + b"x" * 5000,
        b"accept": b"text/html, Application/JSON;q=0.5",
    }
    caller = registry().caller(parse("127.0.0.1"), headers)
    assert caller.user_agent.startswith("FÃ¼chsinÿ\ufffdx")
    assert (len(caller.user_agent), len(caller.referrer)) == (512, 2048)
    assert (caller.wants_json, caller.is_listed, caller.prefetch) == (True, True, False)
    assert not registry().caller(parse("203.0.113.7"), {}).is_listed
    assert not registry().caller(None, {}).is_listed


def test_networks_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="not-a-network"):
        Networks(["not-a-network"])
