"""Transactions -> Reconcile: upload a list, check its columns, watch it, read the result, act on it."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.console.cells import label, named, time_cell, with_names
from clicktrail.control.console.choices import narrow
from clicktrail.control.console.filters import ProgramFilter
from clicktrail.control.console.page import Page
from clicktrail.control.csvfile import as_now
from clicktrail.control.reconcile import acting, forms, result, storing, tables, work
from clicktrail.control.reconcile.columns import Columns
from clicktrail.control.reconcile.listfile import ListFile, Unreadable
from clicktrail.control.reconcile.models import Action, JobState, Reconciliation
from clicktrail.control.reconcile.progress import WHOLE
from clicktrail.control.reconcile.sentences import tell
from clicktrail.control.reconcile.sheet import SAMPLE_ROWS
from clicktrail.control.reconcile.workbook import Workbook
from clicktrail.core.ids import read_id

TONES = {
    JobState.MAPPING: "warning",
    JobState.QUEUED: "info",
    JobState.RUNNING: "info",
    JobState.DONE: "success",
    JobState.FAILED: "danger",
}
BUSY = (JobState.QUEUED, JobState.RUNNING)
WAIT = gettext_lazy("It is being worked on; wait until that is done.")
FILE_GONE = gettext_lazy("The file was deleted in the meantime. Upload it again to read its columns in another way.")
MOST_SAMPLE_ROWS = 8

MOST_ACTIONS = 20


@admin.register(Reconciliation)
class ReconciliationAdmin(Page):
    list_display = ("shown_created", "shown_program", "file_name", "shown_lines", "actor", "shown_state")
    list_display_links = ("file_name",)
    list_filter = (ProgramFilter,)
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-id",)
    sortable_by = ()
    show_full_result_count = False
    actions_list = ("upload_list",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_names(super().get_queryset(request))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = _("Reconcile with the shop's order list")
        return super().changelist_view(request, {**(extra_context or {}), "title": title})

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Reconciliation) -> None:
        note(request, "deleted", obj.file_name, program=obj.program_id)
        storing.delete(obj.pk)

    def log_deletions(self, _request: HttpRequest, _queryset: QuerySet) -> None:
        """The moves that followed from a list have a history of their own."""

    def get_urls(self) -> list[Any]:
        views = {
            "upload/": (self.upload_view, "upload"),
            "<int:number>/columns/": (self.columns_view, "columns"),
            "<int:number>/progress/": (self.progress_view, "progress"),
            "<int:number>/class/<str:kind>/": (self.class_view, "class"),
            "<int:number>/move/<str:verb>/": (self.move_view, "move"),
            "<int:number>/result.csv": (self.result_view, "result"),
        }
        own = [
            path(address, self.admin_site.admin_view(view), name=f"reconcile_reconciliation_{name}")
            for address, (view, name) in views.items()
        ]
        return [*own, *super().get_urls()]

    # Upload and columns

    @action(description=gettext_lazy("Upload a list"), icon="upload", url_path="begin", permissions=["change"])
    def upload_list(self, _request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:reconcile_reconciliation_upload"))

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        self._must_change(request)
        form = narrow(forms.UploadForm(request.POST or None, request.FILES or None), rights_of(request))
        if request.method == "POST" and form.is_valid():
            list_ = form.keep(request.user.get_username())
            if list_ is not None:
                note(request, "order list uploaded", list_.file_name, program=list_.program_id)
                return HttpResponseRedirect(_address("columns", list_.pk))
        return self._page(request, "upload", title=_("Upload the shop's order list"), form=form)

    def columns_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """GET shows what the columns were understood as; POST compares. Another separator is shown first."""
        self._must_change(request)
        list_ = self._list(request, number)
        wanted_sheet = request.POST.get("sheet", list_.sheet)[:100]
        list_.sheet, is_other_sheet = wanted_sheet, wanted_sheet != list_.sheet
        read = _read(list_)
        is_busy = list_.state in BUSY or Action.objects.filter(list_id=number, state__in=BUSY).exists()
        if is_busy or read is None:
            messages.warning(request, WAIT if is_busy else FILE_GONE)
            return HttpResponseRedirect(_address("change", number))
        wanted = request.POST.get("separator", list_.separator)
        is_other = is_other_sheet or wanted != list_.separator and wanted in forms.SEPARATOR_NAMES
        list_.separator = wanted if is_other and wanted in forms.SEPARATOR_NAMES else list_.separator
        shape = storing.shape_of(read, list_.program_id, list_.separator)
        list_.signature = shape.signature
        if is_other and request.method == "POST":
            storing.reshape(list_, shape)
        sheets, sheet = _sheets(read)
        form = forms.ColumnsForm(None if is_other else request.POST or None, shape.sample, sheets,
                                 initial=forms.initial(list_, _columns_of(list_, shape, is_other), sheet))  # fmt: skip
        if request.method == "POST" and not is_other and form.is_valid():
            storing.start(list_, form.form(), *form.days())
            work.wake()
            return HttpResponseRedirect(_address("change", number))
        rows = [_padded(row, form.width) for row in shape.sample[:MOST_SAMPLE_ROWS]]
        names = {place: _(forms.columns.ROLES[role]) for role, place in form.initial_places().items()}
        heads = [(place + 1, names.get(place, "")) for place in range(form.width)]
        context = {
            "list": list_,
            "form": form,
            "rows": rows,
            "heads": heads,
            "remembered": shape.remembered,
            "sheets": sheets,
        }
        return self._page(request, "columns", title=_("Check the columns"), **context)

    # One list

    def change_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        list_ = self._list(request, read_id(object_id) or 0)
        if list_.state == JobState.MAPPING and not list_.file_cut:
            return HttpResponseRedirect(_address("columns", list_.pk))
        actions = list(Action.objects.filter(list_id=list_.pk).order_by("-pk")[:MOST_ACTIONS])
        busy = _busy(list_, actions)
        context = {
            "list": list_,
            "state": _state_label(list_.state),
            "busy": busy,
            "percent": _percent(busy) if busy else 0,
            "program": named(list_.program_id, list_.program_name),
            "created": time_cell(list_.created_ms, list_.zone),
            "result": tables.overview(list_) if list_.state == JobState.DONE else None,
            "actions": [tables.action_row(each, list_.zone) for each in actions],
            "problem": tell(list_.problem),
        }
        return self._page(request, "list", title=list_.file_name, original=list_, **context)

    def history_view(self, _request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        return HttpResponseRedirect(_address("change", read_id(object_id) or 0))

    def progress_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """What the page asks for twice a second."""
        list_ = self._list(request, number)
        busy = _busy(list_, list(Action.objects.filter(list_id=number, state__in=BUSY).order_by("pk")))
        if busy is None:
            return JsonResponse({"busy": False})
        return JsonResponse({"busy": True, "phase": _phase(busy), "percent": _percent(busy)})

    def class_view(self, request: HttpRequest, number: int, kind: str) -> HttpResponse:
        list_ = self._list(request, number)
        page = tables.page_of(list_, kind, request.GET)
        if page is None:
            raise Http404(_("There is no such class."))
        return self._page(
            request,
            "class",
            title=page.title,
            list=list_,
            page=page,
            verbs={verb: _(name) for verb, name in acting.VERBS.items()},
        )

    def result_view(self, request: HttpRequest, number: int) -> HttpResponse:
        list_ = self._list(request, number)
        note(request, "exported", list_.file_name, program=list_.program_id)
        answer = StreamingHttpResponse(
            as_now(result.lines(list_, request.GET.get("kind", ""), is_named=True)),
            content_type="text/csv; charset=utf-8",
        )
        answer["Content-Disposition"] = f'attachment; filename="reconciled-{list_.pk}.csv"'
        return answer

    # Moves

    def move_view(self, request: HttpRequest, number: int, verb: str) -> HttpResponse:
        """GET shows what would change, POST changes it."""
        self._must_change(request)
        list_ = self._list(request, number)
        chosen = tables.chosen_in(request.POST if request.method == "POST" else request.GET)
        if verb not in acting.VERBS or list_.state != JobState.DONE:
            raise Http404(_("There is nothing to move."))
        if not chosen.kinds and not chosen.lines:
            messages.error(request, _("Lines: none is chosen. Tick at least one, or a class."))
            return HttpResponseRedirect(_address("change", number))
        if len(chosen.lines) > acting.MOST_CHOSEN:
            messages.error(
                request,
                _("Lines: more than %(most)s are ticked. Take the whole class, or fewer.")
                % {"most": acting.MOST_CHOSEN},
            )
            return HttpResponseRedirect(_address("change", number))
        if request.method == "POST":
            acting.queue(list_, verb, chosen, request.user.get_username())
            note(request, "orders moved", list_.file_name, program=list_.program_id, verb=verb, **_told(chosen))
            work.wake()
            return HttpResponseRedirect(_address("change", number))
        context = {
            "list": list_,
            "verb": verb,
            "verb_name": _(acting.VERBS[verb]),
            "chosen": chosen,
            "what": tables.what_is_chosen(chosen),
            **tables.preview_rows(list_, acting.preview(number, verb, chosen)),
        }
        return self._page(
            request, "move", title=_("%(verb)s: what will change") % {"verb": _(acting.VERBS[verb])}, **context
        )

    # Cells

    @display(description=gettext_lazy("Uploaded"))
    def shown_created(self, row: Any) -> str:
        return time_cell(row.created_ms, row.zone)

    @display(description=gettext_lazy("Program"))
    def shown_program(self, row: Any) -> str:
        return named(row.program_id, row.program_name)

    @display(description=gettext_lazy("Lines"))
    def shown_lines(self, row: Reconciliation) -> str:
        return tables.in_short(row)

    @display(description=gettext_lazy("State"))
    def shown_state(self, row: Reconciliation) -> str:
        return _state_label(row.state)

    def _page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        shown = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"reconcile/{name}.html", shown)

    def _list(self, request: HttpRequest, number: int) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        list_ = self.get_queryset(request).filter(pk=number).first()
        if list_ is None:
            raise Http404(_("There is no such list."))
        return list_

    def _must_change(self, request: HttpRequest) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied


def _address(page: str, number: int) -> str:
    return reverse(f"admin:reconcile_reconciliation_{page}", args=[number])


def _told(chosen: acting.Chosen) -> dict[str, Any]:
    return {"classes": sorted(chosen.kinds), "lines": len(chosen.lines)}


def _columns_of(list_: Reconciliation, shape: storing.Shape, is_other: bool) -> Columns:
    """As stored, or as guessed anew where the separator is another one."""
    kept = Columns(json.loads(list_.columns), list_.has_header, list_.decimal, list_.time_format)
    return shape.form if is_other else kept


def _read(list_: Reconciliation) -> ListFile | None:
    """None where the file is gone, or the sheet."""
    try:
        return storing.sheet_of(list_, SAMPLE_ROWS)
    except Unreadable:
        return None


def _sheets(read: ListFile) -> tuple[tuple[str, ...], str]:
    """(names of the sheets, the one that is shown); nothing for a list that is no workbook."""
    return (read.sheets, read.sheet) if isinstance(read, Workbook) else ((), "")


def _padded(row: tuple[str, ...], width: int) -> list[str]:
    return [*row, *[""] * (width - len(row))]


def _busy(list_: Reconciliation, actions: list[Action]) -> Reconciliation | Action | None:
    """The job that is on its way."""
    if list_.state in BUSY:
        return list_
    return next((each for each in actions if each.state in BUSY), None)


def _phase(job: Reconciliation | Action) -> str:
    if job.state == JobState.QUEUED:
        return _("Waiting for its turn")
    return _(job.phase) if job.phase else _("Beginning")


def _percent(job: Reconciliation | Action) -> int:
    total = job.total or WHOLE
    return min(100, job.done * 100 // total)


def _state_label(state: str) -> str:
    return label(str(JobState(state).label), TONES[JobState(state)])
