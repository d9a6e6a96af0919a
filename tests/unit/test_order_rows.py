"""The lines of one order read together: refunds, articles, repetitions, and what keeps an order out of moves."""

import random
from dataclasses import replace

import pytest
from support.orderlists import classified

from clicktrail.control.reconcile import classes
from clicktrail.control.reconcile.classes import Ours

OURS = Ours(41, "A-1", 10_000, 1_000, "open", False, False, 0, 0)


def kinds(text: str, ours: Ours = OURS, header: str = "tid;umsatz;status;item") -> list[tuple[str, str, int | None]]:
    """(class, cause, amount that is compared) of each line of the list."""
    return [
        (finding.kind, finding.cause, finding.listed.revenue_minor if finding.listed else None)
        for finding in classified(f"{header}\n{text}", {ours.tid: ours})
    ]


@pytest.mark.parametrize(
    ("rows", "kind", "amount"),
    [
        ("A-1;100;completed\nA-1;-30;refunded", "amount", 7_000),
        ("A-1;-30;refunded\nA-1;100;completed", "amount", 7_000),
        ("A-1;100;completed\nA-1;-30;\nA-1;-20;completed", "amount", 5_000),
        ("A-1;100;processing\nA-1;-30;processing", "amount", 7_000),
        ("A-1;100;partially refunded\nA-1;-30;refunded", "amount", 7_000),
        ("A-1;100;completed\nA-1;-100;refunded", "cancelled", 0),
        ("A-1;100;refunded\nA-1;-100;refunded", "cancelled", 0),
        ("A-1;60;paid;a\nA-1;40;paid;b\nA-1;-40;refunded;b", "amount", 6_000),
        ("A-1;-100;refunded", "cancelled", 0),
        ("A-1;100;paid\nA-1;-30,00 €;erstattet", "amount", 7_000),
        ("A-1;100;paid\nA-1;(30.00);refunded", "amount", 7_000),
    ],
)
def test_refunds_are_taken_off_their_sale(rows: str, kind: str, amount: int) -> None:
    found = kinds(rows)
    assert {each[0] for each in found} == {kind} and {each[1] for each in found} == {"refunds"}
    assert [each[2] for each in found if each[2] is not None] == [amount]


def test_a_refund_that_is_booked_here_matches() -> None:
    found = kinds("A-1;100;completed\nA-1;-30;refunded", replace(OURS, revenue_minor=7_000))
    assert [each[0] for each in found] == ["confirmed", "confirmed"] and found[0][2] == 7_000


@pytest.mark.parametrize(
    ("rows", "cause"),
    [
        ("A-1;-30;refunded", "refund_alone"),
        ("A-1;-30;storniert", "refund_alone"),
        ("A-1;-130;refunded", "refund_alone"),
        ("A-1;30;refunded", "part_or_all"),
        ("A-1;100;partially_refunded", "part"),
        ("A-1;;partially_refunded", "part"),
        ("A-1;100;mystery", "status_word"),
        ("A-1;100;completed\nA-1;-130;refunded", "too_much"),
        ("A-1;100;refunded\nA-1;-30;refunded", "too_much"),
        ("A-1;100;completed\nA-1;-30;pending", "others"),
        ("A-1;100;completed\nA-1;-30;refunded\nA-1;-30;refunded", "others"),
        ("A-1;250;completed\nA-1;-30;refunded", "others"),
        ("A-1;100;completed\nA-1;100;refunded", "others"),
        ("A-1;100;completed\nA-1;60;completed", "others"),
        ("A-1;30;completed\nA-1;30;completed", "equal"),
        ("A-1;30;completed\nA-1;30;completed\nA-1;30;completed", "equal"),
        ("A-1;40;paid;a\nA-1;60;cancelled;b", "others"),
        ("A-1;30;cancelled;a\nA-1;20;cancelled;b", "part_or_all"),
    ],
)
def test_what_is_not_understood_is_kept_out_of_moves(rows: str, cause: str) -> None:
    found = kinds(rows)
    assert cause in {each[1] for each in found}
    assert not {each[0] for each in found} & set(classes.MOVABLE)


@pytest.mark.parametrize(
    ("rows", "first", "others"),
    [
        ("A-1;50;paid\nA-1;50;paid", ("confirmed", "items", 10_000), ("confirmed", "items", None)),
        ("A-1;40;paid\nA-1;60;paid", ("confirmed", "items", 10_000), ("confirmed", "items", None)),
        ("A-1;100;paid\nA-1;100;paid", ("confirmed", "open_here", 10_000), ("doubled", "same", 10_000)),
        ("A-1;100;paid;a\nA-1;100;paid;b", ("confirmed", "open_here", 10_000), ("doubled", "same", 10_000)),
        ("A-1;30;paid;a\nA-1;30;paid;b", ("amount", "less", 6_000), ("amount", "with_line", None)),
        ("A-1;100;paid;a\nA-1;;;b", ("confirmed", "open_here", 10_000), ("confirmed", "with_line", None)),
        ("A-1;;paid\nA-1;;paid", ("confirmed", "open_here", None), ("doubled", "same", None)),
    ],
)
def test_articles_add_up_where_they_fit(rows: str, first: tuple[object, ...], others: tuple[object, ...]) -> None:
    assert kinds(rows) == [first, others]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("A-1;100;paid\nA-1;abc;paid", ["unclear", "error"]),
        ("A-1;100;paid\nA-1;-30;mystery", ["unclear", "unclear"]),
        ('A-1;100;paid\n"A-1;-30;refunded', ["unclear", "error"]),
        ("A-1;100;paid\nA-1;-30;refunded;b;c", ["unclear", "error"]),
        ("A-1;100;paid\n;-30;refunded", ["unclear", "error"]),
        ('A-1;100;paid\n"A-1;-30;refunded\nA-2;5;paid"', ["unclear", "error"]),
    ],
)
def test_one_line_that_is_not_understood_keeps_the_whole_order_out(rows: str, expected: list[str]) -> None:
    assert [each[0] for each in kinds(rows)][: len(expected)] == expected


@pytest.mark.parametrize(
    ("cell", "kind"), [("EUR", "confirmed"), ("€", "confirmed"), ("eur ", "confirmed"), ("", "confirmed"),
                       ("USD", "unclear"), ("$", "unclear"), ("Taler", "unclear")],
)  # fmt: skip
def test_the_currency_of_a_line_is_checked(cell: str, kind: str) -> None:
    found = kinds(f"A-1;100;paid;{cell}", header="tid;umsatz;status;currency")
    assert found[0][0] == kind and (found[0][1] == "currency") is (kind == "unclear")


ODD = ["abc", "1.2.3", "#####", "1e5"]
WORDS = ["mystery", "wc-mystery", "paid / unfulfilled", "?"]


@pytest.mark.parametrize("seed", range(200))
def test_no_order_with_a_line_that_is_not_understood_is_ever_moved(seed: int) -> None:
    """Any lines in any order, one of them odd: whatever the others say, the order is in no class that moves."""
    dice = random.Random(seed)
    rows = [
        f"A-1;{dice.choice(['100', '40', '60', '-30', '', '0'])};{dice.choice(['paid', 'refunded', 'open', ''])};{n}"
        for n in range(dice.randrange(4))
    ]
    odd = dice.choice([f"A-1;{dice.choice(ODD)};paid;x", f"A-1;100;{dice.choice(WORDS)};x", "A-1;1;paid;x;y", '"A-1;1'])
    rows.insert(dice.randrange(len(rows) + 1), odd)
    found = classified("tid;umsatz;status;item\n" + "\n".join(rows), {"A-1": OURS, "A-2": replace(OURS, number=42)})
    assert len([each for each in found if each.listed]) >= len(rows)
    assert not [each for each in found if each.kind in classes.MOVABLE and each.ours and each.ours.number == 41]
