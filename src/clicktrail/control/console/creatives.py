"""Creatives: text links and banners, with the finished link and the HTML that a partner copies."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminTextInputWidget

from clicktrail import heartbeat
from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.banners import links, markup, pictures, shelf
from clicktrail.control.banners.broken import Refused
from clicktrail.control.banners.models import MAX_WORDS, Banner, LinkText
from clicktrail.control.banners.size import MAX_BANNER_BYTES, MAX_BANNER_SIDE
from clicktrail.control.catalog.models import ClickTarget, Creative, Partner, PartnerState, Product
from clicktrail.control.console.cells import DASH, number_text, state_label
from clicktrail.control.console.filters import MOST_CHOICES, ProgramFilter
from clicktrail.control.console.page import Page
from clicktrail.control.ledger.exact import ExactSum
from clicktrail.control.ledger.models import RollupDay
from clicktrail.core.catalog import TEST_PARTNER
from clicktrail.core.ids import read_id
from clicktrail.core.periods import DAY_MS

DAYS = 30
MAX_OWN_TEXT = 255
"""Characters of a subid in a link."""


class OfProgram(forms.ModelChoiceField):
    """Choices that say which program they belong to, because on a new page that is not chosen yet."""

    def label_from_instance(self, row: Any) -> str:
        return f"{row} – {row.program}"


class PictureInput(forms.FileInput):
    """The browser's own; beside it the page shows what was chosen."""

    def __init__(self) -> None:
        accept = ",".join(kind.media_type for kind in pictures.KINDS.values())
        super().__init__({"accept": accept, "class": "ct-input ct-file", "data-picture": ""})


class CreativeForm(forms.ModelForm):
    picture = forms.FileField(label=gettext_lazy("Picture"), required=False, widget=PictureInput)
    alt = forms.CharField(
        label=gettext_lazy("Alternative text"),
        required=False,
        max_length=MAX_WORDS,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("What the picture says, for those who do not see it. Empty: the name."),
    )
    link_text = forms.CharField(
        label=gettext_lazy("Link text"),
        required=False,
        max_length=MAX_WORDS,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("The words of the text link. Empty: the name."),
    )

    class Meta:
        model = Creative
        fields = ("program", "name", "target", "product", "state")
        field_classes = {"target": OfProgram, "product": OfProgram}
        labels = {
            "program": gettext_lazy("Program"),
            "name": gettext_lazy("Name"),
            "target": gettext_lazy("Click target"),
            "product": gettext_lazy("Commission product"),
            "state": gettext_lazy("State"),
        }
        help_texts = {
            "target": gettext_lazy("Where the link leads to."),
            "product": gettext_lazy("What the link is meant to sell; empty: the program's default product."),
            "state": gettext_lazy("Paused: its links still lead to the shop, but nobody is credited."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("target", ClickTarget), ("product", Product)):
            rows = model.objects.select_related("program").order_by("program", "pk")
            if name in self.fields:
                self.fields[name].queryset = rows.filter(program=self.instance.program_id) if self.instance.pk else rows
        self.fields["picture"].help_text = _(
            "PNG, JPEG, GIF or WebP, up to %(mebibytes)d MiB and %(side)d pixels a side. "
            "Places, cameras and comments in the file are taken out."
        ) % {"mebibytes": MAX_BANNER_BYTES >> 20, "side": MAX_BANNER_SIDE}
        if self.instance.pk:
            banner = banner_of(self.instance)
            self.initial["alt"] = banner.alt if banner else ""
            self.initial["link_text"] = text_of(self.instance, own=True)

    def clean_picture(self) -> Any:
        """The file's bytes; what they are is looked at here, so that a refusal stands beside the field."""
        upload = self.cleaned_data.get("picture")
        if not upload:
            return None
        body = upload.read(MAX_BANNER_BYTES + 1)
        try:
            pictures.read(body)
        except Refused as fault:
            raise ValidationError(str(fault)) from None
        return body

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        program = values.get("program") or getattr(self.instance, "program", None)
        for name in ("target", "product"):
            row = values.get(name)
            if row is not None and program is not None and row.program_id != program.pk:
                self.add_error(
                    name,
                    _("It belongs to %(its)s: choose one of %(program)s.") % {"its": row.program, "program": program},
                )
        return values


class Counted(ChangeList):
    """The rows of a page with their pictures and their clicks: one query each, however many rows."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        numbers = [row.pk for row in rows]
        banners = {row.creative_id: row for row in Banner.objects.filter(creative__in=numbers, ended_ms__isnull=True)}
        clicks = clicks_of(numbers, {row.program_id for row in rows})
        for row in rows:
            row.banner, row.clicks = banners.get(row.pk), clicks.get(row.pk, 0)
        self.result_list = rows


def clicks_of(creatives: list[int], programs: set[int]) -> dict[int, int]:
    """Net clicks of the last 30 days, the test partner's left out."""
    today = heartbeat.now_ms() // DAY_MS
    rows = RollupDay.objects.filter(
        program_id__in=sorted(programs), day__gt=today - DAYS, creative_id__in=creatives
    ).exclude(partner_id=TEST_PARTNER)
    return dict(rows.order_by().values_list("creative_id").annotate(ExactSum("clicks_net")))


def banner_of(creative: Creative) -> Banner | None:
    return Banner.objects.filter(creative=creative, ended_ms__isnull=True).first()


def text_of(creative: Creative, *, own: bool = False) -> str:
    """The words of its text link; `own`: empty where nobody wrote any."""
    row = LinkText.objects.filter(creative=creative).first()
    return row.text if row else "" if own else creative.name


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [("banner", _("Banners")), ("text", _("Text links"))]

    def queryset(self, _request: HttpRequest, queryset: Any) -> Any:
        with_picture = Banner.objects.filter(ended_ms__isnull=True).values("creative")
        if self.value() == "banner":
            return queryset.filter(pk__in=with_picture)
        return queryset.exclude(pk__in=with_picture) if self.value() == "text" else queryset


@admin.register(Creative)
class CreativeAdmin(Page):
    form = CreativeForm
    fieldsets = (
        (None, {"fields": ("program", "name", "target", "product", "state")}),
        (gettext_lazy("Banner"), {"fields": ("shown_picture_now", "picture", "alt")}),
        (gettext_lazy("Text link"), {"fields": ("link_text",)}),
    )
    list_display = (
        "shown_picture", "shown_name", "shown_program", "shown_target", "shown_product", "shown_clicks", "shown_state",
    )  # fmt: skip
    list_display_links = ("shown_name",)
    list_select_related = ("program", "target", "product")
    list_filter = (ProgramFilter, KindFilter)
    list_filter_submit = True
    list_per_page = 50
    search_fields = ("name", "=id")
    ordering = ("pk",)
    change_form_outer_after_template = "console/creative.html"

    class Media:
        css = {"all": ("console/creatives.css",)}
        js = ("console/creatives.js",)

    def get_readonly_fields(self, _request: HttpRequest, obj: Creative | None = None) -> tuple[str, ...]:
        return ("program", "shown_picture_now") if obj else ("shown_picture_now",)

    def get_changelist(self, _request: HttpRequest, **_kwargs: Any) -> type[ChangeList]:
        return Counted

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("<int:number>/link/", guard(self.link_view), name="catalog_creative_link"),
            path(
                "<int:number>/pictures/<int:picture>/take-out/",
                guard(self.take_out_view),
                name="catalog_creative_take_out",
            ),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if creative := kwargs.get("obj"):
            context |= code_of(request, creative) | _choices(creative) | {"earlier": _earlier(creative)}
        return super().render_change_form(request, context, *args, **kwargs)

    def link_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """The link, its HTML and how it will look, for the chosen partner, subid and target: a piece of the page."""
        return TemplateResponse(request, "console/creative_code.html", code_of(request, self._row(request, number)))

    def take_out_view(self, request: HttpRequest, number: int, picture: int) -> HttpResponse:
        creative = self._row(request, number)
        banner = Banner.objects.filter(pk=picture, creative=creative).first()
        if request.method != "POST" or banner is None or not self.has_change_permission(request, creative):
            raise Http404(_("There is nothing to do."))
        shelf.take_out(settings.CLICKTRAIL, banner)
        note(request, "deleted", f"banner {banner.name}", program=creative.program_id, creative=creative.pk)
        messages.success(request, _("The picture is out of service: its address leads nowhere any more."))
        return HttpResponseRedirect(reverse("admin:catalog_creative_change", args=[number]))

    def save_model(self, request: HttpRequest, obj: Creative, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        values = form.cleaned_data
        try:
            if values.get("picture"):
                shelf.replace(settings.CLICKTRAIL, obj, values["picture"], values.get("alt", ""))
            elif "alt" in form.changed_data:
                shelf.describe(obj, values.get("alt", ""))
        except Refused as fault:
            messages.error(request, str(fault))
        if "link_text" in form.changed_data:
            shelf.word(obj, values.get("link_text", ""))

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """The log says that there is a new picture, not what its bytes are."""
        if form.cleaned_data.get("picture"):
            form.cleaned_data["picture"] = "…"
        return super().construct_change_message(request, form, formsets, add)

    def has_delete_permission(self, _request: HttpRequest, _obj: Creative | None = None) -> bool:
        """Partners have its link out in the world; one that has ended is paused."""
        return False

    def _row(self, request: HttpRequest, number: int) -> Creative:
        creative = self.get_queryset(request).select_related("program", "target").filter(pk=number).first()
        if creative is None:
            raise Http404(_("There is no such creative, or it is not for you."))
        return creative

    @display(description=gettext_lazy("Looks"))
    def shown_picture(self, row: Creative) -> str:
        banner = getattr(row, "banner", None)
        return thumbnail(banner) if banner else format_html('<span class="ct-aa">{}</span>', "Aa")

    @display(description=gettext_lazy("Name"), ordering="name")
    def shown_name(self, row: Creative) -> str:
        banner = getattr(row, "banner", None)
        kind = _("Banner, %(size)s") % {"size": banner} if banner else _("Text link")
        return format_html(
            '<span class="ct-two"><span>{}</span> <span class="ct-faint">{} · {}</span></span>', row.name, row.pk, kind
        )

    @display(description=gettext_lazy("Program"), ordering="program__name")
    def shown_program(self, row: Creative) -> str:
        return str(row.program)

    @display(description=gettext_lazy("Click target"))
    def shown_target(self, row: Creative) -> str:
        return row.target.alias

    @display(description=gettext_lazy("Commission product"))
    def shown_product(self, row: Creative) -> str:
        return row.product.name if row.product else DASH

    @display(description=gettext_lazy("Clicks, 30 days"))
    def shown_clicks(self, row: Creative) -> str:
        return format_html('<span class="ct-number">{}</span>', number_text(getattr(row, "clicks", 0)))

    @display(description=gettext_lazy("State"), ordering="state")
    def shown_state(self, row: Creative) -> str:
        return state_label(row.state)

    @display(description=gettext_lazy("Picture now"))
    def shown_picture_now(self, row: Creative) -> str:
        banner = banner_of(row) if row.pk else None
        if banner is None:
            return _("None: this is a text link. A picture makes it a banner.")
        if not shelf.is_there(settings.CLICKTRAIL, banner):
            return _("Its file is missing from the data folder. Upload the picture again.")
        size = _("%(size)s pixels, %(kibibytes)s KiB, %(kind)s") % {
            "size": banner,
            "kibibytes": number_text(banner.kibibytes),
            "kind": banner.kind.upper(),
        }
        return format_html('<span class="ct-now">{}<span class="ct-faint">{}</span></span>', thumbnail(banner), size)


def thumbnail(banner: Banner) -> str:
    return format_html(
        '<img class="ct-thumb" src="{}" alt="" width="{}" height="{}" loading="lazy">',
        reverse("banner", args=[banner.name]), banner.width, banner.height,
    )  # fmt: skip


def code_of(request: HttpRequest, creative: Creative) -> dict[str, Any]:
    """What the card of the finished link shows, for what is asked for in the address."""
    asked = request.GET
    partner, subid = read_id(asked.get("partner")) or TEST_PARTNER, asked.get("subid", "")[:MAX_OWN_TEXT]
    target, fault = asked.get("to", ""), ""
    if pasted := asked.get("address", "").strip():
        try:
            target = links.deeplink_address(creative.program, pasted)
        except Refused as refused:
            fault = str(refused)
    link = links.creative_link(creative, partner, subid, target)
    banner, text = banner_of(creative), text_of(creative)
    words = {"link": link, "text": text, "text_html": markup.text_html(link, text), "banner": banner, "fault": fault}
    if banner:
        words["banner_html"] = markup.banner_html(link, banner, creative.name)
        words["picture"] = reverse("banner", args=[banner.name])
        words["alt"] = banner.alt or creative.name
    chosen = {"partner": partner, "subid": subid, "to": asked.get("to", ""), "address": pasted}
    return {"creative": creative, "code": words, "chosen": chosen, "may_edit": rights_of(request).edits}


def _choices(creative: Creative) -> dict[str, Any]:
    return {
        "partners": Partner.objects.filter(state=PartnerState.ACTIVE).order_by("name")[:MOST_CHOICES],
        "targets": ClickTarget.objects.filter(program=creative.program_id).order_by("pk")[:MOST_CHOICES],
    }


def _earlier(creative: Creative) -> list[Banner]:
    rows = Banner.objects.filter(creative=creative, ended_ms__isnull=False).order_by("-ended_ms")
    return list(rows[: shelf.MAX_BANNERS])
