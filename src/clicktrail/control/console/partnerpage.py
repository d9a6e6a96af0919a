"""One partner on one page: figures, rates, approvals, last orders, receivers, notes; and signing in as him."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.rights import Rights, rights_of
from clicktrail.control.catalog import rates
from clicktrail.control.catalog.models import Approval, Partner, PartnerNote, PartnerState, Product
from clicktrail.control.console.cells import money_cell, page_link, state_label, time_cell
from clicktrail.control.console.partnerfigures import by_program, figures
from clicktrail.control.console.ratepages import since_cell, step_text
from clicktrail.control.ledger.models import Transaction
from clicktrail.control.outbox.models import Receiver
from clicktrail.control.portal.viewer import AS_PARTNER

LAST_ORDERS = 10
MAX_NOTE = 4000
"""Characters of one note."""
MAX_ROWS_BESIDE = 100
"""Notes, products and receivers on the page."""


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("New note"),
        max_length=MAX_NOTE,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy("For your own people; the partner never sees it."),
    )


def context(request: HttpRequest, partner: Partner) -> dict[str, Any]:
    """What `partner.html` shows."""
    rights = rights_of(request)
    return {
        "partner": partner,
        "figures": figures([partner.pk], rights)[partner.pk],
        "by_program": by_program(partner.pk, rights),
        "products": products(partner, rights),
        "orders": _orders(partner, rights),
        "receivers": _receivers(partner, rights),
        "notes": PartnerNote.objects.filter(partner=partner).order_by("-made_ms", "-pk")[:MAX_ROWS_BESIDE],
        "note_form": NoteForm(),
        "edits": rights.edits,
        "may_enter": rights.edits and partner.state == PartnerState.ACTIVE,
    }


def products(partner: Partner, rights: Rights) -> list[dict[str, Any]]:
    """Each product of the programs that may be seen: whether he earns it, and what he is paid."""
    rows = rights.narrowed(Product.objects.select_related("program").order_by("program__name", "name"))
    known = list(rows[:MAX_ROWS_BESIDE])
    paid = rates.histories(known, own=_own(partner))
    approved = set(Approval.objects.filter(partner=partner).values_list("program_id", "product_id"))
    return [_product(product, partner, paid, approved) for product in known]


def _own(partner: Partner) -> Any:
    from django.db.models import Q

    return Q(partner=partner)


def _product(product: Product, partner: Partner, paid: Any, approved: set[tuple[int, int | None]]) -> dict[str, Any]:
    at_ms = rates.now_ms()
    steps = paid.get((partner.pk, product.pk), [])
    own = rates.valid(steps, at_ms)
    holds = own if own and own.is_own else rates.valid(paid[0, product.pk], at_ms)
    later = rates.planned(steps, at_ms)
    zone = product.program.time_zone
    return {
        "product": product,
        "rate": step_text(holds, product),
        "is_own": bool(own and own.is_own),
        "since": since_cell(holds.since_ms, zone) if holds.since_ms else "",
        "later": [(step_text(step, product), since_cell(step.since_ms, zone)) for step in later],
        "approved": (product.program_id, product.pk) in approved or (product.program_id, None) in approved,
        "address": reverse("admin:catalog_partner_rates", args=[partner.pk, product.pk]),
    }


def _orders(partner: Partner, rights: Rights) -> list[dict[str, Any]]:
    rows = rights.narrowed(Transaction.objects.filter(partner_id=partner.pk)).order_by("-created_ms")[:LAST_ORDERS]
    return [
        {
            "link": page_link("ledger_transaction", row.number, row.tid),
            "at": time_cell(row.created_ms),
            "product": row.product,
            "state": state_label(row.state),
            "revenue": money_cell(row.remaining_revenue_minor, row.decimals, row.currency),
            "commission": money_cell(row.remaining_commission_minor, row.decimals, row.currency),
        }
        for row in rows
    ]


def _receivers(partner: Partner, rights: Rights) -> list[dict[str, Any]]:
    rows = Receiver.objects.filter(partner=partner).order_by("pk")
    seen = [row for row in rows[:MAX_ROWS_BESIDE] if row.program_id is None or rights.sees(row.program_id)]
    return [
        {"link": page_link("outbox_receiver", row.pk, row.name or row.pk), "row": row, "state": state_label(row.state)}
        for row in seen
    ]


def add_note(request: HttpRequest, partner: Partner) -> HttpResponse:
    form = NoteForm(request.POST)
    if form.is_valid():
        text, by = form.cleaned_data["text"].strip(), request.user.get_username()
        PartnerNote.objects.create(partner=partner, text=text, made_ms=rates.now_ms(), made_by=by)
        messages.success(request, _("The note is kept."))
    else:
        messages.error(request, _("A note needs words, at most %(number)d characters.") % {"number": MAX_NOTE})
    return HttpResponseRedirect(reverse("admin:catalog_partner_change", args=[partner.pk]) + "#notes")


def enter(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Sign in as the partner: his pages, to read; a stripe on each of them leads back."""
    if partner.state != PartnerState.ACTIVE:
        raise Http404(_("Only an active partner has pages."))
    request.session[AS_PARTNER] = partner.pk
    note(request, "signed in as partner", f"{partner}", partner=partner.pk)
    return HttpResponseRedirect("/partner/")
