"""The five steps of testing a set-up, as they went: for `doctor` and `demo --check`."""

from collections.abc import Iterable
from dataclasses import dataclass

TITLES = (
    "Click a link of the test partner",
    "See the ClickID arrive in the address",
    "Complete a test order",
    "Find the transaction with the right partner",
    "Find the call in the log",
)

WIDTH = 100


class Failed(Exception):
    """A step went wrong: the sentence says what and why, the mend what to do about it."""

    def __init__(self, sentence: str, mend: str) -> None:
        super().__init__(sentence)
        self.sentence, self.mend = sentence, mend


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    passed: bool | None
    """None: not tried, since it needs an earlier one."""
    sentence: str
    mend: str = ""

    @property
    def title(self) -> str:
        return TITLES[self.number - 1]


def not_tried(number: int, needed: int) -> Step:
    return Step(number, None, f"Not tried: it needs step {needed}.")


def report(steps: Iterable[Step]) -> str:
    """Lines for a terminal."""
    lines = []
    for step in steps:
        mark = {True: "ok    ", False: "FAILED", None: "  -   "}[step.passed]
        lines.append(f"{mark} {step.number}. {step.title}")
        lines.append(f"          {step.sentence}")
        if step.mend:
            lines.append(f"          What to do: {step.mend}")
    return "\n".join(lines)


def all_passed(steps: Iterable[Step]) -> bool:
    return all(step.passed for step in steps)
