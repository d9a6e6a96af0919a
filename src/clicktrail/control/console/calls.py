"""Transactions -> Log: every call ever received, with its verdict in words."""

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from clicktrail.control.catalog.models import Program
from clicktrail.control.console.cells import DASH, label, named, page_link, time_cell, with_names
from clicktrail.control.console.chapters import facts_of, story_of_call
from clicktrail.control.console.filters import DayFilter, ProgramFilter
from clicktrail.control.console.page import Page
from clicktrail.control.ledger.models import Postback, Transaction
from clicktrail.control.secondlooks import again
from clicktrail.control.secondlooks import pages as secondlooks_pages
from clicktrail.core import explain, reasons
from clicktrail.core.clickid import first_id, split
from clicktrail.core.ids import read_id

TONES = {reasons.SAVED: "success", reasons.DUPLICATE: "plain", reasons.CONFLICT: "warning", reasons.WAITING: "info"}
SOURCES = {"edge": "Shop", "console": "By hand", "api": "API", "import": "Imported", "again": "Judged again"}
UNSAVED = "unsaved"


class ReasonFilter(DropdownFilter):
    title = "reason"
    parameter_name = "reason"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(UNSAVED, "Everything not saved"), *((code, title_of(code)) for code in reasons.REASONS)]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == UNSAVED:
            return queryset.filter(saved=False)
        return queryset.filter(reason=self.value()) if self.value() else queryset


class ArrivedFilter(DayFilter):
    """Log numbers rise with time, so the primary key answers."""

    def since(self, rows: QuerySet, ms: int) -> QuerySet:
        return rows.filter(pk__gte=first_id(ms))

    def before(self, rows: QuerySet, ms: int) -> QuerySet:
        return rows.filter(pk__lt=first_id(ms))


@admin.register(Postback)
class PostbackAdmin(Page):
    list_display = (
        "shown_time",
        "shown_program",
        "shown_order",
        "shown_amount",
        "shown_product",
        "shown_source",
        "shown_saved",
        "shown_reason",
    )
    list_filter = (ReasonFilter, ProgramFilter, ArrivedFilter)
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    list_max_show_all = 0
    search_fields = ("tid",)
    search_help_text = "Order number, ClickID, log number or transaction number"
    ordering = ("-id",)
    sortable_by = ()
    show_full_result_count = False
    paginator = InfinitePaginator
    actions = ("judge_again",)
    actions_list = ("judge_many_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_names(super().get_queryset(request))

    def get_urls(self) -> list[Any]:
        return [*secondlooks_pages.addresses(self), *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    @admin.action(description="Judge again")
    def judge_again(self, request: HttpRequest, rows: QuerySet) -> HttpResponse:
        """Those that are ticked, or all that the list is narrowed to."""
        if request.POST.get("select_across") == "1":
            chosen = _narrowed(request)
        else:
            chosen = {"calls": ",".join(map(str, rows.values_list("pk", flat=True)[: again.MOST_CHOSEN]))}
        return HttpResponseRedirect(f"{reverse('admin:ledger_postback_again')}?{urlencode(chosen)}")

    @action(description="Judge discarded calls again", icon="replay", url_path="judge-again")
    def judge_many_again(self, _request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:ledger_postback_again"))

    def get_search_results(self, _request: HttpRequest, queryset: QuerySet, term: str) -> tuple[QuerySet, bool]:
        term = term.strip()
        if not term:
            return queryset, False
        parts = split(term, term[:2])
        if parts:
            return queryset.filter(click_id=parts[0]), False
        known = Q(program_id__in=list(Program.objects.values_list("pk", flat=True))) | Q(program_id__isnull=True)
        wanted = Q(pk=read_id(term) or 0) | (known & Q(tid=term))
        if term.isascii() and term.isdigit() and len(term) < 20:
            wanted |= Q(pk=int(term)) if int(term) < 1 << 63 else Q()
            for program, tid in Transaction.objects.filter(pk=read_id(term) or 0).values_list("program_id", "tid"):
                wanted |= Q(program_id=program, tid=tid)
        return queryset.filter(wanted), False

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Postback | None = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        number = int(object_id) if object_id.isdecimal() and len(object_id) < 20 else 0
        row = with_names(Postback.objects.filter(pk=number)).first() if number < 1 << 63 else None
        if row is None:
            raise Http404("There is no such call.")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Call {row.pk}",
            "original": row,
            "row": row,
            "verdict": verdict_label(row),
            "sentence": sentence_of(row),
            "saved": saved_cell(row),
            "facts": _facts(row),
            "params": sorted(json.loads(row.params or "{}").items()),
            "chapters": story_of_call(row),
            "ways_on": secondlooks_pages.ways_on(row),
        }
        return TemplateResponse(request, "console/call.html", context)

    def history_view(self, _request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:ledger_postback_change", args=[object_id]))

    @display(description="Time")
    def shown_time(self, row: Any) -> str:
        return time_cell(row.at_ms, row.zone)

    @display(description="Program")
    def shown_program(self, row: Any) -> str:
        return named(row.program_id, row.program_name)

    @display(description="Order number")
    def shown_order(self, row: Postback) -> str:
        return row.tid or DASH

    @display(description="Amount")
    def shown_amount(self, row: Postback) -> str:
        return row.amount or DASH

    @display(description="Product")
    def shown_product(self, row: Postback) -> str:
        return row.product or DASH

    @display(description="From")
    def shown_source(self, row: Postback) -> str:
        return f"{SOURCES.get(row.source, row.source)}{f' ({row.actor})' if row.actor else ''}"

    @display(description="Saved")
    def shown_saved(self, row: Postback) -> str:
        return saved_cell(row)

    @display(description="Verdict")
    def shown_reason(self, row: Postback) -> str:
        return format_html(
            '<span class="ct-verdict">{}<span class="ct-sentence">{}</span></span>',
            verdict_label(row),
            sentence_of(row),
        )


def _narrowed(request: HttpRequest) -> dict[str, str]:
    """What the list is narrowed by, as the page of judging again has it."""
    names = {"reason": "reason", "program": "program", "q": "text", "day_from": "since", "day_to": "until"}
    found = {name: request.GET.get(filtered, "") for filtered, name in names.items()}
    found["reason"] = found["reason"] if found["reason"] in again.DISCARDED else ""
    return found


def title_of(code: str) -> str:
    """ "Unknown click"; the code in words."""
    return code.replace("_", " ").capitalize().replace("clickid", "ClickID")


def verdict_label(row: Postback) -> str:
    return label(title_of(row.reason), TONES.get(row.reason, "danger"))


def sentence_of(row: Postback) -> str:
    return explain.operator_sentence(row.reason, facts_of(row), row.transaction_number)


def saved_cell(row: Postback) -> str:
    """The transaction number, or a dash."""
    if not row.saved:
        return DASH
    return page_link("ledger_transaction", row.transaction_number, row.transaction_number)


def _facts(row: Any) -> list[tuple[str, str]]:
    return [
        ("Received", time_cell(row.at_ms, row.zone)),
        ("Judged", time_cell(row.judged_ms, row.zone)),
        ("From", f"{SOURCES.get(row.source, row.source)}{f' ({row.actor})' if row.actor else ''}"),
        ("Method", row.method),
        ("Program", named(row.program_id, row.program_name)),
        ("Order number", row.tid or DASH),
        *_earlier(row),
        *_again(row),
        ("ClickID", row.clickid or DASH),
        ("Address", row.ip or DASH),
        ("User agent", row.user_agent or DASH),
        ("Referrer", row.referrer or DASH),
        ("Catalog version", str(row.catalog_version)),
    ]


def _again(row: Postback) -> list[tuple[str, str]]:
    """Both lines name each other."""
    first = [("Judges again", page_link("ledger_postback", row.again_id, row.again_id))] if row.again_id else []
    copies = Postback.objects.filter(again_id=row.pk).order_by("id").values_list("pk", flat=True)
    return first + [("Judged again as", page_link("ledger_postback", copy, copy)) for copy in copies]


def _earlier(row: Postback) -> list[tuple[str, str]]:
    """A duplicate or a conflict leads to the transaction that was there before."""
    if row.saved or row.transaction_number is None:
        return []
    return [("Saved before as", page_link("ledger_transaction", row.transaction_number, row.transaction_number))]
