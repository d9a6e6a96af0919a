"""Click targets: addresses with placeholders, shown filled in while they are typed, and looked at on demand."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.api.ratelimit import Buckets
from clicktrail.control.banners.links import Sample, sample_clickid
from clicktrail.control.catalog import rules
from clicktrail.control.catalog.apply import DEFAULT_TARGET
from clicktrail.control.catalog.models import ClickTarget, Program
from clicktrail.control.console.cells import label
from clicktrail.control.console.fields import ruled
from clicktrail.control.console.filters import ProgramFilter
from clicktrail.control.console.page import Page
from clicktrail.core.ids import read_id
from clicktrail.core.placeholders import PLACEHOLDERS, has_clickid, with_clickid

MOST_LOOKS = 10
"""Landing pages that one account looks at, a minute."""
looks = Buckets()
LIVE = {
    "rows": 3,
    "spellcheck": "false",
    "data-target-address": "",
    "hx-get": reverse_lazy("admin:catalog_clicktarget_filled"),
    "hx-trigger": "input delay:200ms",
    "hx-target": "#ct-filled",
    "hx-include": "select[name=program], [data-program]",
}
"""The field asks for its own preview while one types."""


class ClickTargetForm(forms.ModelForm):
    class Meta:
        model = ClickTarget
        fields = ("program", "alias", "url")
        labels = {
            "program": gettext_lazy("Program"),
            "alias": gettext_lazy("Alias"),
            "url": gettext_lazy("Address"),
        }
        help_texts = {
            "alias": gettext_lazy("Links name it in target. “default” is where visitors go when in doubt."),
            "url": gettext_lazy("The landing page. What is in <% %> is filled in with each click: see below."),
        }
        widgets = {"url": UnfoldAdminTextareaWidget(LIVE)}

    def clean_alias(self) -> str:
        program = self.instance.program_id or getattr(self.cleaned_data.get("program"), "pk", None)
        others = ClickTarget.objects.filter(program_id=program).exclude(pk=self.instance.pk)
        aliases = list(others.values_list("alias", flat=True))
        alias = ruled(lambda text: rules.target_alias(text, aliases))(self.cleaned_data["alias"])
        if self.instance.pk and self.initial.get("alias") == DEFAULT_TARGET != alias:
            raise ValidationError(_("“default” keeps its name: visitors go there when in doubt."))
        return alias

    def clean_url(self) -> str:
        return ruled(rules.target_url)(self.cleaned_data["url"])


@admin.register(ClickTarget)
class ClickTargetAdmin(Page):
    form = ClickTargetForm
    fields = ("program", "alias", "url")
    list_display = ("alias", "shown_program", "shown_url", "shown_clickid")
    list_select_related = ("program",)
    list_filter = (ProgramFilter,)
    list_filter_submit = True
    search_fields = ("alias", "url")
    ordering = ("program", "alias")
    change_form_outer_after_template = "console/target.html"

    class Media:
        css = {"all": ("console/creatives.css",)}
        js = ("console/creatives.js",)

    def get_readonly_fields(self, _request: HttpRequest, obj: ClickTarget | None = None) -> tuple[str, ...]:
        return ("program",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: ClickTarget | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is not None and obj.alias != DEFAULT_TARGET)

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("filled/", guard(self.filled_view), name="catalog_clicktarget_filled"),
            path("look/", guard(require_POST(self.look_view)), name="catalog_clicktarget_look"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        target = kwargs.get("obj")
        context |= self._told(target.url, target.program) if target else self._told("", None)
        context |= {"placeholders": _placeholders(), "program_number": target.program_id if target else ""}
        return super().render_change_form(request, context, *args, **kwargs)

    def filled_view(self, request: HttpRequest) -> HttpResponse:
        """The address as it would be filled in, and what is doubtful about it: a piece of the page."""
        context = self._told(request.GET.get("url", ""), _program(request))
        return TemplateResponse(request, "console/target_filled.html", context)

    def look_view(self, request: HttpRequest) -> HttpResponse:
        """Asks the filled-in address, as a visitor would."""
        rights_of(request).must_edit()
        program, url = _program(request), request.POST.get("url", "")
        context: dict[str, Any] = {}
        try:
            template = rules.target_url(url)
        except ValueError as fault:
            context["fault"] = str(fault)
        else:
            taken = looks.take(str(request.user.pk), MOST_LOOKS)
            if not taken.allowed:
                context["fault"] = _("That was a lot of pages in a minute. Try again in %(seconds)d seconds.") % {
                    "seconds": taken.retry_s
                }
            else:
                from clicktrail.control.console import landing  # It loads an HTTP client.

                filled = Sample(program.pk if program else 1).fill(template)
                clickid = sample_clickid() if has_clickid(template) else ""
                context["landing"] = landing.look(filled, clickid, settings.CLICKTRAIL)
        is_piece = request.headers.get("HX-Request") == "true"
        page = "console/target_landing.html" if is_piece else "console/target_landing_page.html"
        context |= {
            "url": url,
            "title": _("Does it answer?"),
            **({} if is_piece else self.admin_site.each_context(request)),
        }
        return TemplateResponse(request, page, context)

    def save_model(self, request: HttpRequest, obj: ClickTarget, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for note in notes(obj.url, obj.program):
            messages.warning(request, note)

    def _told(self, url: str, program: Program | None) -> dict[str, Any]:
        """What the live card says of an address."""
        if not url.strip():
            return {"filled": "", "notes": [], "fault": "", "mended": ""}
        try:
            template = rules.target_url(url)
        except ValueError as fault:
            return {"filled": "", "notes": [], "fault": str(fault), "mended": ""}
        parameter = program.click_parameter if program else "qc_clickid"
        mended = "" if has_clickid(template) else with_clickid(template, parameter)
        filled = Sample(program.pk if program else 1).fill(template)
        return {"filled": filled, "notes": notes(template, program), "fault": "", "mended": mended}

    @display(description=gettext_lazy("Program"), ordering="program__name")
    def shown_program(self, row: ClickTarget) -> str:
        return str(row.program)

    @display(description=gettext_lazy("Address"), ordering="url")
    def shown_url(self, row: ClickTarget) -> str:
        return row.url

    @display(description=gettext_lazy("ClickID"))
    def shown_clickid(self, row: ClickTarget) -> str:
        return label(_("Passed on"), "success") if has_clickid(row.url) else label(_("Missing"), "warning")


def notes(template: str, program: Program | None) -> list[str]:
    """What is doubtful about an address that can be taken."""
    found = []
    parameter = program.click_parameter if program else "qc_clickid"
    if not has_clickid(template):
        found.append(
            _(
                "This address lacks the ClickID: the shop will not know which click an order came from. "
                "Add %(mark)s, for example as %(example)s."
            )
            % {"mark": "<% CLICKID %>", "example": f"?{parameter}=<% CLICKID %>"}
        )
    elif not has_clickid(template.partition("#")[0]):
        found.append(
            _("The ClickID stands behind #: the shop's server does not see it there, only scripts do. Put it before #.")
        )
    if urlsplit(template).scheme == "http":
        found.append(_("It begins with http://: browsers warn of such pages. Use https:// if the shop has it."))
    return found


def _program(request: HttpRequest) -> Program | None:
    """The one that the form has chosen, if who asks may see it."""
    asked = request.POST if request.method == "POST" else request.GET
    number = read_id(asked.get("program"))
    return rights_of(request).narrowed(Program.objects.filter(pk=number), "pk").first() if number else None


def _placeholders() -> list[tuple[str, str, str]]:
    """(mark, what it is filled with, an example)"""
    told = {
        "clickid": (_("The ClickID: which click it was. The shop keeps it and names it with the order."), ""),
        "pid": (_("Number of the partner"), "7"),
        "subid": (_("The partner's own text"), "summer-sale"),
        "wmid": (_("Number of the creative"), "1"),
        "cpid": (_("Number of the program"), "1"),
    }
    told["clickid"] = (told["clickid"][0], sample_clickid())
    return [(f"<% {name.upper()} %>", *told[name]) for name in PLACEHOLDERS]
