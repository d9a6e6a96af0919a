"""Signatures of calls: the canonical query, the time, the key; and the edge's doors."""

import hashlib
import hmac
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cast import CATALOG, SHOP, with_program

from clicktrail import keys
from clicktrail.core import signing
from clicktrail.core.access import MAX_KEYS, NO_PROOFS, Access, SigningKey, Token, token_digest, token_purpose
from clicktrail.core.postback import HIDDEN, read
from clicktrail.edge.catalog import Picture
from clicktrail.edge.proofs import Proving

NOW_MS = 1_790_000_000_000
SECRETS = {3: b"3" * 32, 4: b"4" * 32}
WINDOW_MS = 300_000
texts = st.text(max_size=8)


def signed(secret: bytes = SECRETS[3], **params: str) -> dict[str, str]:
    told = {"ts": str(NOW_MS), **params}
    return {**told, "sig": signing.sign(secret, told)}


def check(params: dict[str, str], now_ms: int = NOW_MS) -> signing.Signed:
    return signing.check(params, SECRETS, WINDOW_MS, now_ms)


CALM = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
"""Slow input says something about a busy machine, not about the code."""


@CALM
@given(st.dictionaries(texts.filter(lambda name: name != "sig"), texts))
def test_the_canonical_query_is_what_anybody_makes_with_quote(params: dict[str, str]) -> None:
    try:
        pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in params.items())
    except UnicodeEncodeError:
        return
    assert signing.canonical(params) == "&".join(f"{name}={value}" for name, value in pairs).encode()


@CALM
@given(st.dictionaries(texts, texts), st.dictionaries(texts, texts))
def test_no_two_calls_are_signed_with_the_same_bytes(one: dict[str, str], other: dict[str, str]) -> None:
    one.pop("sig", None)
    other.pop("sig", None)
    clean = [{n.encode("utf-8", "replace"): v.encode("utf-8", "replace") for n, v in d.items()} for d in (one, other)]
    if any(len(d) != len(c) for d, c in zip((one, other), clean, strict=True)):
        return
    assert (signing.canonical(one) == signing.canonical(other)) == (clean[0] == clean[1])


def test_names_are_sorted_by_themselves() -> None:
    assert signing.canonical({"a-b": "1", "a": "2", "B": "3", "sig": "x"}) == b"B=3&a=2&a-b=1"


def test_who_signed() -> None:
    assert check(signed()) == signing.Signed(3, NOW_MS)
    assert check(signed(SECRETS[4])) == signing.Signed(4, NOW_MS), "without a number every key is tried"
    assert check(signed(sigkey="3", tid="A")).by == 3
    assert check(signed() | {"sig": signed()["sig"].upper()}).by == 3
    assert check({"tid": "A", "ts": str(NOW_MS)}) == signing.UNSIGNED
    assert check({"sig": "", "ts": str(NOW_MS)}) == signing.UNSIGNED


MINUTE_MS = 60_000


@pytest.mark.parametrize(
    ("params", "now_ms", "fault"),
    [
        (signed(tid="A") | {"tid": "B"}, NOW_MS, "its signature is wrong"),
        (signed(sigkey="4"), NOW_MS, "its signature is wrong"),
        (signed(b"x" * 32), NOW_MS, "its signature is wrong"),
        (signed() | {"sig": "ß" * 64}, NOW_MS, "its signature is wrong"),
        ({"sig": "x"}, NOW_MS, "its time stamp is missing (parameter ts)"),
        (signed(ts="soon"), NOW_MS, "its time stamp is no time"),
        (signed(ts="٣"), NOW_MS, "its time stamp is no time"),
        (signed(ts="1" * 16), NOW_MS, "its time stamp is no time"),
        (signed(ts="-1"), NOW_MS, "its time stamp is no time"),
        (
            signed(),
            NOW_MS + 14 * MINUTE_MS,
            "its time stamp is 14 minutes old; the clock of the shop's server may be wrong",
        ),
        (signed(), NOW_MS - 14 * MINUTE_MS, "its time stamp is 14 minutes ahead; the clock"),
        (signed(), NOW_MS + WINDOW_MS + 1, "its time stamp is 5 minutes old"),
        (signed(sigkey="5"), NOW_MS, "it names key 5, which is revoked or does not exist"),
        (signed(sigkey="x"), NOW_MS, "its key number is none"),
        (signed(sigkey="9" * 5000), NOW_MS, "its key number is none"),
        (signed(x="1" * 8200), NOW_MS, "it has more than 8192 characters, too many for a signed call"),
    ],
)
def test_why_a_signature_does_not_count(params: dict[str, str], now_ms: int, fault: str) -> None:
    found = check(params, now_ms)
    assert (found.by, found.stamp_ms) == (0, 0)
    assert found.fault.startswith(fault)


def test_the_window_reaches_both_ways() -> None:
    for distance_ms in (WINDOW_MS, -WINDOW_MS):
        assert check(signed(), NOW_MS + distance_ms).by == 3
    assert check(signed(ts=str(NOW_MS // 1000))).stamp_ms == NOW_MS, "seconds, too"


def test_a_program_without_keys_says_so() -> None:
    found = signing.check(signed(), {}, WINDOW_MS, NOW_MS)
    assert found.fault == "the program has no signing key that counts"


# The edge's doors -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> keys.Keys:
    return keys.create(Path(tmp_path_factory.mktemp("keys")))


RULES = Access(
    signed=True, networks=("203.0.113.0/24", "2001:db8::/32"), keys=tuple(SigningKey(n, f"salt{n}") for n in (1, 2))
)


def picture(rules: Access) -> Picture:
    return Picture(with_program(access=rules))


def ask(house: keys.Keys, rules: Access, query: str, body: bytes = b"", address: str = "") -> object:
    hidden: dict[str, str] = {}
    params, _ = read(query.encode(), body, b"application/x-www-form-urlencoded", hidden)
    assert "secret word" not in str(params)
    found = ip_address(address) if address else None
    return Proving(house).proofs(picture(rules), params, hidden, found, NOW_MS)


def query_of(house: keys.Keys, key: SigningKey, **params: str) -> str:
    secret = keys.derive(house, key.purpose(SHOP))
    return urlencode(signed(secret, cpid=str(SHOP), **params))


def test_a_door_finds_out_all_at_once(house: keys.Keys) -> None:
    token = Token(7, token_digest(keys.derive(house, token_purpose(SHOP)), "secret word ö"))
    rules = Access(signed=True, networks=RULES.networks, keys=RULES.keys, tokens=(Token(6, "0" * 64), token))
    query = query_of(house, RULES.keys[1], tid="A ö", token="secret word ö", leer="")
    found = ask(house, rules, query, address="2001:db8::1")
    assert (found.signed_by, found.token, found.listed, found.fault) == (2, 7, True, "")
    assert found.stamp_ms == NOW_MS and not found.house
    wrong = ask(house, rules, query.replace("+%C3%B6", ""), address="198.51.100.1")
    assert (wrong.signed_by, wrong.token, wrong.listed) == (0, 0, False)
    assert wrong.fault == "its signature is wrong"


def test_what_counts_is_what_is_sent_last(house: keys.Keys) -> None:
    query = query_of(house, RULES.keys[0], tid="A")
    right = dict(parse_qsl(query))["sig"]
    assert ask(house, RULES, "sig=" + "0" * 64 + "&" + query).signed_by == 1
    assert ask(house, RULES, query.replace("tid=A", "tid=B&tid=A")).signed_by == 1
    for more in ("&sig=", "&sig=…", "&tid=B"):
        assert ask(house, RULES, query + more).signed_by == 0, more
    assert ask(house, RULES, query + "&sig=", body=b"sig=" + right.encode()).signed_by == 1
    assert ask(house, RULES, "cpid=3&" + query).signed_by == 1
    assert ask(house, RULES, query + "&cpid=3") == NO_PROOFS, "the other program has no rules"


def test_programs_without_rules_are_not_looked_at() -> None:
    assert Picture(CATALOG).guarded == {}
    assert list(picture(RULES).guarded) == [SHOP]


def test_a_key_goes_with_its_picture(house: keys.Keys) -> None:
    """The worker is the same; another catalog, and the key counts no more."""
    proving, query = Proving(house), query_of(house, RULES.keys[0], tid="A")
    hidden: dict[str, str] = {}
    params, _ = read(query.encode(), b"", b"", hidden)
    assert params["sig"] == HIDDEN

    def signer(rules: Access) -> int:
        return proving.proofs(picture(rules), params, hidden, None, NOW_MS).signed_by

    assert signer(RULES) == 1
    assert signer(Access(signed=True, keys=RULES.keys[1:])) == 0
    assert signer(Access(signed=True, keys=(SigningKey(1, "another salt"),))) == 0
    assert signer(RULES) == 1


def test_a_network_that_cannot_be_read_holds_nobody(house: keys.Keys) -> None:
    rules = Access(networks=("nonsense", "203.0.113.0/24"))
    assert ask(house, rules, f"cpid={SHOP}", address="203.0.113.1").listed
    assert not ask(house, rules, f"cpid={SHOP}", address="198.51.100.1").listed


def test_no_more_keys_than_allowed_are_tried(house: keys.Keys) -> None:
    many = tuple(SigningKey(n, str(n)) for n in range(1, MAX_KEYS + 2))
    rules = Access(signed=True, keys=many)
    assert ask(house, rules, query_of(house, many[MAX_KEYS - 1])).signed_by == MAX_KEYS
    assert ask(house, rules, query_of(house, many[MAX_KEYS])).signed_by == 0


def test_the_secret_is_the_one_that_the_shop_was_shown(house: keys.Keys) -> None:
    purpose = RULES.keys[0].purpose(SHOP)
    expected = hmac.new(house.master, b"call|1|1|salt1", hashlib.sha256).digest()
    assert keys.derive(house, purpose) == expected
