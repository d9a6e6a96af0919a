"""Saved filters of the list: who sees which, saving, sharing, deleting, and the one that somebody begins with."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clicktrail import heartbeat
from clicktrail.control.accounts.rights import Rights, rights_of
from clicktrail.control.console.door import reads
from clicktrail.control.console.narrowing import TransactionNarrowing
from clicktrail.control.worklist.models import SavedFilter, StartView

MAX_FILTERS = 50
"""That one account keeps."""
MOST_SHOWN_FILTERS = 100
LONGEST_NAME = 60
START, UNSTART, SHARE, UNSHARE, DELETE = "start", "unstart", "share", "unshare", "delete"
OWN_DEEDS = (SHARE, UNSHARE, DELETE)
"""Of who made the filter; anybody may begin with one that he sees."""


def addresses(_model_admin: Any) -> dict[str, Any]:
    return {
        "filters/save/": (reads(require_POST(save_view)), "filter_save"),
        "filters/<int:number>/<str:deed>/": (reads(require_POST(deed_view)), "filter_deed"),
    }


class SaveForm(forms.Form):
    name = forms.CharField(max_length=LONGEST_NAME)
    query = forms.CharField(max_length=4000, required=False)
    shared = forms.BooleanField(required=False)
    start = forms.BooleanField(required=False)


def visible(request: HttpRequest, **which: Any) -> list[SavedFilter]:
    """One's own, and of those that are shared the ones of programs that one may see: a name can tell a secret too."""
    rights, mine = rights_of(request), Q(account_id=request.user.pk)
    rows = SavedFilter.objects.filter(mine | Q(shared=True), **which).order_by("name", "pk")
    return [row for row in rows if row.account_id == request.user.pk or _is_for(rights, row)]


def _is_for(rights: Rights, row: SavedFilter) -> bool:
    program = TransactionNarrowing.of_query(row.query, rights).program
    return program is None or rights.sees(program)


def shown_to(request: HttpRequest, query: str) -> dict[str, Any]:
    """For the list's page; `query`: what it is narrowed to now."""
    start = StartView.objects.filter(account_id=request.user.pk).values_list("filter_id", flat=True).first()
    rows = [
        {
            "row": row,
            "is_now": row.query == query,
            "is_start": row.pk == start,
            "is_own": row.account_id == request.user.pk,
        }
        for row in visible(request)[:MOST_SHOWN_FILTERS]
    ]
    now = next((row for row in rows if row["is_now"]), None)
    return {"rows": rows, "now": now, "can_save": bool(query) and now is None, "shares": rights_of(request).edits}


def start_of(request: HttpRequest) -> str | None:
    """The query that somebody's list begins with; None for the whole list."""
    found = StartView.objects.filter(account_id=request.user.pk).values_list("filter_id", "filter__query").first()
    if found is None or not visible(request, pk=found[0]):
        return None
    return str(found[1]) or None


def save_view(request: HttpRequest) -> HttpResponse:
    """Under a name that there is already, it takes the place of that one."""
    form = SaveForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, _("Name: give the filter a name of at most %(most)s characters.") % {"most": LONGEST_NAME}
        )
        return _to_list(request.POST.get("query", ""))
    asked = form.cleaned_data
    query = TransactionNarrowing.of_query(asked["query"], rights_of(request)).query
    own = SavedFilter.objects.filter(account_id=request.user.pk)
    if own.count() >= MAX_FILTERS and not own.filter(name=asked["name"]).exists():
        messages.error(request, _("You keep %(most)s filters already: delete one first.") % {"most": MAX_FILTERS})
        return _to_list(query)
    row, _made = SavedFilter.objects.update_or_create(
        account_id=request.user.pk,
        name=asked["name"],
        defaults={
            "query": query,
            "shared": asked["shared"] and rights_of(request).edits,
            "created_ms": heartbeat.now_ms(),
        },
    )
    if asked["start"]:
        _start_with(request, row)
    messages.success(request, _("The filter “%(name)s” was saved.") % {"name": row.name})
    return _to_list(query)


def deed_view(request: HttpRequest, number: int, deed: str) -> HttpResponse:
    row = next(iter(visible(request, pk=number)), None)
    is_own = row is not None and row.account_id == request.user.pk
    if row is None or deed not in (START, UNSTART, *OWN_DEEDS) or (deed in OWN_DEEDS and not is_own):
        raise Http404(_("There is no such page, or it is not for you."))
    if deed == START:
        _start_with(request, row)
        messages.success(request, _("Your list begins with “%(name)s” now.") % {"name": row.name})
    elif deed == UNSTART:
        StartView.objects.filter(account_id=request.user.pk).delete()
        messages.success(request, _("Your list begins with all transactions now."))
    elif deed == DELETE:
        row.delete()
        messages.success(request, _("The filter “%(name)s” was deleted.") % {"name": row.name})
        return _to_list("")
    else:
        rights_of(request).must_edit()
        SavedFilter.objects.filter(pk=row.pk).update(shared=deed == SHARE)
        told = _("Everybody sees “%(name)s” now.") if deed == SHARE else _("Only you see “%(name)s” now.")
        messages.success(request, told % {"name": row.name})
    return _to_list(row.query)


def _start_with(request: HttpRequest, row: SavedFilter) -> None:
    StartView.objects.update_or_create(account_id=request.user.pk, defaults={"filter": row})


def _to_list(query: str) -> HttpResponse:
    """With a query always, so that no start view takes its place."""
    whole = query or urlencode({"view": "all"})
    return HttpResponseRedirect(f"{reverse('admin:ledger_transaction_changelist')}?{whole}")
