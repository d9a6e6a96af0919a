"""ClickIDs: their form, what is read and what is refused, and a mint that no clock confuses."""

from datetime import UTC, datetime
from hashlib import blake2s

import pytest

from clicktrail.core.clickid import (
    EPOCH_MS,
    LENGTH,
    MAX_ID,
    MAX_MS,
    Checks,
    Mint,
    first_id,
    made_ms,
    node_of,
    split,
    text_of,
)

KEYS = {0: bytes(range(32)), 1: bytes(range(1, 33)), 3: b"k" * 32}
CHECKS = Checks(KEYS, current=1)
NOW_MS = 1_763_821_596_123
ID = first_id(NOW_MS) | 17 << 12 | 5


def clickid(id: int = ID, checks: Checks = CHECKS) -> str:
    return checks.text(id, checks.tail(id))


def test_layout_as_the_contract_draws_it() -> None:
    """Written out once more, bit by bit: kept ClickIDs depend on it for ever."""
    check = int.from_bytes(blake2s(ID.to_bytes(8, "big"), key=KEYS[1], digest_size=3).digest(), "big")
    number = ((((NOW_MS - EPOCH_MS) << 10 | 17) << 12 | 5) << 2 | 1) << 24 | check
    assert clickid() == f"QC{number:027d}"


def test_a_clickid_for_ever() -> None:
    """One that was written down: whatever changes, it must stay readable with its key."""
    id = (1_763_821_596_123 - 1_577_836_800_000) << 22 | 17 << 12 | 5
    assert id == ID
    assert clickid() == "QC052350066157262202613759962"
    assert len(clickid()) == LENGTH
    assert made_ms(0) == int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 1000


def test_form_of_the_first_and_the_last() -> None:
    for id in (0, 1, ID, MAX_ID):
        text = clickid(id)
        assert len(text) == 29
        assert text[:2] == "QC"
        assert text[2:].isdigit()
        assert CHECKS.read(text) == id


def test_time_and_node_are_in_the_id() -> None:
    assert made_ms(ID) == NOW_MS
    assert node_of(ID) == 17
    assert made_ms(MAX_ID) == MAX_MS
    assert node_of(MAX_ID) == 1023


def test_shown_again_without_a_key() -> None:
    assert text_of("QC", ID, CHECKS.tail(ID)) == clickid()
    assert split(clickid(), "QC") == (ID, CHECKS.tail(ID))


def test_sorts_by_time() -> None:
    ids = [Mint(node).next(NOW_MS + ms) for ms, node in enumerate((900, 3, 1023, 0))]
    assert sorted(map(clickid, ids)) == [clickid(id) for id in ids]


@pytest.mark.parametrize("number", KEYS)
def test_every_kept_key_is_read(number: int) -> None:
    """Four keys at a time: what an older one signed is genuine until that key goes."""
    text = clickid(checks=Checks(KEYS, current=number))
    assert CHECKS.read(text) == ID
    without = {key: secret for key, secret in KEYS.items() if key != number} or {0: b"x" * 32}
    assert Checks(without, current=next(iter(without))).read(text) is None


GOOD = clickid()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "QC",
        GOOD[:-1],
        GOOD + "0",
        " " + GOOD,
        GOOD + "\n",
        GOOD.lower(),
        "XX" + GOOD[2:],
        GOOD[2:],
        GOOD[:-1] + "x",
        GOOD[:10] + "-" + GOOD[11:],
        GOOD[:10] + "_" + GOOD[11:],
        GOOD[:10] + "+" + GOOD[11:],
        GOOD.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        GOOD[:-1] + "²",
        "QC" + "9" * 27,
        f"QC{1 << 89:027d}",
        "QC423840809685489623456289367",
        GOOD[:-1] + str((int(GOOD[-1]) + 1) % 10),
        GOOD[:5] + GOOD[6] + GOOD[5] + GOOD[7:],
        Checks({1: b"another house" * 2}, 1).text(ID, Checks({1: b"another house" * 2}, 1).tail(ID)),
        "\ud800" * 29,
        "\0" * 29,
    ],
)
def test_refused(text: str) -> None:
    assert CHECKS.read(text) is None


def test_more_than_89_bits_are_no_clickid() -> None:
    assert split(f"QC{(1 << 89) - 1:027d}", "QC") == (MAX_ID, (1 << 26) - 1)
    assert split(f"QC{1 << 89:027d}", "QC") is None


def test_prefix_is_configurable() -> None:
    ours = Checks(KEYS, 1, prefix="AB")
    assert clickid(checks=ours) == "AB" + GOOD[2:]
    assert ours.read(GOOD) is None


@pytest.mark.parametrize(("keys", "current"), [({0: b"k"}, 1), ({}, 0), ({4: b"k"}, 4), ({-1: b"k", 0: b"k"}, 0)])
def test_keys_that_cannot_be(keys: dict[int, bytes], current: int) -> None:
    with pytest.raises(ValueError, match="key"):
        Checks(keys, current)


@pytest.mark.parametrize("node", [-1, 1024])
def test_nodes_that_cannot_be(node: int) -> None:
    with pytest.raises(ValueError, match="node"):
        Mint(node)


def test_more_than_a_sequence_in_one_millisecond() -> None:
    """4,096 fit; the next ones come from the milliseconds after it, none twice."""
    mint = Mint(9)
    ids = [mint.next(NOW_MS) for _ in range(10_000)]
    assert len(set(ids)) == 10_000
    assert ids == sorted(ids)
    assert {node_of(id) for id in ids} == {9}
    assert [made_ms(ids[place]) - NOW_MS for place in (0, 4095, 4096, 9_999)] == [0, 0, 1, 2]


def test_clock_set_back_and_forward() -> None:
    mint = Mint(9)
    times = [NOW_MS, NOW_MS - 3_600_000, 0, -5, NOW_MS - 1, NOW_MS + 10, NOW_MS]
    ids = [mint.next(now_ms) for now_ms in times]
    assert ids == sorted(set(ids))
    assert made_ms(ids[4]) == NOW_MS
    assert made_ms(ids[5]) == NOW_MS + 10


@pytest.mark.parametrize("now_ms", [0, EPOCH_MS - 1, MAX_MS + 1, 1 << 80])
def test_clock_that_lost_its_mind(now_ms: int) -> None:
    """Before 2020 or after 2089 the ids still fit into 63 bits and still rise."""
    mint = Mint(9)
    ids = [mint.next(now_ms) for _ in range(3)]
    assert ids == sorted(set(ids))
    assert all(0 < id <= MAX_ID for id in ids)
    assert made_ms(mint.next(NOW_MS)) == NOW_MS


def test_goes_on_behind_what_was_reserved() -> None:
    """After a restart: nothing of the last reserved millisecond is issued again, however the clock stands."""
    before = Mint(9)
    used = {before.next(NOW_MS) for _ in range(4096)}
    after = Mint(9, last_ms=NOW_MS)
    ids = [after.next(NOW_MS - 60_000) for _ in range(5000)]
    assert min(ids) > max(used)
    assert made_ms(ids[0]) == NOW_MS + 1
    assert {node_of(id) for id in ids} == {9}


def test_nodes_never_meet() -> None:
    mints = [Mint(node) for node in (0, 1, 1023)]
    ids = [mint.next(NOW_MS) for mint in mints for _ in range(4096)]
    assert len(set(ids)) == len(ids)


def test_first_id_bounds_a_millisecond() -> None:
    mint = Mint(1023)
    assert first_id(NOW_MS) <= mint.next(NOW_MS) < first_id(NOW_MS + 1)
    assert first_id(0) == 0
    assert first_id(1 << 60) == first_id(MAX_MS)
