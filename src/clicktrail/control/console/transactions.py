"""Transactions -> Edit: the list, one transaction with its whole story, moves, and creating one by hand."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.views import ChangeList

from clicktrail.control.catalog.models import Program
from clicktrail.control.console import byhand, moving
from clicktrail.control.console.cells import (
    STATE_WORDS,
    label,
    labels,
    money_cell,
    named,
    state_label,
    time_cell,
    with_names,
)
from clicktrail.control.console.chapters import story_of
from clicktrail.control.console.filters import DayFilter, PartnerFilter, ProgramFilter
from clicktrail.control.console.page import Page
from clicktrail.control.ledger.imported import is_imported
from clicktrail.control.ledger.models import Move, Postback, Transaction, TransactionState
from clicktrail.control.ledger.moves import facts_said
from clicktrail.core import explain, lifecycle
from clicktrail.core.clickid import split
from clicktrail.core.ids import read_id


class CreatedFilter(DayFilter):
    def since(self, rows: QuerySet, ms: int) -> QuerySet:
        return rows.filter(created_ms__gte=ms)

    def before(self, rows: QuerySet, ms: int) -> QuerySet:
        return rows.filter(created_ms__lt=ms)


class StateFilter(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, STATE_WORDS.get(state.value, str(state.label))) for state in TransactionState]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(state=self.value()) if self.value() else queryset


class TestFilter(DropdownFilter):
    title = "test"
    parameter_name = "test"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Without tests"), ("only", "Tests only")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(test=self.value() == "only") if self.value() else queryset


class Counted(ChangeList):
    """Counts once: a list that nothing narrows is all there is."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


@admin.register(Transaction)
class TransactionAdmin(Page):
    list_display = (
        "shown_number",
        "shown_created",
        "shown_program",
        "shown_order",
        "shown_partner",
        "shown_product",
        "shown_revenue",
        "shown_commission",
        "shown_state",
    )
    list_filter = (ProgramFilter, PartnerFilter, StateFilter, TestFilter, CreatedFilter)
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    list_max_show_all = 0
    search_fields = ("tid",)
    search_help_text = "Order number, ClickID or transaction number"
    ordering = ("-number",)
    sortable_by = ()
    show_full_result_count = False
    actions = ("release_all", "confirm_all", "cancel_all", "reopen_all", "pay_all")
    actions_list = ("create_by_hand",)

    def get_changelist(self, _request: HttpRequest, **_: Any) -> type[ChangeList]:
        return Counted

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_names(super().get_queryset(request), partner=True)

    def get_search_results(self, _request: HttpRequest, queryset: QuerySet, term: str) -> tuple[QuerySet, bool]:
        """An order number is looked for whole, program by program, as it is indexed; else by its beginning."""
        term = term.strip()
        if not term:
            return queryset, False
        parts = split(term, term[:2])
        if parts:
            return queryset.filter(click_id=parts[0]), False
        programs = list(Program.objects.values_list("pk", flat=True))
        exact = queryset.filter(Q(program_id__in=programs, tid=term) | Q(pk=read_id(term) or 0))
        return (exact if exact.exists() else queryset.filter(tid__startswith=term)), False

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Transaction | None = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def get_urls(self) -> list[Any]:
        move = self.admin_site.admin_view(self.move_view)
        create = self.admin_site.admin_view(self.by_hand_view)
        return [
            path("move/<str:verb>/", move, name="ledger_transaction_move"),
            path("by-hand/", create, name="ledger_transaction_by_hand"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        """One transaction and everything that led to it; nothing here is a field to be typed over."""
        rows = with_names(Transaction.objects.filter(pk=read_id(object_id) or 0), partner=True, creative=True)
        row = rows.first()
        if row is None:
            raise Http404("There is no such transaction.")
        calls = list(Postback.objects.filter(program_id=row.program_id, tid=row.tid).order_by("id")[:100])
        moves = list(Move.objects.filter(transaction_number=row.pk).order_by("id"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Transaction {row.pk}",
            "original": row,
            "row": row,
            "state": state_label(row.state),
            "facts": _facts(row),
            "verbs": [moving.VERBS[verb] for verb in lifecycle.verbs_from(row.state)],
            "chapters": story_of(row, calls),
            "moves": [(time_cell(move.at_ms, row.zone), move, changes_text(move, row)) for move in moves],
            "created": time_cell(row.created_ms, row.zone),
        }
        return TemplateResponse(request, "console/transaction.html", context)

    def history_view(self, _request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        """The history stands on the transaction's own page."""
        return HttpResponseRedirect(reverse("admin:ledger_transaction_change", args=[object_id]))

    # Moves

    @admin.action(description="Release from hold")
    def release_all(self, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
        return self._ask(request, lifecycle.RELEASE, rows)

    @admin.action(description="Confirm")
    def confirm_all(self, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
        return self._ask(request, lifecycle.CONFIRM, rows)

    @admin.action(description="Cancel")
    def cancel_all(self, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
        return self._ask(request, lifecycle.CANCEL, rows)

    @admin.action(description="Reopen")
    def reopen_all(self, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
        return self._ask(request, lifecycle.REOPEN, rows)

    @admin.action(description="Mark paid")
    def pay_all(self, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
        return self._ask(request, lifecycle.PAY, rows)

    def _ask(self, request: HttpRequest, verb: str, rows: QuerySet) -> HttpResponse | None:
        numbers = list(rows.order_by("number").values_list("number", flat=True)[: moving.MOST_AT_ONCE + 1])
        if len(numbers) > moving.MOST_AT_ONCE:
            messages.error(request, f"That is more than {moving.MOST_AT_ONCE} at once: narrow the list with a filter.")
            return None
        return self._ask_page(request, verb, moving.MoveForm(initial={"numbers": ",".join(map(str, numbers))}))

    def move_view(self, request: HttpRequest, verb: str) -> HttpResponse:
        """GET asks for the reason, POST moves; each transaction by itself, and what was not possible is said."""
        if verb not in moving.VERBS:
            raise Http404("There is no such move.")
        if request.method != "POST":
            return self._ask_page(request, verb, moving.MoveForm(initial={"numbers": request.GET.get("numbers", "")}))
        form = moving.MoveForm(request.POST)
        if not form.is_valid():
            return self._ask_page(request, verb, form)
        numbers = form.cleaned_data["numbers"]
        done = moving.move_all(numbers, verb, request.user.get_username(), form.cleaned_data["reason"])
        for level, sentence in done.sentences(moving.VERBS[verb]):
            messages.add_message(request, level, sentence)
        page, arguments = ("change", [numbers[0]]) if len(numbers) == 1 else ("changelist", [])
        return HttpResponseRedirect(reverse(f"admin:ledger_transaction_{page}", args=arguments))

    def _ask_page(self, request: HttpRequest, verb: str, form: Any) -> HttpResponse:
        numbers = moving.numbers_in(str(form["numbers"].value() or ""))
        shown = with_names(Transaction.objects.filter(pk__in=numbers[: moving.MOST_SHOWN]), partner=True)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": moving.VERBS[verb].title,
            "verb": moving.VERBS[verb],
            "form": form,
            "count": len(numbers),
            "rows": [
                (row, money_cell(row.commission_minor, row.decimals, row.currency), state_label(row.state))
                for row in shown.order_by("number")
            ],
            "more": max(0, len(numbers) - moving.MOST_SHOWN),
            "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "console/move.html", context)

    # By hand

    @action(description="Create by hand", icon="add", url_path="create")
    def create_by_hand(self, _request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:ledger_transaction_by_hand"))

    def by_hand_view(self, request: HttpRequest) -> HttpResponse:
        form = byhand.ByHandForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            outcome = byhand.create(form.params(), request.user.get_username())
            messages.add_message(request, outcome.level, outcome.sentence)
            if outcome.address:
                return HttpResponseRedirect(outcome.address)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Create a transaction by hand",
            "form": form,
        }
        return TemplateResponse(request, "console/by_hand.html", context)

    # Cells

    @display(description="Number")
    def shown_number(self, row: Transaction) -> str:
        return str(row.number)

    @display(description="Created")
    def shown_created(self, row: Any) -> str:
        return time_cell(row.created_ms, row.zone)

    @display(description="Program")
    def shown_program(self, row: Any) -> str:
        return named(row.program_id, row.program_name)

    @display(description="Order number")
    def shown_order(self, row: Transaction) -> str:
        return row.tid

    @display(description="Partner")
    def shown_partner(self, row: Any) -> str:
        return named(row.partner_id, row.partner_name)

    @display(description="Product")
    def shown_product(self, row: Transaction) -> str:
        return row.product

    @display(description="Revenue")
    def shown_revenue(self, row: Transaction) -> str:
        return money_cell(row.revenue_minor, row.decimals, row.currency)

    @display(description="Commission")
    def shown_commission(self, row: Transaction) -> str:
        return money_cell(row.commission_minor, row.decimals, row.currency)

    @display(description="State")
    def shown_state(self, row: Transaction) -> str:
        return labels([state_label(row.state), *marks(row)])


def marks(row: Transaction) -> list[str]:
    return [
        *([label("Test", "warning")] if row.test else []),
        *([label("By hand")] if row.manual else []),
        *([label("Imported")] if is_imported(row.postback_id) else []),
        *([label("Proven", "success")] if row.trusted else []),
    ]


def changes_text(move: Move, row: Any) -> str:
    """ "amount 95.50 EUR before, 60.00 EUR now"; empty where only the state has changed."""
    facts = {"changes": facts_said(move.changes), "currency": row.currency, "decimals": row.decimals}
    return explain.changed(facts)


def _facts(row: Any) -> list[tuple[str, str]]:
    rate = moving.rate_of(row)
    held = [("On hold because", row.held_for)] if row.held_for else []
    return [
        *held,
        ("Order number", row.tid),
        ("Program", named(row.program_id, row.program_name)),
        ("Partner", named(row.partner_id, row.partner_name)),
        ("Subid", row.subid or "–"),
        ("Creative", named(row.creative_id, row.creative_name)),
        ("Product", f"{row.product} ({rate})"),
        ("Revenue", money_cell(row.revenue_minor, row.decimals, row.currency)),
        ("Commission", money_cell(row.commission_minor, row.decimals, row.currency)),
        ("Clicked", time_cell(row.clicked_ms, row.zone)),
        ("Created", time_cell(row.created_ms, row.zone)),
        ("ClickID", row.clickid or "–"),
        ("Referrer", row.referrer or row.referrer_host or "–"),
    ]
