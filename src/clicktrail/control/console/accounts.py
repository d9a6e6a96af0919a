"""People: who belongs to the house, with which role, for which programs; their way in, and when they leave."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display
from unfold.views import ChangeList
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from clicktrail.control.accounts import people, secondfactor
from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.create import reset_second_factor
from clicktrail.control.accounts.gate import confirm_first
from clicktrail.control.accounts.models import Account, Activity, Invitation, Role, Session
from clicktrail.control.catalog.models import Program
from clicktrail.control.console.activities import lines
from clicktrail.control.console.cells import DASH, label, labels, time_cell
from clicktrail.control.console.page import Page
from clicktrail.core.ids import read_id

ROLES = (
    (Role.OWNER.value, gettext_lazy("Owner: everything, and people, API keys and terms")),
    (Role.MANAGER.value, gettext_lazy("Manager: the daily work of the programs ticked below")),
    (Role.READER.value, gettext_lazy("Read only: sees the same as a manager, changes nothing")),
)
TONES = {Role.OWNER: "info", Role.MANAGER: "success", Role.READER: "plain"}
LINK, PASSWORD = "link", "password"
WAYS = (
    (LINK, gettext_lazy("A link: the person sets the password; good once, for 48 hours")),
    (PASSWORD, gettext_lazy("A password that you pass on; shown once")),
)
LATEST = 8
"""Lines of the activity log on somebody's page."""


class Programs(forms.ModelMultipleChoiceField):
    def label_from_instance(self, row: Any) -> str:
        return f"{row.name} ({row.pk})"


class PartForm(forms.Form):
    """A role, and the programs that it is for."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=ROLES, initial=Role.READER.value, widget=UnfoldAdminSelectWidget
    )
    programs = Programs(
        Program.objects.order_by("name"),
        label=gettext_lazy("Programs"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("None ticked: every program, later ones too."),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("role") == Role.OWNER and values.get("programs"):
            said = _("An owner has every program: take the ticks away, or choose the role of a manager.")
            self.add_error("programs", said)
        return values

    def part(self) -> people.Part:
        return people.Part(self.cleaned_data["role"], tuple(row.pk for row in self.cleaned_data["programs"]))


class NewForm(PartForm):
    username = forms.CharField(
        label=gettext_lazy("Username"),
        max_length=people.MAX_NAME,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "autocapitalize": "none"}),
        help_text=gettext_lazy("For signing in. Histories name it for ever."),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), required=False, widget=UnfoldAdminTextInputWidget({"type": "email"})
    )
    way = forms.ChoiceField(
        label=gettext_lazy("Way in"), choices=WAYS, initial=LINK, widget=UnfoldAdminRadioSelectWidget
    )
    field_order = ("username", "email", "role", "programs", "way")


class PeopleList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        name_programs(self.result_list)


def name_programs(rows: Iterable[Any]) -> None:
    """The names of everybody's programs, by one query for all."""
    wanted = {number for row in rows for number in row.programs}
    names = dict(Program.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
    for row in rows:
        row.program_names = [names.get(number, str(number)) for number in row.programs]


@admin.register(Account)
class AccountAdmin(Page):
    """For owners. Who has left is switched off, so that the history keeps the name."""

    add_words = gettext_lazy("Invite somebody")
    program_column = None
    for_owners = True
    list_display = ("shown_name", "shown_role", "shown_programs", "shown_factor", "shown_seen", "shown_state")
    list_fullwidth = True
    search_fields = ("username", "email")
    ordering = ("-is_active", "username")
    sortable_by = ()
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Partners' accounts stand on the partners' pages."""
        seen = Session.objects.filter(account=OuterRef("pk")).values("account").annotate(at=Max("seen_ms")).values("at")
        factor = Exists(secondfactor.of_account(OuterRef("pk")))
        rows = super().get_queryset(request).exclude(role=Role.PARTNER)
        invited = Invitation.objects.filter(account=OuterRef("pk")).values("expires_ms")
        return rows.annotate(seen_ms=Subquery(seen), has_factor=factor, invited_until=Subquery(invited))

    def get_changelist(self, _request: HttpRequest, **_: Any) -> type[ChangeList]:
        return PeopleList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "title": _("People")})

    def has_delete_permission(self, _request: HttpRequest, _obj: Account | None = None) -> bool:
        return False

    def history_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        row = self._row(request, object_id)
        return HttpResponseRedirect(f"{reverse('admin:accounts_activity_changelist')}?account={row.username}")

    def add_view(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        asked = confirm_first(request)
        if asked is not None:
            return asked
        form = NewForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                row = people.make(given["username"], form.part(), given["email"])
            except people.NotPossible as fault:
                form.add_error("username", str(fault))
            else:
                note(request, "account made", row.username, role=row.role, programs=row.programs)
                messages.success(request, _("The account %(name)s was made.") % {"name": row.username})
                return self._page(request, row.pk, _way_in(request, row, given["way"]))
        return self._show(request, "person_new", title=_("Invite somebody"), form=form)

    def change_view(self, request: HttpRequest, object_id: str, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """One person; each button is a deed."""
        row = self._row(request, object_id)
        if request.method != "POST":
            return self._page(request, row.pk)
        asked = confirm_first(request)
        if asked is not None:
            return asked
        if "part" in request.POST:
            form = PartForm(request.POST)
            if not form.is_valid() or not _change_part(request, row, form):
                return self._page(request, row.pk, form=form)
            return HttpResponseRedirect(request.path)
        deed = next((DEEDS[name] for name in DEEDS if name in request.POST), None)
        if deed is None:
            raise Http404(_("There is nothing to do."))
        try:
            if row.pk == request.user.pk:
                raise people.NotPossible(_("Look after your own account under My account, or ask another owner."))
            return self._page(request, row.pk, deed(request, row))
        except people.NotPossible as fault:
            messages.error(request, str(fault))
            return HttpResponseRedirect(request.path)

    def _row(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_queryset(request).filter(pk=read_id(object_id) or 0).first()
        if row is None or not self.has_view_permission(request):
            raise Http404(_("There is no such account."))
        name_programs([row])
        return row

    def _page(self, request: HttpRequest, number: int, shown: Any = None, form: Any = None) -> HttpResponse:
        """`shown`: (heading, hint, secret), in this one answer and nowhere else."""
        row = self._row(request, str(number))
        latest = Activity.objects.filter(account=row.username).order_by("-pk")[:LATEST]
        context = {
            "original": row,
            "row": row,
            "marks": labels([self.shown_role(row), self.shown_state(row)]),
            "facts": self._facts(row),
            "form": form or PartForm(initial={"role": row.role, "programs": row.programs}),
            "shown": shown,
            "sessions": Session.objects.filter(account=row).count(),
            "is_self": row.pk == request.user.pk,
            "latest": lines(latest),
        }
        return self._show(request, "person", title=row.username, **context)

    def _show(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        shown = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        response = TemplateResponse(request, f"console/{name}.html", shown)
        response["Cache-Control"] = "no-store"
        return response

    def _facts(self, row: Any) -> list[tuple[str, Any]]:
        invited = [(_("Link good until"), time_cell(row.invited_until))] if row.invited_until else []
        return [
            (_("E-mail"), row.email or DASH),
            (_("Programs"), self.shown_programs(row)),
            (_("Second factor"), self.shown_factor(row)),
            (_("Last seen"), self.shown_seen(row)),
            (_("Made"), time_cell(int(row.date_joined.timestamp() * 1000))),
            *invited,
        ]

    @display(description=gettext_lazy("Person"))
    def shown_name(self, row: Account) -> str:
        mail = format_html('<br><span class="ct-faint">{}</span>', row.email) if row.email else ""
        return format_html("{}{}", row.username, mail)

    @display(description=gettext_lazy("Role"))
    def shown_role(self, row: Account) -> str:
        return label(str(row.get_role_display()), TONES.get(row.role, "plain"))

    @display(description=gettext_lazy("Programs"))
    def shown_programs(self, row: Any) -> str:
        if not row.programs:
            return _("All")
        return ", ".join(row.program_names)

    @display(description=gettext_lazy("Second factor"))
    def shown_factor(self, row: Any) -> str:
        return label(_("on"), "success") if row.has_factor else label(_("off"), "warning")

    @display(description=gettext_lazy("Last seen"))
    def shown_seen(self, row: Any) -> str:
        signed_in = int(row.last_login.timestamp() * 1000) if row.last_login else None
        return time_cell(row.seen_ms or signed_in)

    @display(description=gettext_lazy("State"))
    def shown_state(self, row: Any) -> str:
        if not row.is_active:
            return label(_("Switched off"), "danger")
        return label(_("Active"), "success") if row.has_usable_password() else label(_("Invited"), "warning")


# Deeds: each returns what is to be shown once, as (heading, hint, secret), or None.

Shown = tuple[str, str, str] | None


def _change_part(request: HttpRequest, row: Account, form: PartForm) -> bool:
    before, part = {"role": row.role, "programs": row.programs}, form.part()
    try:
        people.set_part(row, part)
    except people.NotPossible as fault:
        form.add_error("role", str(fault))
        return False
    after = {"role": row.role, "programs": row.programs}
    if before != after:
        note(request, "account changed", row.username, before=before, after=after)
    messages.success(request, _("Saved. It holds from the next page on that %(name)s opens.") % {"name": row.username})
    return True


def _way_in(request: HttpRequest, row: Account, way: str) -> Shown:
    return _link(request, row) if way == LINK else _password(request, row)


def _link(request: HttpRequest, row: Account) -> Shown:
    token = people.invite(row, request.user.get_username())
    note(request, "invitation made", row.username)
    hint = _("Send it to %(name)s alone: whoever opens it sets the password. It is good once, for %(hours)d hours.")
    return _("The link"), hint % {"name": row.username, "hours": people.MAX_INVITATION_H}, _address(request, token)


def _password(request: HttpRequest, row: Account) -> Shown:
    secret = people.give_password(row)
    note(request, "password changed", row.username)
    hint = _("It is shown this once. %(name)s changes it under My account. All sessions have ended.")
    return _("The new password"), hint % {"name": row.username}, secret


def _end_sessions(request: HttpRequest, row: Account) -> Shown:
    count = people.end_sessions(row)
    if count:
        note(request, "sessions ended", row.username, sessions=count)
    said = ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", count)
    messages.success(request, said % {"count": count})
    return None


def _remove_factor(request: HttpRequest, row: Account) -> Shown:
    reset_second_factor(settings.CLICKTRAIL, row.username)
    note(request, "second factor switched off", row.username)
    messages.success(request, _("The second factor is removed, and all sessions have ended."))
    return None


def _switch_off(request: HttpRequest, row: Account) -> Shown:
    people.switch_off(row)
    note(request, "account switched off", row.username)
    messages.success(request, _("%(name)s is switched off and signed out everywhere.") % {"name": row.username})
    return None


def _switch_on(request: HttpRequest, row: Account) -> Shown:
    people.switch_on(row)
    note(request, "account switched on", row.username)
    messages.success(request, _("%(name)s can sign in again.") % {"name": row.username})
    return None


def _address(request: HttpRequest, token: str) -> str:
    page = reverse("welcome", args=[token])
    public = settings.CLICKTRAIL.public_url.rstrip("/")
    return f"{public}{page}" if public else request.build_absolute_uri(page)


DEEDS: dict[str, Callable[[HttpRequest, Any], Shown]] = {
    "link": _link,
    "password": _password,
    "sessions": _end_sessions,
    "factor": _remove_factor,
    "off": _switch_off,
    "on": _switch_on,
}
"""By the name of the button."""


if admin.site.is_registered(Group):
    admin.site.unregister(Group)
