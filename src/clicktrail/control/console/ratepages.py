"""What is paid from when on: the history of one product, or of one partner for one product, and the next step of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.catalog import rates, rules
from clicktrail.control.catalog.models import Partner, PartnerRate, Product, TimedRate
from clicktrail.control.catalog.rates import Step
from clicktrail.control.console.cells import DASH, rate_text, time_cell
from clicktrail.core.catalog import NO_RATE, Rate
from clicktrail.core.tongue import day_form

MOMENT_INPUT = {"type": "datetime-local", "step": "60"}


class MomentField(forms.CharField):
    """A time of the program's zone; empty is None: now."""

    widget = UnfoldAdminTextInputWidget(MOMENT_INPUT)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            label=gettext_lazy("Valid from"),
            help_text=gettext_lazy("In the program's time zone. Empty: from now on."),
            **kwargs,
        )


class StepForm(forms.Form):
    """The next rate: a percentage, a fixed amount, or of a partner none of his own any more."""

    percent = forms.CharField(
        label=gettext_lazy("Percent of the net revenue"),
        required=False,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal", "placeholder": "10"}),
        help_text=gettext_lazy("Up to four decimals, like 7.5. Leave empty for a fixed amount."),
    )
    fixed = forms.CharField(
        label=gettext_lazy("Fixed amount"),
        required=False,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal", "placeholder": "2.50"}),
        help_text=gettext_lazy("Paid for each order, in the program's currency. Leave empty for a percentage."),
    )
    valid_from = MomentField()

    def __init__(self, product: Product, partner: Partner | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.product, self.partner = product, partner
        self.fields["valid_from"].help_text = _(
            "In the time zone of the program, %(zone)s. Empty: from now on. What is later begins by itself."
        ) % {"zone": product.program.time_zone}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        percent, fixed = values.get("percent", "").strip(), values.get("fixed", "").strip()
        takes_back = "take_back" in self.data and self.partner is not None
        if not takes_back and bool(percent) == bool(fixed):
            raise forms.ValidationError(_("Give a percentage or a fixed amount, one of the two."))
        currency = self.product.program.currency
        values["rate"] = (
            NO_RATE
            if takes_back
            else Rate(self._read("percent", percent, rules.percent), self._read("fixed", fixed, rules.fixed(currency)))
        )
        zone = self.product.program.time_zone
        values["since_ms"] = self._read("valid_from", values.get("valid_from", ""), lambda t: rates.moment(t, zone))
        return values

    def _read(self, name: str, text: str, rule: Any) -> int | None:
        if not text.strip():
            return None
        try:
            found: int = rule(text)
        except ValueError as fault:
            self.add_error(name, str(fault))
            return None
        return found


@dataclass(frozen=True, slots=True)
class Line:
    """One step as a row of the table."""

    rate: str
    since: str
    until: str
    who: str
    made: str
    standing: str
    """past, now, later"""
    row: int | None


STANDINGS: dict[str, str | Promise] = {
    "past": gettext_lazy("Past"),
    "now": gettext_lazy("Valid now"),
    "later": gettext_lazy("To come"),
}


def lines(steps: list[Step], product: Product, at_ms: int | None = None) -> list[Line]:
    """Newest first."""
    at_ms = rates.now_ms() if at_ms is None else at_ms
    holds = rates.valid(steps, at_ms)
    ends = [step.since_ms for step in steps[1:]] + [None] * bool(steps)
    zone = product.program.time_zone
    made = [
        Line(
            rate=step_text(step, product),
            since=since_cell(step.since_ms, zone) if step.since_ms else _("the beginning"),
            until=since_cell(end, zone) if end else "",
            who=step.made_by or DASH,
            made=time_cell(step.made_ms, zone) if step.made_ms else DASH,
            standing="now" if step is holds else "later" if step.since_ms > at_ms else "past",
            row=step.row,
        )
        for step, end in zip(steps, ends, strict=True)
    ]
    return made[::-1]


def since_cell(ms: int, zone: str) -> str:
    """In the program's zone, whoever looks: there the moment was entered, and there a day begins."""
    at = datetime.fromtimestamp(ms / 1000, ZoneInfo(zone))
    form = f"{day_form()} %H:%M:%S" if at.second else f"{day_form()} %H:%M"
    return format_html(
        '<time datetime="{}" title="{}" class="ct-time">{} <span class="ct-faint">{}</span></time>',
        at.isoformat(timespec="seconds"),
        at.astimezone(UTC).strftime(f"{day_form()} %H:%M:%S UTC"),
        at.strftime(form),
        at.tzname(),
    )


def step_text(step: Step, product: Product) -> str:
    if not step.is_own:
        return _("What the product pays")
    return rate_text(step.rate.percent_ppm, step.rate.fixed_minor, product.program.currency)


def card(product: Product, partner: Partner | None = None) -> dict[str, Any]:
    """What `rate_history.html` shows."""
    steps = rates.history(product, partner)
    return {"product": product, "partner": partner, "lines": lines(steps, product), "standings": STANDINGS}


def rate_page(
    request: HttpRequest, context: dict[str, Any], product: Product | None, partner: Partner | None
) -> HttpResponse:
    """History and form; POST enters, takes back or withdraws a step."""
    rights = rights_of(request)
    if product is None:
        raise Http404(_("There is no such commission product."))
    rights.must_see(product.program_id)
    form = StepForm(product, partner, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        rights.must_edit()
        done = _withdraw(request, product, partner) if "withdraw" in request.POST else _enter(request, form)
        if done:
            return HttpResponseRedirect(request.path)
    title = _("Rates of %(partner)s for %(product)s") if partner else _("Rates of %(product)s")
    context |= {
        "title": title % {"partner": partner, "product": product},
        "original": partner or product,
        **card(product, partner),
        "form": form,
        "edits": rights.edits,
        "back": _back(product, partner),
        "has_own": partner is not None and _has_own(product, partner),
        "product_pays": step_text(_holds(product), product),
    }
    return TemplateResponse(request, "console/rates.html", context)


def _back(product: Product, partner: Partner | None) -> str:
    if partner is not None:
        return reverse("admin:catalog_partner_change", args=[partner.pk])
    return reverse("admin:catalog_product_change", args=[product.pk])


def _holds(product: Product) -> Step:
    steps = rates.history(product)
    return rates.valid(steps, rates.now_ms()) or steps[0]


def _has_own(product: Product, partner: Partner) -> bool:
    holds = rates.valid(rates.history(product, partner), rates.now_ms())
    return holds is not None and holds.is_own


def _enter(request: HttpRequest, form: StepForm) -> bool:
    if not form.is_valid():
        return False
    rate, since_ms = form.cleaned_data["rate"], form.cleaned_data["since_ms"]
    try:
        step = rates.enter(form.product, form.partner, rate, since_ms, request.user.get_username())
    except ValueError as fault:
        form.add_error("valid_from", str(fault))
        return False
    if step is None:
        messages.info(request, _("That is what is paid then already: nothing was changed."))
        return True
    _noted(request, form.product, form.partner, step)
    messages.success(request, _told(step, form.product))
    return True


def _noted(request: HttpRequest, product: Product, partner: Partner | None, step: Step) -> None:
    subject = f"{partner} · {product}" if partner else f"{product}"
    zone = product.program.time_zone
    note(
        request,
        "rate changed",
        subject,
        program=product.program_id,
        rate=step_text(step, product),
        valid_from=rates.written(step.since_ms, zone),
    )


def _told(step: Step, product: Product) -> str:
    words = {"rate": step_text(step, product)}
    if not step.since_ms:
        return _("%(rate)s, from the beginning: no order has been paid yet.") % words
    if step.since_ms > rates.now_ms():
        return _("%(rate)s, from the moment entered on; nobody has to press anything then.") % words
    return _("%(rate)s from now on. What was ordered before stays as it was.") % words


def _withdraw(request: HttpRequest, product: Product, partner: Partner | None) -> bool:
    text = request.POST["withdraw"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    table: Any = TimedRate if number or partner is None else PartnerRate
    whose = {"product": product, "partner": partner} | ({"pk": number} if table is TimedRate else {})
    row = table.objects.filter(**whose).first()
    if row is None:
        raise Http404(_("There is no such rate."))
    try:
        rates.withdraw(row)
    except ValueError as fault:
        messages.error(request, str(fault))
        return True
    note(request, "deleted", f"rate to come of {partner or product}", program=product.program_id)
    messages.success(request, _("The rate to come is withdrawn."))
    return True
