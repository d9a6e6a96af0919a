"""Moves of transactions from the console: one or many, with a reason, by the table of the life cycle."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.db import connection
from unfold.widgets import UnfoldAdminTextareaWidget

from clicktrail import heartbeat
from clicktrail.control.console.cells import rate_text
from clicktrail.control.ledger.moves import Moved, move
from clicktrail.core import lifecycle

MOST_AT_ONCE = 1000
MOST_SHOWN = 20
MOST_REFUSALS = 5
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Verb:
    code: str
    title: str
    button: str
    past: str
    tone: str


VERBS = {
    verb.code: verb
    for verb in (
        Verb(lifecycle.RELEASE, "Release transactions from hold", "Release", "released", "primary"),
        Verb(lifecycle.CONFIRM, "Confirm transactions", "Confirm", "confirmed", "primary"),
        Verb(lifecycle.CANCEL, "Cancel transactions", "Cancel transaction", "cancelled", "danger"),
        Verb(lifecycle.REOPEN, "Reopen transactions", "Reopen", "reopened", "primary"),
        Verb(lifecycle.PAY, "Mark transactions as paid", "Mark paid", "marked as paid", "primary"),
    )
}


class MoveForm(forms.Form):
    numbers = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget({"rows": 3, "autofocus": True}),
        help_text="Kept for ever in the history, with your name.",
    )

    def clean_numbers(self) -> list[int]:
        numbers = numbers_in(self.cleaned_data["numbers"])
        if not 1 <= len(numbers) <= MOST_AT_ONCE:
            raise forms.ValidationError(f"Choose 1 to {MOST_AT_ONCE} transactions.")
        return numbers


@dataclass(frozen=True, slots=True)
class Done:
    moved: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """A sentence for each that was left as it is."""

    def sentences(self, verb: Verb) -> list[tuple[int, str]]:
        """(level of Django's messages, sentence)."""
        found: list[tuple[int, str]] = []
        if self.moved:
            what = (
                f"Transaction {self.moved[0]} was" if len(self.moved) == 1 else f"{len(self.moved)} transactions were"
            )
            found.append((messages.SUCCESS, f"{what} {verb.past}."))
        found += [(messages.WARNING, sentence) for sentence in self.refused[:MOST_REFUSALS]]
        if len(self.refused) > MOST_REFUSALS:
            found.append((messages.WARNING, f"{len(self.refused)} transactions in all were left as they are."))
        return found


def move_all(numbers: list[int], verb: str, actor: str, reason: str) -> Done:
    """Each by itself: somebody else may have been faster with one of them."""
    done = Done()
    for number in numbers:
        outcome = move(connection, number, verb, actor, reason, heartbeat.now_ms())
        if isinstance(outcome, Moved):
            done.moved.append(number)
        else:
            done.refused.append(outcome.sentence)
    return done


def numbers_in(text: str) -> list[int]:
    """Comma-separated numbers; anything else is left out."""
    parts = (part.strip() for part in text.split(","))
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19]


def rate_of(row: Any) -> str:
    return rate_text(row.percent_ppm, row.fixed_minor, row.currency)
