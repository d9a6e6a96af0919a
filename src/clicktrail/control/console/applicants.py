"""Who asks to become a partner: what he told, and yes or no with what goes with it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from clicktrail.control.accounts.rights import Rights, rights_of
from clicktrail.control.catalog import rates, rules
from clicktrail.control.catalog.edits import edit
from clicktrail.control.catalog.models import Approval, Partner, Product, Program
from clicktrail.control.portal import applications
from clicktrail.control.portal.models import Application, ApplicationState
from clicktrail.core.catalog import Rate

MAX_APPLICATIONS = 200
"""Applications on the page; the oldest come first."""
MAX_WHY = 1000
"""Characters of the reason that an applicant reads."""


class ApprovalForm(forms.Form):
    """Which products, and at which rate of his own."""

    every = forms.MultipleChoiceField(
        label=gettext_lazy("Every product, later ones too, of"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    products = forms.MultipleChoiceField(
        label=gettext_lazy("Single products"), required=False, widget=forms.CheckboxSelectMultiple
    )
    percent = forms.CharField(
        label=gettext_lazy("Own rate in percent"),
        required=False,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal", "placeholder": "10"}),
        help_text=gettext_lazy(
            "For all that is ticked, in place of what the products pay. Empty: what they pay. Other rates are "
            "entered on the partner's page afterwards."
        ),
    )

    def __init__(self, rights: Rights, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = list(rights.narrowed(Product.objects.select_related("program").order_by("program__name", "name")))
        programs = list(rights.narrowed(Program.objects.order_by("name"), "pk"))
        self.fields["every"].choices = [(str(row.pk), str(row)) for row in programs]
        self.fields["products"].choices = [(str(row.pk), f"{row.program.name}: {row.name}") for row in self.known]

    def clean_percent(self) -> int | None:
        text = self.cleaned_data["percent"].strip()
        try:
            return rules.percent(text) if text else None
        except ValueError as fault:
            raise forms.ValidationError(str(fault)) from None

    def every_of(self) -> set[int]:
        return {int(number) for number in self.cleaned_data["every"]}

    def single(self) -> list[Product]:
        """But for those of programs that are ticked as a whole."""
        chosen = set(self.cleaned_data["products"])
        return [row for row in self.known if str(row.pk) in chosen and row.program_id not in self.every_of()]

    def rated(self) -> list[Product]:
        return [*self.single(), *(row for row in self.known if row.program_id in self.every_of())]


class DeclineForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_WHY,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy("The applicant reads it, word for word."),
    )


def count(request: HttpRequest) -> int:
    """How many wait for who asks."""
    return applications.waiting().count() if _may_decide(request) else 0


def _may_decide(request: HttpRequest) -> bool:
    """A partner belongs to no program: who sees only some decides about none."""
    rights = rights_of(request)
    return rights.edits and rights.sees_all


def list_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    if not rights_of(request).sees_all:
        raise Http404(_("There is no such page, or it is not for you."))
    decided = Application.objects.exclude(state=ApplicationState.WAITING).order_by("-decided_ms")
    context |= {
        "title": _("Applications"),
        "waiting": _shown(applications.waiting()),
        "decided": _shown(decided),
    }
    return TemplateResponse(request, "console/applications.html", context)


def _shown(rows: QuerySet[Application]) -> list[Application]:
    return list(rows[:MAX_APPLICATIONS])


def one_page(request: HttpRequest, context: dict[str, Any], number: int) -> HttpResponse:
    """What the applicant told; POST decides."""
    rights = rights_of(request)
    row = Application.objects.filter(pk=number).first() if rights.sees_all else None
    if row is None:
        raise Http404(_("There is no such application."))
    posted = request.method == "POST"
    if posted:
        rights.must_edit()
    form = ApprovalForm(rights, request.POST if posted and "approve" in request.POST else None)
    decline = DeclineForm(request.POST if posted and "decline" in request.POST else None)
    done = _decided(request, row, form, decline) if posted else None
    if done is not None:
        return done
    context |= {
        "title": _("Application of %(name)s") % {"name": row.name},
        "application": row,
        "form": form,
        "decline_form": decline,
        "has_mail": bool(settings.CLICKTRAIL.smtp_host),
        "edits": rights.edits and row.state != ApplicationState.APPROVED,
        "may_decline": row.state == ApplicationState.WAITING,
        "partner": Partner.objects.filter(pk=row.partner_id).first() if row.partner_id else None,
    }
    return TemplateResponse(request, "console/application.html", context)


def _decided(request: HttpRequest, row: Application, form: ApprovalForm, decline: DeclineForm) -> HttpResponse | None:
    """None: a field is at fault."""
    actor = request.user.get_username()
    try:
        if form.is_bound and form.is_valid():
            decided = _approve(row, actor, form)
            messages.success(request, _("%(name)s is a partner now.") % {"name": row.name})
            messages.info(request, decided.mail)
            return HttpResponseRedirect(reverse("admin:catalog_partner_change", args=[decided.partner.pk]))
        if decline.is_bound and decline.is_valid():
            decided = applications.decline(row, actor, decline.cleaned_data["why"].strip())
            messages.success(request, _("The application of %(name)s is declined.") % {"name": row.name})
            messages.info(request, decided.mail)
            return HttpResponseRedirect(reverse("admin:catalog_partner_applications"))
    except applications.AlreadyDecided as fault:
        messages.error(request, str(fault))
        return HttpResponseRedirect(request.path)
    return None


def _approve(row: Application, actor: str, form: ApprovalForm) -> Any:
    """One edit: nobody sees the partner without what he may earn."""
    with edit():
        decided = applications.approve(row, actor, form.single())
        for program in form.every_of():
            Approval.objects.create(partner=decided.partner, program_id=program)
        if form.cleaned_data["percent"] is not None:
            for product in form.rated():
                rates.enter(product, decided.partner, Rate(form.cleaned_data["percent"]), None, actor)
    return decided
