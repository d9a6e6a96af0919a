"""Discards that jump, and the likely causes of a silence, as tables."""

import pytest

from clicktrail.control.alarms import causes, discards
from clicktrail.control.alarms.causes import Evidence, Heard, likely
from clicktrail.control.alarms.discards import jumped

JUMPS = [
    ("a jump", {"saved": 40, "unknown_product": 60}, {"saved": 98, "unknown_product": 2}, "unknown_product"),
    ("a reason never seen before", {"saved": 40, "bad_amount": 60}, {"saved": 100}, "bad_amount"),
    ("no past at all", {"saved": 40, "bad_amount": 60}, {}, "bad_amount"),
    ("usual, though many", {"saved": 40, "not_approved": 60}, {"saved": 50, "not_approved": 50}, None),
    ("exactly five times", {"saved": 75, "not_approved": 25}, {"saved": 95, "not_approved": 5}, "not_approved"),
    ("not quite five times", {"saved": 75, "not_approved": 25}, {"saved": 94, "not_approved": 6}, None),
    ("not quite a quarter", {"saved": 76, "not_approved": 24}, {"saved": 100}, None),
    ("too few calls", {"saved": 5, "not_approved": 14}, {"saved": 100}, None),
    ("just enough calls", {"saved": 5, "not_approved": 15}, {"saved": 100}, "not_approved"),
    ("duplicates are no discards", {"saved": 40, "duplicate": 60}, {"saved": 100}, None),
    ("nor what waits", {"saved": 40, "waiting": 60}, {"saved": 100}, None),
    ("the largest of two", {"bad_amount": 40, "not_approved": 60}, {"saved": 100}, "not_approved"),
    ("no calls", {}, {"saved": 100}, None),
]


@pytest.mark.parametrize(("now", "before", "reason"), [case[1:] for case in JUMPS], ids=[case[0] for case in JUMPS])
def test_jumped(now: dict[str, int], before: dict[str, int], reason: str | None) -> None:
    found = jumped(now, before)
    assert (found.reason if found else None) == reason


def test_the_figures_of_a_jump() -> None:
    found = jumped({"saved": 40, "bad_amount": 60}, {"saved": 98, "bad_amount": 2})
    assert found == discards.Jump("bad_amount", 60, 100, 60.0, 2.0)


@pytest.mark.parametrize(
    ("now", "usual", "over"),
    [
        ({"saved": 90, "bad_amount": 10}, 2.0, True),
        ({"saved": 89, "bad_amount": 11}, 2.0, False),
        ({"saved": 80, "bad_amount": 20}, 10.0, True),
        ({"saved": 1}, 2.0, True),
        ({}, 2.0, False),
    ],
)
def test_it_ends_later_than_it_begins_and_not_for_want_of_calls(now: dict[str, int], usual: float, over: bool) -> None:
    assert discards.is_over("bad_amount", usual, now) is over


CALLS = {"no_attribution": Heard(3), "bad_amount": Heard(9, 7, "The amount '1e3' cannot be read.")}
CAUSES = [
    ("engine before all", Evidence("The engine does not run.", True, CALLS), causes.ENGINE, "in the journals, unread"),
    ("paused before discards", Evidence(paused=True, calls=CALLS), causes.PAUSED, "paused"),
    (
        "the reason with most calls",
        Evidence(calls=CALLS),
        causes.DISCARDED,
        "9 calls arrived, but all are discarded as",
    ),
    ("with the sentence of the latest", Evidence(calls=CALLS), causes.DISCARDED, "The amount '1e3' cannot be read."),
    ("and how many others", Evidence(calls=CALLS), causes.DISCARDED, "3 more were discarded"),
    ("no ClickID", Evidence(calls={"no_attribution": Heard(1)}), causes.NO_CLICKID, "1 call arrived without a ClickID"),
    ("discards before repeats", Evidence(calls={"duplicate": Heard(90), **CALLS}), causes.DISCARDED, "9 calls"),
    ("all wait", Evidence(calls={"waiting": Heard(2)}), causes.WAITS, "wait for their clicks"),
    ("all repeat", Evidence(calls={"duplicate": Heard(2)}), causes.REPEATS, "repeat orders"),
    ("none names the program", Evidence(unnamed=4, clicks=9), causes.UNNAMED, "4 calls came without a program"),
    ("no clicks either", Evidence(usual_clicks=50), causes.NO_CLICKS, "no clicks either (usual in these hours: 50)"),
    ("few clicks", Evidence(clicks=12, usual_clicks=50), causes.FEW_CLICKS, "only 12 clicks"),
    ("a quarter is not few", Evidence(clicks=13, usual_clicks=50), causes.NO_CALLS, "although 13 clicks came"),
    ("clicks as ever", Evidence(clicks=1, usual_clicks=1), causes.NO_CALLS, "although 1 click came"),
    ("no clicks are usual", Evidence(), causes.NO_CALLS, "hardly any clicks are usual"),
    ("calls that were saved are no cause", Evidence(calls={"saved": Heard(2)}), causes.NO_CALLS, "No calls"),
]


@pytest.mark.parametrize(
    ("evidence", "code", "words"), [case[1:] for case in CAUSES], ids=[case[0] for case in CAUSES]
)  # fmt: skip
def test_likely(evidence: Evidence, code: str, words: str) -> None:
    found = likely(evidence)
    assert found.code == code and words in found.sentence
    assert found.todo and found.sentence.endswith(".")
