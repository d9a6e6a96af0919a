"""What became of a file: how many lines were taken, were there already, cannot be taken."""

from collections import Counter
from dataclasses import dataclass, field

from clicktrail.control.importing.table import Faults


@dataclass(slots=True)
class Outcome:
    what: str
    """Plural of what the file holds, like `clicks`."""
    faults: Faults
    is_dry: bool = False
    lines: int = 0
    found: Counter[str] = field(default_factory=Counter)
    """In words -> lines, like `imported`, `there already`."""
    notes: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    """Sentences on lines that were judged and are not in the ledger as they stand here; the first of them."""
    refused: bool = False
    """Nothing was taken, because there are faults."""

    def done(self) -> None:
        """What was to be done is done."""
        self.found = Counter({words.removeprefix("to be "): number for words, number in self.found.items()})

    def told(self) -> list[str]:
        parts = [f"{number:,} {words}" for words, number in self.found.items() if number]
        parts += [f"{self.faults.count:,} cannot be taken"] if self.faults.count else []
        told = [f"{self.lines:,} {self.what} in the file: {', '.join(parts) or 'nothing to do'}."]
        if self.refused:
            told.append("Nothing was imported. Mend the lines, or take the others: --skip-errors.")
        elif self.is_dry:
            told.append("This was a dry run: nothing was imported.")
        return [*self.results, *told, *self.notes]

    def as_data(self) -> dict[str, object]:
        return {
            "what": self.what,
            "dry_run": self.is_dry,
            "refused": self.refused,
            "lines": self.lines,
            "found": dict(self.found),
            "errors": self.faults.count,
            "named": self.faults.named,
            "results": self.results,
            "notes": self.notes,
        }
