"""What holds for every ClickID: it can be read again, nearly no other text can, none is made twice."""

from hypothesis import given
from hypothesis import strategies as st

from clicktrail.core.clickid import EPOCH_MS, MAX_ID, TAIL_MASK, Checks, Mint, made_ms, split, text_of

KEYS = {number: bytes([number]) * 32 for number in range(4)}
ids = st.integers(0, MAX_ID)
checks = st.builds(Checks, st.just(KEYS), st.integers(0, 3), st.from_regex("[A-Z]{2}", fullmatch=True))


@given(ids, checks)
def test_round_trip(id: int, checks: Checks) -> None:
    tail = checks.tail(id)
    text = checks.text(id, tail)
    assert len(text) == 29
    assert 0 <= tail <= TAIL_MASK
    assert checks.read(text) == id
    assert text == text_of(checks.prefix, id, tail)
    assert split(text, checks.prefix) == (id, tail)


@given(ids, ids, checks)
def test_order_of_ids_is_order_of_texts(one: int, other: int, checks: Checks) -> None:
    texts = [checks.text(id, checks.tail(id)) for id in (one, other)]
    assert one == other or (one < other) == (texts[0] < texts[1])


@given(st.text() | st.from_regex(r"QC[0-9]{27}", fullmatch=True))
def test_invented_texts(text: str) -> None:
    """Whatever is read as genuine is the very text that this house would have written."""
    checks = Checks(KEYS, 0)
    id = checks.read(text)
    if id is not None:
        parts = split(text, "QC")
        assert parts is not None
        assert text == text_of("QC", *parts)
        assert Checks(KEYS, parts[1] >> 24).tail(id) == parts[1]


def test_one_mistyped_digit_is_recognised() -> None:
    """All 27 x 9 ways to mistype a digit in 200 ClickIDs, about 48,600 texts: one in sixteen million slips through."""
    checks, mint = Checks(KEYS, 2), Mint(5)
    slipped = 0
    for ms in range(200):
        id = mint.next(1_700_000_000_000 + ms * 977)
        slipped += sum(checks.read(text) is not None for text in _mistyped(checks.text(id, checks.tail(id))))
    assert slipped <= 1


def _mistyped(text: str) -> list[str]:
    return [
        text[:place] + digit + text[place + 1 :]
        for place in range(2, 29)
        for digit in "0123456789"
        if digit != text[place]
    ]


clocks = st.lists(st.integers(EPOCH_MS - 10, EPOCH_MS + 10**12) | st.integers(-(1 << 70), 1 << 70), max_size=50)


@given(st.integers(0, 1023), st.integers(0, EPOCH_MS + 10**11), clocks, st.integers(1, 3))
def test_unique_and_rising_whatever_the_clock_does(node: int, last_ms: int, times: list[int], each: int) -> None:
    mint = Mint(node, last_ms)
    made = [mint.next(now_ms) for now_ms in times for _ in range(each)]
    assert all(earlier < later for earlier, later in zip(made, made[1:], strict=False))
    assert all(0 <= id <= MAX_ID and (id >> 12) & 1023 == node for id in made)
    assert all(made_ms(id) > last_ms for id in made if last_ms >= EPOCH_MS)


@given(st.lists(st.integers(-5000, 5000), min_size=1, max_size=6))
def test_unique_across_restarts(steps: list[int]) -> None:
    """Each start goes on behind the last millisecond used, though the clock was set back meanwhile."""
    now_ms, last_ms, seen = 1_700_000_000_000, 0, set()
    for step in steps:
        now_ms += step
        mint = Mint(1, last_ms)
        made = [mint.next(now_ms) for _ in range(4100)]
        assert not seen & set(made)
        seen.update(made)
        last_ms = made_ms(made[-1])
