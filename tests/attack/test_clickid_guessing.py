"""ClickID guessing: a shop or a partner who makes one up, or changes one that he has, holds nothing of worth."""

import random

from clicktrail.core.clickid import Checks, Mint

NOW_MS = 1_900_000_000_000
CHECK_BITS = 24


def checks(seed: int = 1) -> Checks:
    return Checks({number: bytes([seed + number]) * 32 for number in range(4)}, current=1)


def test_one_that_is_made_up_is_none() -> None:
    ours, dice = checks(), random.Random(7)
    made_up = (f"QC{dice.randrange(10**27):027}" for _ in range(200_000))
    assert sum(ours.read(text) is not None for text in made_up) == 0


def test_the_neighbours_of_a_real_one_are_none() -> None:
    """Who knows when another's click was made knows its id nearly; the check of it is what he does not know."""
    ours, mint = checks(), Mint(1)
    number = mint.next(NOW_MS)
    text = ours.text(number, ours.tail(number))
    assert ours.read(text) == number
    digits = int(text[2:])
    near = (f"QC{digits + step:027}" for step in range(-50_000, 50_001) if step)
    assert [found for found in map(ours.read, near) if found is not None] == []


def test_the_check_of_one_says_nothing_about_the_next() -> None:
    ours = checks()
    tails = [ours.tail(number) & (1 << CHECK_BITS) - 1 for number in range(1 << 40, (1 << 40) + 4000)]
    assert len(set(tails)) > 3990, "spread over the whole room"
    steps = {(after - before) % (1 << CHECK_BITS) for before, after in zip(tails, tails[1:], strict=False)}
    assert len(steps) > 3990


def test_another_installations_clickid_is_none() -> None:
    ours, theirs = checks(1), checks(101)
    numbers = range(1 << 50, (1 << 50) + 20_000)
    assert sum(ours.read(theirs.text(number, theirs.tail(number))) is not None for number in numbers) == 0


def test_so_many_guesses_are_needed_that_the_log_is_full_of_them() -> None:
    """A call with one that does not hold is discarded, counted and logged: 2^23 of them for an even chance of one."""
    assert 2 ** (CHECK_BITS - 1) > 8_000_000
