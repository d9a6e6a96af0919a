"""What holds for every call, however odd: a verdict of the closed list, always the same, told in plain sentences."""

import json
from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st
from support.cast import CATALOG, CLICK_ID, NOW_MS

from clicktrail.core import explain
from clicktrail.core.access import Proofs
from clicktrail.core.case import ABSENT, UNREAD, ClickFacts, Earlier
from clicktrail.core.click import decide
from clicktrail.core.deeplink import allowed
from clicktrail.core.judge import judge
from clicktrail.core.lifecycle import STATES
from clicktrail.core.placeholders import compile_template
from clicktrail.core.postback import Postback, from_params, read
from clicktrail.core.reasons import CLICK_OUTCOMES, NAMES_EARLIER, REASONS
from clicktrail.core.story import story

MAX_MINOR = 10**16

odd = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
numbers = st.sampled_from(["1", "2", "3", "4", "5", "7", "8", "9", "10", "11", "12", "13", "99", "cc", "0", "-1"])
amounts = st.sampled_from(["95.50", "95,5", "1,234", "abc", "0", "999999999999.99", "1e3"])
products = st.sampled_from(["Sale", "Lead", "sale", "Hat"])
params = st.fixed_dictionaries(
    {},
    optional={
        "cpid": st.just("1") | numbers | odd,
        "tid": st.just("A-1") | odd,
        "clickid": st.just("QC1") | odd,
        "produkt": products | odd,
        "umsatz": amounts | odd,
        "pid": numbers | odd,
        "subid": odd,
        "wmid": numbers | odd,
        "nocheck": st.sampled_from(["1", "0", ""]),
        "status": st.sampled_from(["confirmed", "cancelled", "open", "x"]),
    },
)
proofs = st.builds(
    Proofs,
    house=st.booleans(),
    signed_by=st.integers(0, 2),
    token=st.integers(0, 1),
    listed=st.booleans(),
    fault=st.sampled_from(["", "its signature is wrong"]),
    stamp_ms=st.integers(0, 2 * NOW_MS),
)
postbacks = st.builds(from_params, params, st.sampled_from(["", "", "", "it is damaged."]), proofs)
clicks = st.builds(
    ClickFacts,
    id=st.just(CLICK_ID),
    at_ms=st.integers(0, 2 * NOW_MS),
    program=st.sampled_from([1, 1, 3]),
    partner=st.sampled_from([0, 2, 7, 8, 9, 99]),
    creative=st.sampled_from([0, 11, 99]),
    subid=odd,
    referrer=odd,
    outcome=st.sampled_from(["ok", "ok", "ok", *CLICK_OUTCOMES, "something_new"]),
)
earlier = st.builds(
    Earlier,
    number=st.integers(1, 2**53),
    partner=st.sampled_from([2, 7, 8]),
    product=products,
    revenue_minor=st.none() | st.integers(0, MAX_MINOR),
    click_id=st.sampled_from([None, CLICK_ID, CLICK_ID + 1]),
    state=st.sampled_from(STATES),
    trusted=st.booleans(),
    stamp_ms=st.integers(0, 2 * NOW_MS),
)
worlds = st.fixed_dictionaries(
    {
        "click_id": st.sampled_from([None, CLICK_ID]),
        "click": st.sampled_from([None, UNREAD, ABSENT]) | clicks,
        "earlier": st.none() | earlier,
        "now_ms": st.integers(0, 2 * NOW_MS),
    }
)


@given(postbacks, worlds)
def test_any_call_has_one_verdict_for_ever(postback: Postback, world: dict) -> None:
    before = deepcopy((postback, world))
    found = judge(postback, catalog=CATALOG, **world)
    assert judge(postback, catalog=CATALOG, **world) == found
    assert (postback, world) == before
    assert found.reason in REASONS
    assert found.saved == (found.reason == "saved") == (found.award is not None)
    assert (found.transaction is not None) == (found.reason in NAMES_EARLIER)
    assert json.loads(json.dumps(found.facts)) == found.facts


@given(postbacks, worlds, st.none() | st.integers(1, 2**53))
def test_every_verdict_is_a_sentence(postback: Postback, world: dict, transaction: int | None) -> None:
    """From the facts as the ledger keeps them."""
    found = judge(postback, catalog=CATALOG, **world)
    facts = json.loads(json.dumps(found.facts))
    told = [
        explain.sentence(found.reason, facts, transaction),
        explain.operator_sentence(found.reason, facts, transaction),
        *story(found.reason, facts, transaction),
    ]
    for text in told:
        assert text.endswith((".", "?"))
        assert text[0] == text[0].upper()
        assert len(text) < 1000


@given(postbacks, worlds)
def test_an_award_is_whole_money_for_somebody_known(postback: Postback, world: dict) -> None:
    award = judge(postback, catalog=CATALOG, **world).award
    if award is None:
        return
    assert award.partner in CATALOG.partners
    assert CATALOG.partners[award.partner].state == "active"
    assert CATALOG.programs[award.program].state == "active"
    assert type(award.commission_minor) is int
    assert 0 <= award.commission_minor < 2**63
    assert award.revenue_minor is None or type(award.revenue_minor) is int
    assert (award.percent_ppm is None) != (award.fixed_minor is None)
    assert award.test == (award.partner == 2)
    assert 0 < len(award.tid) <= 255


@given(st.binary(max_size=300), st.binary(max_size=300), st.sampled_from([b"", b"application/json", b"text/plain"]))
def test_reading_never_fails_and_gives_clean_text(query: bytes, body: bytes, kind: bytes) -> None:
    found, fault = read(query, body, kind)
    for text in (*found, *found.values(), fault):
        text.encode("utf-8")
        assert "\0" not in text
    assert isinstance(from_params(found, fault), Postback)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1), json_values, max_size=6))
def test_any_json_object_is_read(value: dict) -> None:
    found, fault = read(b"", json.dumps(value).encode(), b"application/json")
    assert fault == ""
    for text in (*found, *found.values()):
        text.encode("utf-8")
        assert "\0" not in text


links = st.none() | numbers | odd


@given(links, links, links, st.none() | st.sampled_from(["default", "shoes", "https://shop.example/a"]) | odd)
def test_any_link_leads_somewhere_safe(cpid: str | None, pid: str | None, wmid: str | None, target: str | None) -> None:
    found = decide(cpid, pid, wmid, target, CATALOG)
    assert found == decide(cpid, pid, wmid, target, CATALOG)
    if found.outcome == "unknown_program":
        assert found.template is None
        return
    assert found.outcome in CLICK_OUTCOMES
    if found.outcome != "ok" and CATALOG.programs[found.program].targets:
        targets = CATALOG.programs[found.program].targets
        assert found.target == ("default" if "default" in targets else next(iter(targets)))
    if found.template is not None:
        location = found.template.fill({"clickid": b"QC1", "subid": (pid or "").encode()})
        assert location.isascii()
        assert not set(location) & set(range(0x21))


hosts = st.sampled_from(["shop.example", "evil.example", "www.brand.example", "brand.example", "müller.example"])
glue = st.sampled_from(["", "@", "\\", "/", "//", ".", ":443", ":80", ":8443", "%2F", "%40", "\t", "\n", "?", "#", " "])


@given(st.lists(hosts | glue, min_size=1, max_size=6), st.sampled_from(["https://", "http://", "https%3A%2F%2F", "//"]))
def test_deeplinks_stay_on_listed_hosts(pieces: list[str], start: str) -> None:
    """Read the way a browser reads: blanks and line ends go, a backslash is a slash, the last @ counts."""
    address = allowed(start + "".join(pieces), ("shop.example", "*.brand.example"))
    if address is None:
        return
    sent = compile_template(address).fill({}).decode("ascii")
    rest = sent.replace("\\", "/").partition(":")[2].lstrip("/")
    authority = rest.partition("/")[0].partition("?")[0].partition("#")[0]
    host = authority.rpartition("@")[2].partition(":")[0]
    assert host == "shop.example" or host.endswith(".brand.example")


@given(odd)
def test_a_typed_text_is_one_of_the_calls_own(text: str) -> None:
    found = from_params({"tid": text})
    assert found.tid == (text or None)
    assert bool(found.fault) == (len(text) > 255)
