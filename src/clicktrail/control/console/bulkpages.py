"""Moves from the list: what would happen to each transaction, and then, with a reason, that it happens."""

import json
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.console import moving
from clicktrail.control.console.cells import STATE_WORDS, money_cell, number_text, state_label, time_cell, with_names
from clicktrail.control.console.keyset import walk
from clicktrail.control.console.narrowing import TransactionNarrowing
from clicktrail.control.csvcells import Amount
from clicktrail.control.csvfile import csv_answer
from clicktrail.control.ledger.models import Transaction
from clicktrail.control.reconcile.models import JobState
from clicktrail.control.worklist import bulk
from clicktrail.control.worklist.models import BulkMove
from clicktrail.control.worklist.plans import RECALCULATE, Step
from clicktrail.control.worklist.preview import Preview, preview, steps
from clicktrail.control.worklist.rates import BASES, NOW, THEN
from clicktrail.core.money import format_minor

BUSY = (JobState.QUEUED, JobState.RUNNING)


def addresses(model_admin: Any) -> dict[str, Any]:
    """For the list's own addresses."""
    pages = _Pages(model_admin)
    return {
        "move/<str:verb>/": (pages.move_view, "move"),
        "bulk/<int:number>/": (pages.job_view, "bulk"),
        "bulk/<int:number>/progress/": (pages.progress_view, "bulk_progress"),
    }


class _Pages:
    def __init__(self, model_admin: Any) -> None:
        self._admin = model_admin

    def move_view(self, request: HttpRequest, verb: str) -> HttpResponse:
        """Shows what would change; with a reason it changes it."""
        rights_of(request).must_edit()
        if verb not in moving.VERBS:
            raise Http404("There is no such move.")
        is_decided = request.method == "POST" and "reason" in request.POST
        if is_decided and "look" not in request.POST and "lines" not in request.POST:
            return self._decided(request, moving.VERBS[verb])
        return self._looked(request, moving.VERBS[verb])

    # What would change

    def _looked(self, request: HttpRequest, verb: moving.Verb) -> HttpResponse:
        asked = request.POST if request.method == "POST" else request.GET
        back = asked.get("back", "")
        numbers = self._numbers(request, asked)
        problem = _problem(numbers)
        if problem:
            messages.error(request, problem)
            return HttpResponseRedirect(_list_address(back))
        basis = next((b for b in (asked.get("look"), asked.get("basis")) if b in BASES), THEN)
        told = steps(self._rows(request), numbers, verb.code, basis)
        if "lines" in asked:
            return csv_answer(f"preview-{verb.code}", _csv_header(), map(_csv_line, told))
        initial = {"numbers": _joined(numbers), "back": back, "basis": basis, "reason": asked.get("reason", "")}
        initial["chosen"] = _joined(numbers) if verb.code == RECALCULATE else ""
        return self._page(request, verb, moving.MoveForm(initial=initial), preview(told, moving.MOST_SHOWN), basis)

    def _page(
        self, request: HttpRequest, verb: moving.Verb, form: moving.MoveForm, made: Preview, basis: str
    ) -> HttpResponse:
        form.tell_who_reads(verb)
        if not form.is_bound:
            form.initial["numbers"] = _joined([number for number, _revision in made.seen]) or form.initial["numbers"]
            form.initial["seen"] = _joined([revision for _number, revision in made.seen])
        context = {
            **self._admin.admin_site.each_context(request),
            "opts": self._admin.opts,
            "title": verb.title,
            "verb": verb,
            "do": verb.do % {"count": made.changed},
            "form": form,
            "made": made,
            "changing": [_shown(*each) for each in made.changing],
            "left": [_shown(*each) for each in made.left],
            "more_changing": made.changed - len(made.changing),
            "more_left": made.left_out - len(made.left),
            "reasons": moving.reasons(made.reasons),
            "sums": list(_sums(made)),
            "back": _list_address(str(form["back"].value() or "")),
            "basis": basis,
            "bases": [(THEN, _("Rates at the order's time")), (NOW, _("Rates as they are now"))],
            "is_recalculation": verb.code == RECALCULATE,
        }
        return TemplateResponse(request, "console/move.html", context)

    # Doing it

    def _decided(self, request: HttpRequest, verb: moving.Verb) -> HttpResponse:
        form = moving.MoveForm(request.POST)
        if not form.is_valid():
            numbers = moving.numbers_in(request.POST.get("numbers", ""))
            if problem := _problem(numbers):
                messages.error(request, problem)
                return HttpResponseRedirect(_list_address(request.POST.get("back", "")))
            basis = request.POST.get("basis") or THEN
            told = steps(self._rows(request), numbers, verb.code, basis)
            return self._page(request, verb, form, preview(told, moving.MOST_SHOWN), basis)
        order = self._order(request, verb, form)
        if len(order.seen) > bulk.MAX_WHILE_YOU_WAIT:
            job = bulk.queue(order, int(request.user.pk or 0))
            return HttpResponseRedirect(reverse("admin:ledger_transaction_bulk", args=[job.pk]))
        for level, sentence in moving.sentences(verb, bulk.do(order)):
            messages.add_message(request, level, sentence)
        if len(form.cleaned_data["numbers"]) == 1 and not form.cleaned_data["back"]:
            address = reverse("admin:ledger_transaction_change", args=form.cleaned_data["numbers"])
            return HttpResponseRedirect(address)
        return HttpResponseRedirect(_list_address(form.cleaned_data["back"]))

    def _order(self, request: HttpRequest, verb: moving.Verb, form: moving.MoveForm) -> bulk.Order:
        """Only what may be seen; by the revision of the preview, else by the one that holds now."""
        numbers, seen = form.cleaned_data["numbers"], form.revisions()
        found: dict[int, int] = {}
        for start in range(0, len(numbers), 500):
            part = self._rows(request).filter(pk__in=numbers[start : start + 500])
            found |= dict(part.values_list("pk", "revision"))
        return bulk.Order(
            verb.code,
            [(number, seen.get(number, found[number])) for number in dict.fromkeys(numbers) if number in found],
            request.user.get_username(),
            form.cleaned_data["reason"],
            form.cleaned_data["basis"] if verb.code == RECALCULATE else "",
        )

    def job_view(self, request: HttpRequest, number: int) -> HttpResponse:
        job = self._job(request, number)
        verb = moving.VERBS[job.verb]
        context = {
            **self._admin.admin_site.each_context(request),
            "opts": self._admin.opts,
            "title": verb.title,
            "job": job,
            "is_busy": job.state in BUSY,
            "percent": _percent(job),
            "created": time_cell(job.created_ms),
            "past": verb.past % {"count": job.moved},
            "problem": _(job.problem) if job.problem else "",
            "reasons": [(_(sentence), count) for sentence, count in moving.reasons(json.loads(job.left))],
        }
        return TemplateResponse(request, "console/bulk.html", context)

    def progress_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """What the page asks for twice a second."""
        job = self._job(request, number)
        words = _("%(done)s of %(total)s transactions") % {
            "done": number_text(job.done), "total": number_text(job.total),
        }  # fmt: skip
        return JsonResponse({"busy": job.state in BUSY, "phase": words, "percent": _percent(job)})

    def _job(self, request: HttpRequest, number: int) -> BulkMove:
        """Who sees every program sees everybody's; else one's own."""
        rows = BulkMove.objects.filter(pk=number)
        if not rights_of(request).sees_all:
            rows = rows.filter(account_id=request.user.pk)
        job = rows.first()
        if job is None:
            raise Http404(_("There is no such page, or it is not for you."))
        return job

    # What is chosen

    def _rows(self, request: HttpRequest) -> QuerySet:
        return with_names(rights_of(request).narrowed(Transaction.objects.all()), partner=True)

    def _numbers(self, request: HttpRequest, asked: Any) -> list[int]:
        """Named one by one, ticked in the list, or all that its filter finds; by number."""
        if asked.get("all"):
            narrowing = TransactionNarrowing.of_query(asked.get("query", ""), rights_of(request))
            pages = walk(self._admin.rows(request, narrowing).only("pk"), 2000)
            found: list[int] = []
            for page in pages:
                found += [row.pk for row in page]
                if len(found) > bulk.MAX_BULK:
                    break
            return sorted(found)
        named = asked.get("chosen") or asked.get("numbers", "")
        return sorted(set(moving.numbers_in(",".join([named, *asked.getlist("n")]))))


def _problem(numbers: list[int]) -> str:
    if not numbers:
        return _("Transactions: none is chosen. Tick at least one.")
    return moving.too_many() if len(numbers) > bulk.MAX_BULK else ""


def _list_address(back: str) -> str:
    """The list as it was left; `back` is the query of its address and nothing else."""
    address = reverse("admin:ledger_transaction_changelist")
    return f"{address}?{back.lstrip('?')}" if back else address


def _joined(numbers: list[int]) -> str:
    return ",".join(map(str, numbers))


def _percent(job: BulkMove) -> int:
    return min(100, job.done * 100 // max(1, job.total))


def _shown(row: Any, step: Step) -> dict[str, Any]:
    """A line of the preview."""
    is_moved = step.state != row.state
    is_earning_changed = step.commission_minor != row.remaining_commission_minor
    return {
        "row": row,
        "state": state_label(row.state),
        "state_after": state_label(step.state) if is_moved else "",
        "commission": money_cell(row.remaining_commission_minor, row.decimals, row.currency),
        "commission_after": (
            money_cell(step.commission_minor, row.decimals, row.currency) if is_earning_changed else ""
        ),
        "rate": moving.rate_of(row),
        "rate_after": moving.rate_words(step.rate, row.currency) if step.rate else "",
        "sentence": step.sentence,
    }


def _sums(made: Preview) -> Any:
    """(currency, what, before, after)."""
    for currency, change in sorted(made.sums.items()):
        before, after = change.before, change.after

        def money(minor: int, currency: str = currency, decimals: int = change.decimals) -> str:
            return money_cell(minor, decimals, currency)

        yield currency, _("Transactions that count"), number_text(before.transactions), number_text(after.transactions)
        yield currency, _("Revenue"), money(before.revenue_minor), money(after.revenue_minor)
        yield currency, _("Commission"), money(before.commission_minor), money(after.commission_minor)


def _csv_header() -> list[str]:
    return [
        _("Number"), _("Order number"), _("Partner"), _("State before"), _("State after"), _("Commission before"),
        _("Commission after"), _("Currency"), _("Left as it is because"),
    ]  # fmt: skip


def _state(state: str) -> str:
    return str(STATE_WORDS.get(state, state))


def _csv_line(told: tuple[Any, Step]) -> list[Any]:
    row, step = told
    return [
        row.number, row.tid, row.partner_name or row.partner_id, _state(row.state), _state(step.state),
        Amount(format_minor(row.remaining_commission_minor, row.decimals)),
        Amount(format_minor(step.commission_minor, row.decimals)),
        row.currency, str(step.sentence),
    ]  # fmt: skip
