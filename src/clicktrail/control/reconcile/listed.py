"""One line of a shop's order list as facts, and the program that it is held against."""

from dataclasses import dataclass, field

from clicktrail.control.reconcile.sentences import NOTHING, Sentence


@dataclass(slots=True)
class Listed:
    """One line. `fault`: why it cannot be compared; then nothing but `line` and `key` holds."""

    line: int
    key: str
    """Order or transaction number as it stands in the list."""
    revenue_minor: int | None = None
    """Negative: the line takes money back."""
    gross_minor: int | None = None
    amount_text: str = ""
    day: int | None = None
    status: str = ""
    fault: Sentence = NOTHING
    is_return: bool = False
    """The status says that money went back after the sale, maybe for a part of the order only."""
    item: str = ""
    """Number of the article, where the list has one line for each."""
    doubt: Sentence = NOTHING
    """What is not understood of a line that can be read."""
    doubt_cause: str = ""


@dataclass(slots=True)
class Listing:
    lines: list[Listed] = field(default_factory=list)
    notes: list[Sentence] = field(default_factory=list)
    broken: dict[str, int] = field(default_factory=dict)
    """Texts of lines that could not be split into cells -> the line: any of them may be its order number."""


@dataclass(frozen=True, slots=True)
class House:
    """What the program knows: its currency, its decimals, its zone."""

    currency: str
    decimals: int
    time_zone: str
