"""Part returns and adjustments in the console: the card on a transaction's page, and the two forms behind it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from clicktrail import heartbeat
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.console.cells import label, money_cell, time_cell, with_names
from clicktrail.control.ledger import moves
from clicktrail.control.ledger.models import Adjustment, AdjustmentState
from clicktrail.core import adjustment
from clicktrail.core.lifecycle import CANCELLED
from clicktrail.core.money import AmountError, format_minor, parse_fixed
from clicktrail.core.repeat import ADJUSTABLE, REDUCIBLE

LONGEST_AMOUNT = 40
LONGEST_REASON = 1000
TONES = {adjustment.OPEN: "info", adjustment.SETTLED: "success"}


@dataclass(frozen=True, slots=True)
class Verb:
    title: str | Promise
    button: str | Promise
    intro: str | Promise
    done: str | Promise
    tone: str = "primary"


VERBS = {
    adjustment.SETTLE: Verb(
        gettext_lazy("Settle adjustment"),
        gettext_lazy("Settle"),
        gettext_lazy("It was offset against what the partner is paid. No sum changes."),
        gettext_lazy("The adjustment was settled."),
    ),
    adjustment.REOPEN: Verb(
        gettext_lazy("Reopen adjustment"),
        gettext_lazy("Reopen"),
        gettext_lazy("It was settled by mistake and is still to be offset. No sum changes."),
        gettext_lazy("The adjustment was reopened."),
    ),
    adjustment.VOID: Verb(
        gettext_lazy("Void adjustment"),
        gettext_lazy("Void"),
        gettext_lazy("It was booked by mistake: its amounts go back into all sums, and the partner is told."),
        gettext_lazy("The adjustment was voided."),
        "danger",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One adjustment on the page."""

    row: Adjustment
    at: str
    revenue: str
    commission: str
    state: str
    verbs: list[tuple[str, Verb]]


def lines(row: Any, *, edits: bool) -> list[Line]:
    """Of a transaction, oldest first."""
    found = Adjustment.objects.filter(transaction_number=row.pk).order_by("revision")
    return [_line(each, row, edits=edits) for each in found]


def _line(each: Adjustment, row: Any, *, edits: bool) -> Line:
    offered = adjustment.verbs_from(each.state) if edits and row.state != CANCELLED else ()
    return Line(
        each,
        time_cell(each.at_ms, row.zone),
        money_cell(each.revenue_minor, row.decimals, row.currency),
        money_cell(each.commission_minor, row.decimals, row.currency),
        adjustment_label(each.state),
        [(verb, VERBS[verb]) for verb in offered],
    )


def adjustment_label(state: str) -> str:
    return label(AdjustmentState(state).label, TONES.get(state, "plain"))


def takes_part_return(row: Any) -> bool:
    """Whether some of its revenue can still come back."""
    return row.state in (*REDUCIBLE, *ADJUSTABLE) and (row.remaining_revenue_minor or 0) > 0


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy("Kept for ever in the history, with your name."),
    )


class PartReturnForm(ReasonForm):
    revenue = forms.CharField(
        label=gettext_lazy("New net revenue"),
        max_length=LONGEST_AMOUNT,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal", "autofocus": True}),
    )
    field_order = ("revenue", "reason")

    def __init__(self, data: Any, row: Any) -> None:
        super().__init__(data)
        self._row = row
        amount = money_cell(row.remaining_revenue_minor, row.decimals, row.currency)
        self.fields["revenue"].help_text = _("What remains of the whole order, below %(amount)s.") % {"amount": amount}
        if row.state in ADJUSTABLE:
            self.fields["reason"].help_text = _(
                "The partner reads these words in the portal. Kept for ever in the history, with your name."
            )

    def clean_revenue(self) -> int:
        """Minor units."""
        try:
            revenue_minor = parse_fixed(self.cleaned_data["revenue"].strip(), self._row.decimals)
        except AmountError as fault:
            raise forms.ValidationError(_("It cannot be taken: %(fault)s") % {"fault": fault}) from None
        if revenue_minor >= self._row.remaining_revenue_minor:
            remaining = format_minor(self._row.remaining_revenue_minor, self._row.decimals)
            raise forms.ValidationError(_("It must be below %(remaining)s.") % {"remaining": remaining})
        return revenue_minor


def addresses(model_admin: Any) -> dict[str, Any]:
    """For the list's own addresses."""
    pages = _Pages(model_admin)
    return {
        "<int:number>/part-return/": (pages.part_return_view, "part_return"),
        "<int:number>/adjustments/<int:revision>/<str:verb>/": (pages.move_view, "adjustment"),
    }


class _Pages:
    def __init__(self, model_admin: Any) -> None:
        self._admin = model_admin

    def part_return_view(self, request: HttpRequest, number: int) -> HttpResponse:
        row = self._row(request, number)
        if not takes_part_return(row):
            messages.error(request, _("Nothing of transaction %(number)s can come back.") % {"number": number})
            return _to(number)
        form = PartReturnForm(request.POST or None, row)
        if request.method == "POST" and form.is_valid():
            values, actor = form.cleaned_data, request.user.get_username()
            now_ms = heartbeat.now_ms()
            outcome = moves.reduce(connection, number, values["revenue"], actor, values["reason"], now_ms)
            return _told(request, number, outcome, _("The part return was booked."))
        intro = _("Revenue and commission become smaller; the commission follows by the transaction's own rate.")
        if row.state in ADJUSTABLE:
            intro = _(
                "It stays as it was paid. An adjustment is booked beside it, to be offset against what comes next."
            )
        return self._page(request, row, form, _("Part return"), intro, _("Book part return"), "primary")

    def move_view(self, request: HttpRequest, number: int, revision: int, verb: str) -> HttpResponse:
        row = self._row(request, number)
        entry = Adjustment.objects.filter(transaction_number=number, revision=revision).first()
        if entry is None or verb not in VERBS:
            raise Http404(_("There is no such page, or it is not for you."))
        words, form = VERBS[verb], ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            actor, reason = request.user.get_username(), form.cleaned_data["reason"]
            outcome = moves.move_adjustment(connection, number, revision, verb, actor, reason, heartbeat.now_ms())
            return _told(request, number, outcome, str(words.done))
        return self._page(
            request, row, form, words.title, words.intro, words.button, words.tone, _line(entry, row, edits=False)
        )

    def _row(self, request: HttpRequest, number: int) -> Any:
        rights_of(request).must_edit()
        row = with_names(self._admin.get_queryset(request), partner=True).filter(pk=number).first()
        if row is None:
            raise Http404(_("There is no such transaction."))
        return row

    def _page(
        self, request: HttpRequest, row: Any, form: forms.Form, title: Any, intro: Any, button: Any, tone: str,
        line: Line | None = None,
    ) -> HttpResponse:  # fmt: skip
        context = {
            **self._admin.admin_site.each_context(request),
            "opts": self._admin.opts,
            "title": title,
            "row": row,
            "form": form,
            "intro": intro,
            "button": button,
            "tone": tone,
            "line": line,
            "back": reverse("admin:ledger_transaction_change", args=[row.pk]),
        }
        return TemplateResponse(request, "console/adjustment.html", context)


def _told(request: HttpRequest, number: int, outcome: moves.Moved | moves.Refused, done: str) -> HttpResponse:
    if isinstance(outcome, moves.Refused):
        messages.error(request, outcome.sentence)
    else:
        messages.success(request, done)
    return _to(number)


def _to(number: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:ledger_transaction_change", args=[number]))
