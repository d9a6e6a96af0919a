"""Which conflicts are put before people as one. Pure.

A conflict of a caller who proved to be the shop stands alone. All others can be made by anyone, as many as they like:
they are grouped by the click that they name, and without one by program, network and hour; calls whose order number
is similar to that of a transaction by that transaction. A group is listed once, and one decision closes it.
"""

from dataclasses import dataclass

from clicktrail.core.case import Click, ClickFacts, Verdict
from clicktrail.core.disclosure import AUDIENCE, Audience
from clicktrail.core.reasons import CONFLICT

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class ConflictSource:
    program: int
    click_id: int | None
    """The click that its calls name; None: they name none of this program."""
    network: str = ""
    """Where they came from, as far as the privacy mode stores it. Empty with a click."""
    hour_ms: int | None = None
    """Beginning of the hour in which they came. None with a click."""
    transaction: int | None = None
    """Where only the order numbers are similar: the transaction that the calls are alike to."""

    @property
    def key(self) -> str:
        if self.transaction is not None:
            return f"s{self.program}.{self.transaction}"
        if self.click_id is not None:
            return f"c{self.program}.{self.click_id}"
        return f"n{self.program}.{self.hour_ms}.{self.network}"


def source_of(verdict: Verdict, program: int, click: Click, network: str, at_ms: int) -> ConflictSource | None:
    """The source of a conflict; None where it is no conflict, or one that stands alone.

    click: what is known of the click that its ClickID names.
    """
    if verdict.reason != CONFLICT or verdict.facts.get(AUDIENCE) == Audience.TRUSTED:
        return None
    click_id = click.id if isinstance(click, ClickFacts) and click.program == program else None
    if any(each["fact"] == "tid" for each in verdict.facts.get("differences", ())):
        # Each may be an order of its own, so only the spellings of one order are put together.
        return ConflictSource(program, click_id, "" if click_id else network, transaction=verdict.transaction)
    if click_id is not None:
        return ConflictSource(program, click_id)
    return ConflictSource(program, None, network, at_ms - at_ms % HOUR_MS)


def is_announced(count: int) -> bool:
    """Whether receivers are told of a group's conflict of this number: of the 1st, the 10th, the 100th, ..."""
    return count >= 1 and str(count).rstrip("0") == "1"
