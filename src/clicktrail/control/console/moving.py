"""What can be done with transactions from the console: the verbs, the form that asks why, what is said afterwards."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from clicktrail.control.console.cells import number_text, rate_text
from clicktrail.control.worklist.bulk import MAX_BULK, Done
from clicktrail.control.worklist.plans import RECALCULATE, Words
from clicktrail.control.worklist.rates import THEN
from clicktrail.core import lifecycle
from clicktrail.core.catalog import Rate
from clicktrail.core.repeat import REDUCIBLE

MOST_SHOWN = 50
"""Transactions of a preview that are shown, of those that will change and of those that are left out."""
MOST_REFUSALS = 5
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Verb:
    code: str
    title: Words
    button: Words
    do: Any
    """ "Confirm %(count)s transactions", by their number."""
    past: Any
    """ "%(count)s transactions were confirmed.", by their number."""
    one: Words
    """ "Transaction %(number)s was confirmed."."""
    key: str
    """On the keyboard."""
    tone: str = "primary"


VERBS = {
    verb.code: verb
    for verb in (
        Verb(
            lifecycle.CONFIRM,
            gettext_lazy("Confirm transactions"),
            gettext_lazy("Confirm"),
            ngettext_lazy("Confirm %(count)s transaction", "Confirm %(count)s transactions", "count"),
            ngettext_lazy("%(count)s transaction was confirmed.", "%(count)s transactions were confirmed.", "count"),
            gettext_lazy("Transaction %(number)s was confirmed."),
            "c",
        ),
        Verb(
            lifecycle.CANCEL,
            gettext_lazy("Cancel transactions"),
            gettext_lazy("Cancel transaction"),
            ngettext_lazy("Cancel %(count)s transaction", "Cancel %(count)s transactions", "count"),
            ngettext_lazy("%(count)s transaction was cancelled.", "%(count)s transactions were cancelled.", "count"),
            gettext_lazy("Transaction %(number)s was cancelled."),
            "n",
            "danger",
        ),
        Verb(
            lifecycle.REOPEN,
            gettext_lazy("Reopen transactions"),
            gettext_lazy("Reopen"),
            ngettext_lazy("Reopen %(count)s transaction", "Reopen %(count)s transactions", "count"),
            ngettext_lazy("%(count)s transaction was reopened.", "%(count)s transactions were reopened.", "count"),
            gettext_lazy("Transaction %(number)s was reopened."),
            "o",
        ),
        Verb(
            lifecycle.RELEASE,
            gettext_lazy("Release transactions from hold"),
            gettext_lazy("Release"),
            ngettext_lazy("Release %(count)s transaction", "Release %(count)s transactions", "count"),
            ngettext_lazy("%(count)s transaction was released.", "%(count)s transactions were released.", "count"),
            gettext_lazy("Transaction %(number)s was released."),
            "l",
        ),
        Verb(
            lifecycle.PAY,
            gettext_lazy("Mark transactions as paid"),
            gettext_lazy("Mark paid"),
            ngettext_lazy("Mark %(count)s transaction paid", "Mark %(count)s transactions paid", "count"),
            ngettext_lazy(
                "%(count)s transaction was marked as paid.", "%(count)s transactions were marked as paid.", "count"
            ),
            gettext_lazy("Transaction %(number)s was marked as paid."),
            "p",
        ),
        Verb(
            RECALCULATE,
            gettext_lazy("Recalculate commissions"),
            gettext_lazy("Recalculate"),
            ngettext_lazy("Recalculate %(count)s transaction", "Recalculate %(count)s transactions", "count"),
            ngettext_lazy(
                "%(count)s transaction was recalculated.", "%(count)s transactions were recalculated.", "count"
            ),
            gettext_lazy("Transaction %(number)s was recalculated."),
            "e",
        ),
    )
}


def verbs_for(state: str) -> list[str]:
    """What is offered for a transaction in this state."""
    allowed = (*lifecycle.verbs_from(state), *([RECALCULATE] if state in REDUCIBLE else []))
    return [verb for verb in VERBS if verb in allowed]


class MoveForm(forms.Form):
    numbers = forms.CharField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    """The revision of each, in the preview; a transaction that has another one is left as it is."""
    chosen = forms.CharField(widget=forms.HiddenInput, required=False)
    """Of a recalculation: those that the rates in view leave as they are, too; by other rates they may change."""
    basis = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4)
    back = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4000)
    """Which list it was chosen from."""
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget({"rows": 3, "autofocus": True}),
        help_text=gettext_lazy("Kept for ever in the history, with your name."),
    )

    def tell_who_reads(self, verb: Verb) -> None:
        """The reason of a cancellation is what the partner is told in his portal; all others stay here."""
        if verb.code == lifecycle.CANCEL:
            self.fields["reason"].help_text = _(
                "The partner reads these words in the portal. Kept for ever in the history, with your name."
            )

    def clean_numbers(self) -> list[int]:
        numbers = numbers_in(self.cleaned_data["numbers"])
        if not 1 <= len(numbers) <= MAX_BULK:
            raise forms.ValidationError(too_many() if numbers else _("Choose at least one transaction."))
        return numbers

    def clean_basis(self) -> str:
        return self.cleaned_data["basis"] or THEN

    def revisions(self) -> dict[int, int]:
        """Empty where nobody said what he had seen."""
        seen = numbers_in(self.cleaned_data["seen"])
        numbers = self.cleaned_data["numbers"]
        return dict(zip(numbers, seen, strict=True)) if len(seen) == len(numbers) else {}


def too_many() -> str:
    return _("That is more than %(most)s at once: narrow the list with a filter.") % {"most": number_text(MAX_BULK)}


def sentences(verb: Verb, done: Done) -> list[tuple[int, str]]:
    """(level of Django's messages, sentence)."""
    found: list[tuple[int, str]] = []
    if len(done.moved) == 1:
        found.append((messages.SUCCESS, str(verb.one) % {"number": done.moved[0]}))
    elif done.moved:
        found.append((messages.SUCCESS, verb.past % {"count": len(done.moved)}))
    found += [(messages.WARNING, left_sentence(*each)) for each in done.left[:MOST_REFUSALS]]
    if len(done.left) > MOST_REFUSALS:
        many = ngettext(
            "%(count)s transaction in all was left as it is.",
            "%(count)s transactions in all were left as they are.",
            len(done.left),
        )
        found.append((messages.WARNING, many % {"count": number_text(len(done.left))}))
    return found


def left_sentence(number: int, why: str | Promise) -> str:
    return _("Transaction %(number)s was left as it is. %(why)s") % {"number": number, "why": why}


def reasons(left: dict[str, int]) -> list[tuple[str, int]]:
    """The most frequent first."""
    return Counter(left).most_common()


def numbers_in(text: str) -> list[int]:
    """Comma-separated numbers, each once and in their order where it matters; anything else is left out."""
    parts = (part.strip() for part in text.split(","))
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19]


def rate_of(row: Any) -> str:
    return rate_text(row.percent_ppm, row.fixed_minor, row.currency)


def rate_words(rate: Rate, currency: str) -> str:
    return rate_text(rate.percent_ppm, rate.fixed_minor, currency)
