"""The activity log: who did what, when and from where."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from clicktrail.control.accounts.activity import REFUSED, VERBS
from clicktrail.control.accounts.models import Account, Activity
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.api.models import ApiKey
from clicktrail.control.console.cells import DASH, label, time_cell
from clicktrail.control.console.filters import MOST_CHOICES, DayFilter, ProgramFilter
from clicktrail.control.console.page import Page
from clicktrail.core.tongue import mark

STRANGER = gettext_lazy("somebody unknown")
UNKNOWN = "(unknown)"
"""What the gate says of a name that is nobody's."""
LONGEST_VALUE = 60
MOST_FACTS = 8
GRAVE = (REFUSED, "second factor switched off", "account switched off", "deleted", "key revoked")


STATES = (mark("active"), mark("paused"), mark("blocked"), mark("pending"))


class PersonFilter(DropdownFilter):
    title = gettext_lazy("person")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """People, and then keys of the API, which do things too."""
        people, sees_all = Account.objects.exclude(role="partner").order_by("username"), rights_of(request).sees_all
        if not sees_all:
            people = people.filter(pk=request.user.pk)
        keys = [str(key) for key in ApiKey.objects.order_by("name", "pk")[:MOST_CHOICES]] if sees_all else []
        return [(name, name) for name in (*people.values_list("username", flat=True)[:MOST_CHOICES], *keys)]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(account=self.value()) if self.value() else queryset


class VerbFilter(DropdownFilter):
    title = gettext_lazy("what")
    parameter_name = "verb"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return sorted(((verb, worded(verb)) for verb in VERBS), key=lambda pair: pair[1].casefold())

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(verb=self.value()) if self.value() else queryset


class TimeFilter(DayFilter):
    def since(self, rows: QuerySet, ms: int) -> QuerySet:
        return rows.filter(at_ms__gte=ms)

    def before(self, rows: QuerySet, ms: int) -> QuerySet:
        return rows.filter(at_ms__lt=ms)


@admin.register(Activity)
class ActivityAdmin(Page):
    """For reading, by everybody: of one's own programs, and what one did oneself. Addresses are for owners."""

    program_column = ""
    list_display_links = None
    list_filter = (PersonFilter, VerbFilter, ProgramFilter, TimeFilter)
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    list_max_show_all = 0
    search_fields = ("subject",)
    search_help_text = gettext_lazy("What it was done to")
    ordering = ("-id",)
    sortable_by = ()
    show_full_result_count = False
    paginator = InfinitePaginator
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rights, rows = rights_of(request), super().get_queryset(request)
        if rights.sees_all:
            return rows
        return rows.filter(Q(program_id__in=sorted(rights.programs or ())) | Q(account=request.user.get_username()))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        own = ("shown_time", "shown_account", "shown_verb", "shown_subject", "shown_facts")
        return (*own, "shown_address") if rights_of(request).owns else own

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "title": _("Activity")})

    def change_view(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """A line says all there is."""
        return HttpResponseRedirect(reverse("admin:accounts_activity_changelist"))

    history_view = change_view

    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("Time"))
    def shown_time(self, row: Activity) -> str:
        return time_cell(row.at_ms)

    @display(description=gettext_lazy("Who"))
    def shown_account(self, row: Activity) -> str:
        return str(STRANGER) if row.account in ("", UNKNOWN) else row.account

    @display(description=gettext_lazy("What"))
    def shown_verb(self, row: Activity) -> str:
        return label(worded(row.verb), "danger" if row.verb in GRAVE else "plain")

    @display(description=gettext_lazy("Of what"))
    def shown_subject(self, row: Activity) -> str:
        return row.subject or DASH

    @display(description=gettext_lazy("In detail"))
    def shown_facts(self, row: Activity) -> str:
        return told(row.facts)

    @display(description=gettext_lazy("From where"))
    def shown_address(self, row: Activity) -> str:
        return row.address or DASH


def worded(verb: str) -> str:
    """ "Signed in"; a verb of an older version as it stands."""
    said = _(verb) if verb in VERBS else verb
    return said[:1].upper() + said[1:]


def lines(rows: Iterable[Activity]) -> list[tuple[str, str, str, str]]:
    """(time, verb, subject, facts) for a short table."""
    return [(time_cell(row.at_ms), worded(row.verb), row.subject or DASH, told(row.facts)) for row in rows]


def told(facts: dict[str, Any]) -> str:
    """ "state: active → paused"; escaped here."""
    before, after = facts.get("before") or {}, facts.get("after") or {}
    pairs = [(name, f"{_short(before[name])} → {_short(after[name])}" if name in before else _short(after[name]))
             for name in after]  # fmt: skip
    pairs += [(name, _short(value)) for name, value in facts.items() if name not in ("before", "after")]
    if not pairs:
        return DASH
    lines = ((_(name.replace("_", " ")), value) for name, value in pairs[:MOST_FACTS])
    return format_html(
        '<span class="ct-sentence">{}</span>', format_html_join(", ", '<span class="ct-faint">{}:</span> {}', lines)
    )


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    text = _(text) if text in STATES else text
    text = text or DASH
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
