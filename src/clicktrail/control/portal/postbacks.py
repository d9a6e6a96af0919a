"""The partner's own postbacks: whom the courier calls about his transactions, with a test and the log of deliveries.

The rows are those of the console's page "Postbacks and webhooks", the deeds those of `outbox/desk.py`.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clicktrail import heartbeat
from clicktrail.control.accounts.activity import note
from clicktrail.control.console.cells import label, time_cell
from clicktrail.control.outbox import desk, rules
from clicktrail.control.outbox.models import Delivery, Method, Receiver, ReceiverKind, ReceiverState, Standing
from clicktrail.control.portal.delivered import event_words, outcome, state_of
from clicktrail.control.portal.fields import PlainForm
from clicktrail.control.portal.transactions import programs_of
from clicktrail.control.portal.viewer import Viewer
from clicktrail.core.ids import read_id
from clicktrail.core.receivers import FOR_POSTBACKS

MAX_OWN_POSTBACKS = 10
"""Of one partner."""
MAX_TESTS_AN_HOUR = 20
"""Of one partner: the courier is no hammer."""
LOG_ROWS = 50
NEWEST_ROWS = 10
"""On the page of a postback; the log has all."""
HOUR_MS = 3_600_000
CHOSEN = [name for name in FOR_POSTBACKS if name != "test"]


class PostbackForm(PlainForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, help_text=gettext_lazy("For yourself."))
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=2000,
        widget=forms.Textarea({"rows": 3, "class": "pt-code", "spellcheck": "false", "data-postback-address": ""}),
    )
    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=Method.choices)
    program = forms.ChoiceField(label=gettext_lazy("Program"), required=False)
    triggers = forms.MultipleChoiceField(
        label=gettext_lazy("When it is called"), widget=forms.CheckboxSelectMultiple, required=False
    )
    state = forms.ChoiceField(label=gettext_lazy("State"))

    def __init__(self, viewer: Viewer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = ("", _("All programs"))
        choices: Any = self.fields
        choices["program"].choices = [every, *((str(number), name) for number, name in programs_of(viewer))]
        choices["triggers"].choices = [(name, event_words(name)) for name in CHOSEN]
        choices["state"].choices = [
            (ReceiverState.ACTIVE, _("Active")),
            (ReceiverState.PAUSED, _("Paused: what happens meanwhile waits, 48 hours at most")),
        ]

    def clean_address(self) -> str:
        return _checked(self.cleaned_data["address"])

    def clean_triggers(self) -> list[str]:
        return _ruled(lambda: rules.triggers(ReceiverKind.POSTBACK, self.cleaned_data["triggers"]))  # type: ignore[no-any-return]


def _checked(text: str) -> str:
    return _ruled(lambda: rules.address(ReceiverKind.POSTBACK, text, settings.CLICKTRAIL))  # type: ignore[no-any-return]


def _ruled(rule: Any) -> Any:
    try:
        return rule()
    except ValueError as fault:
        raise ValidationError(str(fault)) from None


def own_postbacks(viewer: Viewer) -> Any:
    """A postback for all programs is for no program's manager alone."""
    return viewer.own(Receiver.objects.filter(kind=ReceiverKind.POSTBACK)).order_by("pk")


@require_safe
def postbacks(request: Any) -> HttpResponse:
    rows = list(own_postbacks(request.viewer).select_related("program"))
    standings = Standing.objects.in_bulk([row.pk for row in rows])
    shown = [(row, _state(row), _standing(standings.get(row.pk))) for row in rows]
    context = {"rows": shown, "is_full": len(rows) >= MAX_OWN_POSTBACKS, "most": MAX_OWN_POSTBACKS}
    return TemplateResponse(request, "portal/postbacks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_postback(request: Any) -> HttpResponse:
    if own_postbacks(request.viewer).count() >= MAX_OWN_POSTBACKS:
        messages.error(request, _("You have as many postbacks as one partner can have: delete one first."))
        return HttpResponseRedirect(reverse("portal:postbacks"))
    first = {"method": "GET", "triggers": CHOSEN, "state": "active", "name": _("My tracker")}
    form = PostbackForm(request.viewer, request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        row = Receiver(kind=ReceiverKind.POSTBACK, partner=request.viewer.partner)
        _save(request, row, form)
        messages.success(request, _("Saved. Send a test now: its answer stands below a moment later."))
        return HttpResponseRedirect(reverse("portal:postback", args=[row.pk]))
    return TemplateResponse(request, "portal/postback_new.html", {"form": form, **_help()})


@require_http_methods(["GET", "HEAD", "POST"])
def postback(request: Any, number: int) -> HttpResponse:
    row = _own(request, number)
    form = PostbackForm(request.viewer, request.POST or None, initial=_values(row))
    if request.method == "POST" and form.is_valid():
        _save(request, row, form)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("portal:postback", args=[row.pk]))
    context = {"form": form, "row": row, **_help(), **_standing_facts(row), **_log(row, rows=NEWEST_ROWS)}
    if not request.viewer.by:
        context["secrets"] = _secrets(row)
    return TemplateResponse(request, "portal/postback.html", context)


@require_safe
def log(request: Any, number: int) -> HttpResponse:
    """Every delivery; with `newest` the newest alone: a postback's page asks for them again."""
    row = _own(request, number)
    if "newest" in request.GET:
        return TemplateResponse(request, "portal/deliveries.html", {"row": row, **_log(row, rows=NEWEST_ROWS)})
    before = request.GET.get("before", "")
    return TemplateResponse(request, "portal/log.html", {"row": row, "is_first": not before, **_log(row, before)})


@require_POST
def do(request: Any, number: int, deed: str) -> HttpResponse:
    """test, rotate, resume, delete."""
    row = _own(request, number)
    deeds = {"test": _test, "rotate": _rotate, "resume": _resume, "delete": _delete}
    if deed not in deeds:
        raise Http404
    deeds[deed](request, row)
    page = reverse("portal:postbacks") if deed == "delete" else reverse("portal:postback", args=[number])
    return HttpResponseRedirect(page)


@require_safe
def delivery(request: Any, number: int, key: int) -> HttpResponse:
    """One delivery with every attempt. Answers are shown only where no postback can reach a network of the house."""
    row = _own(request, number)
    found = Delivery.objects.filter(receiver_id=row.pk, pk=key).first()
    if found is None:
        raise Http404(_("There is no such delivery."))
    context = {
        "row": row,
        "delivery": found,
        "name": desk.name_of(found),
        "event": event_words(found.trigger),
        "state": state_of(found),
        "made": time_cell(found.created_ms),
        "due": time_cell(found.due_ms) if found.done_ms is None else "",
        "attempts": [(time_cell(a.at_ms), outcome(a), a) for a in desk.attempts_of(found)],
        "shows_answers": not settings.CLICKTRAIL.postback_networks,
    }
    return TemplateResponse(request, "portal/delivery.html", context)


@require_POST
def again(request: Any, number: int, key: int) -> HttpResponse:
    row = _own(request, number)
    ids = list(Delivery.objects.filter(receiver_id=row.pk, pk=key).values_list("pk", flat=True))
    if not desk.send_again(ids):
        raise Http404(_("There is no such delivery."))
    messages.success(request, _("It is sent again, with the delivery id that it had."))
    return HttpResponseRedirect(reverse("portal:delivery", args=[number, key]))


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """How an address would be called for a sample order, or what is wrong with it."""
    try:
        return JsonResponse({"filled": rules.filled(_checked(request.GET.get("address", "")))})
    except ValidationError as fault:
        return JsonResponse({"fault": fault.messages[0]})


def _own(request: Any, number: int) -> Receiver:
    row: Receiver | None = own_postbacks(request.viewer).filter(pk=read_id(str(number)) or 0).first()
    if row is None:
        raise Http404(_("There is no such postback."))
    return row


def _save(request: Any, row: Receiver, form: PostbackForm) -> None:
    given = form.cleaned_data
    row.name, row.address, row.method = given["name"], given["address"], given["method"]
    row.triggers, row.state, row.program_id = given["triggers"], given["state"], read_id(given["program"])
    row.save()
    note(request, "receiver changed", str(row), program=row.program_id)


def _values(row: Receiver) -> dict[str, Any]:
    return {
        "name": row.name, "address": row.address, "method": row.method, "state": row.state,
        "program": str(row.program_id or ""), "triggers": row.triggers,
    }  # fmt: skip


def _test(request: Any, row: Receiver) -> None:
    own = list(own_postbacks(request.viewer).values_list("pk", flat=True))
    since_ms = heartbeat.now_ms() - HOUR_MS
    sent = Delivery.objects.filter(receiver_id__in=own, trigger="test", created_ms__gte=since_ms).count()
    if sent >= MAX_TESTS_AN_HOUR:
        messages.error(request, _("You have sent many tests in this hour. Please try again later."))
        return
    desk.send_test(row)
    messages.success(request, _("The test is on its way: it and its answer stand in the log below."))


def _rotate(request: Any, row: Receiver) -> None:
    desk.rotate(row)
    note(request, "key rotated", str(row))
    messages.success(request, _("Key %(number)s is in force from now on.") % {"number": row.key_number})


def _resume(request: Any, row: Receiver) -> None:
    desk.start_afresh(row)
    messages.success(request, _("The courier starts afresh with it."))


def _delete(request: Any, row: Receiver) -> None:
    note(request, "deleted", str(row))
    row.delete()
    messages.success(request, _("The postback was deleted."))


def _state(row: Receiver) -> Any:
    is_active = row.state == ReceiverState.ACTIVE
    return label(_("Active") if is_active else _("Paused"), "success" if is_active else "warning")


def _standing(row: Standing | None) -> Any:
    words = {
        "works": (_("Works"), "success"),
        "fails": (_("Fails"), "warning"),
        "down": (_("Paused by itself"), "danger"),
        "gone": (_("Gone"), "danger"),
    }
    return label(*words[row.state]) if row else label(_("Nothing sent yet"))


def _standing_facts(row: Receiver) -> dict[str, Any]:
    found = Standing.objects.filter(pk=row.pk).first()
    return {
        "standing": _standing(found),
        "standing_why": found.why if found else "",
        "is_down": found is not None and found.state in ("down", "gone"),
        "sample": rules.filled(row.address),
    }


def _log(row: Receiver, before: str = "", rows: int = LOG_ROWS) -> dict[str, Any]:
    wanted = Delivery.objects.filter(receiver_id=row.pk).order_by("-id")
    last = read_id(before)
    got = list((wanted.filter(pk__lt=last) if last else wanted)[: rows + 1])
    shown = got[:rows]
    answers = desk.last_attempts([each.pk for each in shown])
    return {
        "deliveries": [
            (each, time_cell(each.created_ms), event_words(each.trigger), state_of(each), _answer(answers, each))
            for each in shown
        ],
        "older": shown[-1].pk if len(got) > rows else 0,
        "is_moving": any(each.done_ms is None for each in shown),
    }


def _answer(answers: dict[int, Any], row: Delivery) -> str:
    attempt = answers.get(row.pk)
    return outcome(attempt) if attempt else ""


def _secrets(row: Receiver) -> list[tuple[int, str, str]]:
    """(number, word, secret): what his server checks signatures with."""
    words = ((-1, _("before")), (0, _("in force")), (1, _("next")))
    numbers = [(row.key_number + step, word) for step, word in words if row.key_number + step]
    return [(number, word, desk.secret(row, number)) for number, word in numbers]


def _help() -> dict[str, Any]:
    return {"placeholders": [(f"<% {name.upper()} %>", words) for name, words in placeholder_words().items()]}


def placeholder_words() -> dict[str, str]:
    """What each placeholder of an address becomes."""
    return {
        "clickid": _("the ClickID of the click"),
        "subid": _("your own text from the link"),
        "tid": _("the shop's order number"),
        "number": _("the transaction's number"),
        "commission": _("your commission, like 9.55"),
        "revenue": _("the order's net revenue, like 95.50"),
        "currency": _("the currency, like EUR"),
        "status": _("the state: held, open, confirmed, cancelled, paid"),
        "event": _("what happened: saved, confirmed, cancelled and so on"),
        "product": _("the commission product"),
        "pid": _("your partner number"),
        "cpid": _("the program's number"),
        "wmid": _("the creative's number"),
        "time": _("when it happened, in seconds since 1970"),
        "click_time": _("when the click happened, in seconds since 1970"),
        "revision": _("rises with every change of the transaction"),
        "test": _("1 for a test, else 0"),
        "delivery": _("the delivery id: take each one once"),
    }
