"""Alarms: the list, one alarm with its figures and what to do next, the thresholds, a test mail."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from clicktrail import heartbeat
from clicktrail.control.accounts import viewer
from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.alarms import book, notices
from clicktrail.control.alarms.mail import MailFault
from clicktrail.control.alarms.models import Alarm, AlarmRule, Kind
from clicktrail.control.alarms.spoken import heard, step_said
from clicktrail.control.alarms.words import facts_of
from clicktrail.control.console.cells import DASH, label, labels, page_link, time_cell, with_names
from clicktrail.control.console.filters import ProgramFilter
from clicktrail.control.console.page import Page
from clicktrail.core.explain import age
from clicktrail.core.ids import read_id
from clicktrail.settings import MAIL_ADDRESS

SENSITIVITIES = {"high": gettext_lazy("High"), "normal": gettext_lazy("Normal"), "low": gettext_lazy("Low")}
SNOOZES_H = (1, 4, 24, 72)
"""Hours that are offered."""
HOUR_MS = 3_600_000
LONGEST_NOTE = 500


class OpenFilter(DropdownFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("open", _("Open")), ("ended", _("Ended"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(ended_ms__isnull=self.value() == "open") if self.value() else queryset


class KindFilter(DropdownFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.value, str(kind.label)) for kind in Kind]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text=gettext_lazy("Kept with your name and the time."),
    )


class TestMailForm(forms.Form):
    address = forms.EmailField(
        label=gettext_lazy("Address"), widget=UnfoldAdminEmailInputWidget, help_text=gettext_lazy("Who shall get it.")
    )

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if not MAIL_ADDRESS.fullmatch(address):
            raise forms.ValidationError(_("Write a plain address, like mona@example.com."))
        return address


@admin.register(Alarm)
class AlarmAdmin(Page):
    """For reading and for taking over; an alarm begins and ends by itself."""

    list_display = ("shown_headline", "shown_state", "shown_cause", "shown_since", "shown_ended")
    list_filter = (OpenFilter, KindFilter, ProgramFilter)
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    list_max_show_all = 0
    ordering = (F("ended_ms").desc(nulls_first=True), "-raised_ms")
    sortable_by = ()
    actions = None
    actions_list = ("to_test_mail",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_names(super().get_queryset(request))

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Alarm | None = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        take = self.admin_site.admin_view(self.take_view)
        trial = self.admin_site.admin_view(self.test_mail_view)
        return [
            path("<int:number>/take/", take, name="alarms_alarm_take"),
            path("test-mail/", trial, name="alarms_alarm_test_mail"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, *_args: Any, **_more: Any) -> HttpResponse:
        """Figures, cause, what to do next, what happened."""
        row = self.get_queryset(request).filter(pk=read_id(object_id) or 0).first()
        if row is None:
            raise Http404(_("There is no such alarm."))
        with viewer.only_zone(facts_of(row).get("zone") or "UTC"):
            return self._alarm(request, row)

    def _alarm(self, request: HttpRequest, row: Any) -> HttpResponse:
        """All its times in the zone of its program, in which its headline was written."""
        english = row.sentence
        facts = facts_of(heard(row))
        zone = facts.get("zone")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": Kind(row.kind).label,
            "original": row,
            "row": row,
            "state": _state(row),
            "is_open": row.ended_ms is None,
            "times": _times(row, zone),
            "facts": facts,
            "calls": [
                (reason, number, page_link("ledger_postback", call, _("The latest")), sentence)
                for reason, number, call, sentence in facts.get("calls", [])
            ],
            "steps": [
                (time_cell(step.at_ms, zone), step.actor, step_said(step.note, english, row.sentence))
                for step in row.steps.order_by("pk")
            ],
            "mails": [(time_cell(m.sent_ms, zone), m) for m in row.notices.order_by("pk")],
            "snoozes": SNOOZES_H,
            "form": NoteForm(),
        }
        return TemplateResponse(request, "console/alarm.html", context)

    def history_view(self, _request: HttpRequest, object_id: str, *_args: Any, **_more: Any) -> HttpResponse:
        """The history stands on the alarm's own page."""
        return HttpResponseRedirect(reverse("admin:alarms_alarm_change", args=[object_id]))

    def take_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Somebody looks after it, or wants to hear of it again later."""
        row = self.get_queryset(request).filter(pk=number).first()
        form = NoteForm(request.POST)
        if row is None:
            raise Http404(_("There is no such alarm."))
        if request.method == "POST" and form.is_valid():
            hours = read_id(request.POST.get("hours")) or 0
            rights_of(request).must_edit()
            is_done = _take(row, request.user.get_username(), form.cleaned_data["note"], hours)
            level = messages.SUCCESS if is_done else messages.WARNING
            done = _("Snoozed for %(hours)s h.") % {"hours": hours} if hours else _("Acknowledged.")
            messages.add_message(request, level, done if is_done else _("The alarm has ended meanwhile."))
        return HttpResponseRedirect(reverse("admin:alarms_alarm_change", args=[number]))

    # Test mail

    @action(
        description=gettext_lazy("Send a test mail"),
        icon="outgoing_mail",
        url_path="send-test-mail",
        permissions=["change"],
    )
    def to_test_mail(self, _request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:alarms_alarm_test_mail"))

    def test_mail_view(self, request: HttpRequest) -> HttpResponse:
        rights_of(request).must_edit()
        form = TestMailForm(request.POST or None, initial={"address": getattr(request.user, "email", "")})
        if request.method == "POST" and form.is_valid():
            _try_mail(request, form.cleaned_data["address"])
            note(request, "mail tested", form.cleaned_data["address"])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Send a test mail"),
            "form": form,
            "server": f"{settings.CLICKTRAIL.smtp_host}:{settings.CLICKTRAIL.smtp_port}",
            "is_set": bool(settings.CLICKTRAIL.smtp_host),
            "mail_to": settings.CLICKTRAIL.mail_to,
        }
        return TemplateResponse(request, "console/test_mail.html", context)

    # Cells

    @display(description=gettext_lazy("Alarm"))
    def shown_headline(self, row: Alarm) -> str:
        return heard(row).headline

    @display(description=gettext_lazy("State"))
    def shown_state(self, row: Alarm) -> str:
        return _state(row)

    @display(description=gettext_lazy("Likely cause"))
    def shown_cause(self, row: Alarm) -> str:
        return heard(row).sentence

    @display(description=gettext_lazy("Since"))
    def shown_since(self, row: Any) -> str:
        return time_cell(row.since_ms)

    @display(description=gettext_lazy("Ended"))
    def shown_ended(self, row: Any) -> str:
        return time_cell(row.ended_ms)


class RuleForm(forms.ModelForm):
    quiet_days = forms.CharField(
        label=gettext_lazy("Quiet days"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 3, "placeholder": "2026-12-25"}),
        help_text=gettext_lazy("Days on which nothing is raised, one a line, like 2026-12-25."),
    )

    class Meta:
        model = AlarmRule
        fields = ("program", "silence_on", "sensitivity", "least_usual", "discards_on", "quiet_from", "quiet_to")
        labels = {"silence_on": gettext_lazy("Watch for silence"), "discards_on": gettext_lazy("Watch for discards")}
        help_texts = {
            "least_usual": gettext_lazy("With fewer usual orders in the silent hours nothing is raised."),
            "quiet_from": gettext_lazy(
                "Nothing is raised between these two times of the program's zone; they may go past midnight."
            ),
        }
        widgets = {
            name: UnfoldAdminTextInputWidget({"type": "time"}) for name in ("quiet_from", "quiet_to")
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["quiet_days"] = "\n".join(self.instance.quiet_days)

    def clean_quiet_days(self) -> list[str]:
        return sorted({_day(text) for text in self.cleaned_data["quiet_days"].split()})

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if (values.get("quiet_from") is None) != (values.get("quiet_to") is None):
            self.add_error("quiet_to", _("Give both times, or none."))
        self.instance.quiet_days = values.get("quiet_days", [])
        return values


@admin.register(AlarmRule)
class AlarmRuleAdmin(Page):
    form = RuleForm
    fields = (
        "program",
        "silence_on",
        "sensitivity",
        "least_usual",
        "discards_on",
        "quiet_from",
        "quiet_to",
        "quiet_days",
    )
    list_display = ("shown_program", "shown_watched", "shown_sensitivity", "least_usual", "shown_quiet")
    list_select_related = ("program",)
    ordering = ("program",)

    def get_readonly_fields(self, _request: HttpRequest, obj: AlarmRule | None = None) -> tuple[str, ...]:
        return ("program",) if obj else ()

    @display(description=gettext_lazy("Program"))
    def shown_program(self, row: AlarmRule) -> str:
        return str(row.program)

    @display(description=gettext_lazy("Watched for"))
    def shown_watched(self, row: AlarmRule) -> str:
        on = [word for word, is_on in ((_("Silence"), row.silence_on), (_("Discards"), row.discards_on)) if is_on]
        return labels(label(word, "success") for word in on) if on else label(_("Nothing"), "warning")

    @display(description=gettext_lazy("Sensitivity"))
    def shown_sensitivity(self, row: AlarmRule) -> str:
        return str(SENSITIVITIES.get(row.sensitivity, row.sensitivity))

    @display(description=gettext_lazy("Quiet"))
    def shown_quiet(self, row: AlarmRule) -> str:
        hours = (
            _("%(from)s to %(to)s") % {"from": f"{row.quiet_from:%H:%M}", "to": f"{row.quiet_to:%H:%M}"}
            if row.quiet_from and row.quiet_to
            else ""
        )
        days = ngettext("%(days)s day", "%(days)s days", len(row.quiet_days)) % {"days": len(row.quiet_days)}
        days = days if row.quiet_days else ""
        return ", ".join(part for part in (hours, days) if part) or DASH


def _state(row: Alarm) -> str:
    now_ms = heartbeat.now_ms()
    if row.ended_ms is not None:
        return label(_("Ended"), "success")
    if book.is_loud(row, now_ms):
        return label(_("Open"), "danger")
    if row.snoozed_until_ms is not None:
        return label(
            _("Snoozed by %(actor)s, %(left)s left")
            % {"actor": row.taken_by, "left": age(row.snoozed_until_ms - now_ms)},
            "warning",
        )
    return label(_("Taken by %(actor)s") % {"actor": row.taken_by}, "warning")


def _times(row: Any, zone: str | None) -> list[tuple[str, str]]:
    return [
        (_("Since"), time_cell(row.since_ms, zone)),
        (_("Raised"), time_cell(row.raised_ms, zone)),
        (_("Looked at"), time_cell(row.updated_ms, zone)),
        (_("Ended"), time_cell(row.ended_ms, zone)),
    ]


def _take(row: Alarm, actor: str, note: str, hours: int) -> bool:
    now_ms = heartbeat.now_ms()
    if hours:
        return book.snooze(row, actor, note, now_ms + hours * HOUR_MS, now_ms)
    return book.take(row, actor, note, now_ms)


def _try_mail(request: HttpRequest, address: str) -> None:
    """The server's answer, or the fault with its mend."""
    try:
        answer = notices.send_trial(settings.CLICKTRAIL, address)
    except MailFault as fault:
        messages.error(request, str(fault))
    else:
        messages.success(
            request, _("Sent to %(address)s. The mail server said: %(answer)s") % {"address": address, "answer": answer}
        )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise forms.ValidationError(_("%(text)s is no day; write it like 2026-12-25.") % {"text": text}) from None
