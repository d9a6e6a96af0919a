"""The life of a transaction, held against the contract's own words."""

from pathlib import Path

import pytest

from clicktrail.core.lifecycle import MOVES, STATES, VERBS, after, counts, diagram, verbs_from

HELD = {("held", "release"): "open", ("held", "confirm"): "confirmed", ("held", "cancel"): "cancelled"}
"""What the contract leaves open: how an order comes off hold."""
CONTRACT = {
    ("open", "confirm"): "confirmed",
    ("open", "cancel"): "cancelled",
    ("confirmed", "pay"): "paid",
    ("confirmed", "cancel"): "cancelled",
    ("cancelled", "reopen"): "open",
    ("paid", "cancel"): "cancelled",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", VERBS)
def test_every_state_and_verb(state: str, verb: str) -> None:
    assert after(state, verb) == (CONTRACT | HELD).get((state, verb))
    assert (verb in verbs_from(state)) == ((state, verb) in CONTRACT | HELD)


def test_nothing_else_moves() -> None:
    assert after("open", "destroy") is None
    assert after("lost", "confirm") is None
    assert verbs_from("lost") == ()


@pytest.mark.parametrize(("state", "in_totals"), list(zip(STATES, (False, True, True, False, True), strict=True)))
def test_totals_leave_out_what_is_on_hold_and_the_cancelled(state: str, in_totals: bool) -> None:
    assert counts(state) is in_totals


def test_diagram_has_every_move() -> None:
    for (begin, verb), end in MOVES.items():
        assert f"    {begin} --> {end}: {verb}" in diagram().splitlines()
    assert {"    [*] --> open", "    [*] --> held"} <= set(diagram().splitlines())


def test_the_manual_shows_this_very_diagram() -> None:
    manual = Path(__file__).resolve().parents[2] / "docs" / "reference" / "transactions.md"
    assert f"```mermaid\n{diagram()}\n```" in manual.read_text()
    assert all(f"| `{state}` |" in manual.read_text() for state in STATES)
