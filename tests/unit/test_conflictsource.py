"""Which conflicts are put before people as one."""

import pytest
from support.cast import CLICK, SHOP

from clicktrail.core.case import ABSENT, UNREAD, Click, Verdict
from clicktrail.core.conflictsource import HOUR_MS, ConflictSource, is_announced, source_of

NETWORK = "203.0.113.0"
AT_MS = 400_000 * HOUR_MS + 1234
BY_NETWORK = ConflictSource(SHOP, None, NETWORK, 400_000 * HOUR_MS)
BY_CLICK = ConflictSource(SHOP, CLICK.id)


def conflict(audience: str = "") -> Verdict:
    return Verdict("conflict", False, {"audience": audience} if audience else {})


@pytest.mark.parametrize(
    ("verdict", "click", "source"),
    [
        (conflict(), None, BY_NETWORK),
        (conflict(), ABSENT, BY_NETWORK),
        (conflict(), UNREAD, BY_NETWORK),
        (conflict(), CLICK, BY_CLICK),
        (conflict("holder"), CLICK, BY_CLICK),
        (conflict("trusted"), None, None),
        (conflict("trusted"), CLICK, None),
        (Verdict("duplicate", False), None, None),
        (Verdict("saved", True), CLICK, None),
    ],
)
def test_sources(verdict: Verdict, click: Click, source: ConflictSource | None) -> None:
    assert source_of(verdict, SHOP, click, NETWORK, AT_MS) == source


def test_spellings_of_one_order_number_are_grouped_by_the_transaction_that_they_are_similar_to() -> None:
    facts = {"differences": [{"fact": "tid", "earlier": "1001", "later": "#1001"}]}
    found = [source_of(Verdict("conflict", False, facts, None, n), SHOP, CLICK, NETWORK, AT_MS) for n in (41, 41, 42)]
    assert found == [ConflictSource(SHOP, CLICK.id, transaction=number) for number in (41, 41, 42)]
    by_network = source_of(Verdict("conflict", False, facts, None, 41), SHOP, None, NETWORK, AT_MS)
    assert by_network is not None and found[0] is not None and by_network.key == found[0].key
    trusted = Verdict("conflict", False, facts | {"audience": "trusted"}, None, 41)
    assert source_of(trusted, SHOP, CLICK, NETWORK, AT_MS) is None


def test_the_click_of_another_program_proves_nothing() -> None:
    found = source_of(conflict(), SHOP + 4, CLICK, NETWORK, AT_MS)
    assert found == ConflictSource(SHOP + 4, None, NETWORK, 400_000 * HOUR_MS)


def test_keys_differ_where_sources_do() -> None:
    sources = [
        BY_NETWORK, BY_CLICK, ConflictSource(SHOP, CLICK.id + 1), ConflictSource(SHOP, None, "", 0),
        ConflictSource(SHOP, None, NETWORK, 0), ConflictSource(SHOP + 1, None, NETWORK, 0),
        ConflictSource(SHOP + 1, CLICK.id), ConflictSource(SHOP, None, "2001:db8::", 0),
        ConflictSource(SHOP, CLICK.id, transaction=41), ConflictSource(SHOP, CLICK.id, transaction=42),
    ]  # fmt: skip
    assert len({source.key for source in sources}) == len(sources)


@pytest.mark.parametrize(
    ("count", "announced"),
    [(0, False), (1, True), (2, False), (9, False), (10, True), (11, False), (20, False), (100, True), (101, False),
     (1000, True), (1500, False), (10**9, True)],
)  # fmt: skip
def test_which_conflicts_of_a_group_receivers_are_told_of(count: int, announced: bool) -> None:
    assert is_announced(count) is announced
