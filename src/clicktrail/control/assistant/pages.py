"""The assistant's pages. All that is chosen stands in the address, so that a page can be sent to a colleague."""

import hashlib
from typing import Any

from django.contrib.admin import site
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clicktrail.control.accounts import activity
from clicktrail.control.accounts.gate import is_fresh
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.assistant import demands, runs, weaving
from clicktrail.control.assistant.forms import VariablesForm
from clicktrail.control.assistant.lights import NOT_YET, ON, WAYS, Lights, look, way_of
from clicktrail.control.assistant.shape import KEEP, MINOR, PIXEL, SERVER, STEPS, Setup, Shop
from clicktrail.control.assistant.shops import SHOPS
from clicktrail.control.catalog import callkeys
from clicktrail.control.catalog.models import Creative, Program, ProgramState, SigningKey
from clicktrail.control.console.calls import verdict_label
from clicktrail.control.console.cells import time_cell
from clicktrail.control.ledger import verdicts
from clicktrail.control.policy import CONSOLE
from clicktrail.core.ids import read_id
from clicktrail.core.money import decimals_of

SHOW_KEY = "show_key"
STOP_POLLING = 286
"""htmx asks no more after this status."""
UNCHANGED = 204


@never_cache
def assistant(request: HttpRequest) -> HttpResponse:
    """Choose, name, copy. POST does one thing: it puts the signing key into the code of this one answer."""
    programs = list(_programs(request))
    program = _chosen(programs, request.GET.get("program", ""))
    shop = SHOPS.get(request.GET.get("shop", ""))
    context: dict[str, Any] = {
        "title": _("Integration assistant"),
        "programs": programs,
        "program": program,
        "shop": shop,
        "shops": list(SHOPS.values()),
    }
    if program is None or shop is None:
        return _page(request, "assistant", context)
    key = demands.newest_key(program) if program.signed else None
    secret = ""
    if request.method == "POST" and SHOW_KEY in request.POST and key:
        rights_of(request).must_edit()
        if not is_fresh(request):
            again = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{again}")
        secret = callkeys.secret_of(key)
        activity.note(request, "key shown", f"{program}, {key}", program=program.pk)
    form = VariablesForm(request.GET, shop, program)
    setup = _setup(form, program, key, secret) if form.is_valid() else None
    context |= _code(shop, setup) | _access(request, program, shop, key, bool(secret))
    context |= {
        "form": form,
        "creatives": _creatives(program),
        "chosen": _shown_name(shop),
        "back": request.GET.urlencode(),
    }
    return _page(request, "assistant", context)


@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """A new run; nothing is written for it."""
    program = _program(request, request.GET.get("program", ""))
    creative = read_id(request.GET.get("creative", "")) or 0
    address = reverse("assistant_test", args=[program.pk, creative, runs.new_word()])
    return HttpResponseRedirect(f"{address}?{urlencode({'back': request.GET.get('back', '')})}")


@never_cache
@require_safe
def test(request: HttpRequest, number: int, creative: int, word: str) -> HttpResponse:
    run = _run(request, number, creative, word)
    back = QueryDict(request.GET.get("back") or f"program={number}").urlencode()
    return _page(request, "test", {"title": _("Test the set-up"), "back": back, **_lit(run)})


@never_cache
@require_safe
def lights(request: HttpRequest, number: int, creative: int, word: str) -> HttpResponse:
    """What has changed since the page was told; nothing where nothing has."""
    run = _run(request, number, creative, word)
    context = _lit(run)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=STOP_POLLING if run.is_over else UNCHANGED)
    return TemplateResponse(request, "assistant/lights.html", context)


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    shown = {**site.each_context(request), **context}
    response = TemplateResponse(request, f"assistant/{name}.html", shown)
    response.content_policy = CONSOLE  # type: ignore[attr-defined]
    return response


# What is chosen


def _programs(request: HttpRequest) -> Any:
    rows = Program.objects.select_related("default_product").order_by("pk")
    return rights_of(request).narrowed(rows, "pk")


def _chosen(programs: list[Program], number: str) -> Program | None:
    """The only one need not be chosen. Raises 404 for one that is not there, or not for who asks."""
    if not number:
        return programs[0] if len(programs) == 1 else None
    found = next((program for program in programs if str(program.pk) == number), None)
    if found is None:
        raise Http404(_("There is no such program."))
    return found


def _program(request: HttpRequest, number: str) -> Program:
    found: Program | None = _programs(request).filter(pk=read_id(number) or 0).first()
    if found is None:
        raise Http404(_("There is no such program."))
    return found


def _creatives(program: Program) -> list[Creative]:
    return list(Creative.objects.filter(program=program, state=ProgramState.ACTIVE).order_by("pk"))


def _shown_name(shop: Shop) -> str:
    return str(shop.title)


def _setup(form: VariablesForm, program: Program, key: SigningKey | None, secret: str) -> Setup:
    values = form.cleaned_data
    return Setup(
        tracker=runs.tracker(),
        program=program.pk,
        parameter=program.click_parameter,
        days=program.click_lifetime_days,
        decimals=decimals_of(program.currency),
        order=values["order"],
        amount=values["amount"],
        place=values["place"],
        name=values["name"],
        minor=values["amount_is"] == MINOR,
        product=values["product"],
        product_variable=values["product_variable"],
        signed=program.signed,
        token=program.token_required,
        key_number=key.number if key else 0,
        secret=secret,
    )


# The code


def _code(shop: Shop, setup: Setup | None) -> dict[str, Any]:
    titles = {
        KEEP: (_("Keep the ClickID"), _("So that the order still knows which click brought the buyer.")),
        PIXEL: (_("Show the pixel"), _("One image on the confirmation page. A browser may block it.")),
        SERVER: (_("Make the server call"), _("One request when the order is stored. No browser can block it.")),
    }
    steps = [
        (number, step, *titles[step], weaving.pieces_of(shop, step, setup) if setup else [])
        for number, step in enumerate(STEPS, 1)
    ]
    return {"steps": steps, "notes": [(_topics()[topic], text) for topic, text in shop.notes.items()]}


def _topics() -> dict[str, str]:
    return {
        "amount": _("The amount"),
        "consent": _("Consent"),
        "reload": _("A page that is loaded again"),
        "test": _("When you test"),
    }


def _access(
    request: HttpRequest, program: Program, shop: Shop, key: SigningKey | None, is_shown: bool
) -> dict[str, Any]:
    may = rights_of(request).edits
    return {
        "demands": demands.of_both(program, key),
        "warnings": {PIXEL: demands.of_pixel(program, shop), SERVER: demands.of_server(program, shop), KEEP: ""},
        "key": key,
        "may_show_key": may and key is not None and (shop.signs_pixel or shop.signs_server) and not is_shown,
        "key_is_shown": is_shown,
        "may_edit": may,
        "needs_keys": program.signed or program.token_required,
    }


# The test


def _run(request: HttpRequest, number: int, creative: int, word: str) -> runs.Run:
    began = runs.began_ms(word)
    if began is None:
        raise Http404(_("There is no such test."))
    program = _program(request, str(number))
    if creative and not Creative.objects.filter(pk=creative, program=program).exists():
        raise Http404(_("The program has no such creative."))
    return runs.Run(program, creative, word, began)


def _lit(run: runs.Run) -> dict[str, Any]:
    found = runs.gather(run)
    lit = look(run, found)
    calls = [
        {
            "time": time_cell(call.at_ms, run.program.time_zone),
            "way": str(WAYS[way_of(call)]),
            "order": call.tid or "–",
            "verdict": verdict_label(call),
            "sentence": verdicts.sentence_of(call),
            "address": reverse("admin:ledger_postback_change", args=[call.pk]),
        }
        for call in found.calls
    ]
    address = reverse("assistant_lights", args=[run.program.pk, run.creative, run.word])
    seen = _digest(lit, calls)
    context = {"run": run, "lit": lit, "calls": calls, "ways": _ways(lit), "seen": seen}
    return {**context, "poll": f"{address}?{urlencode({'seen': seen})}", "on": ON, "test_program": run.program}


def _ways(lit: Lights) -> list[tuple[str, str, str]]:
    words = {ON: _("works"), NOT_YET: _("not seen yet"), "wrong": _("seen, but not counted")}
    return [(str(WAYS[way]), state, words[state]) for way, state in lit.ways.items()]


def _digest(lit: Lights, calls: list[dict[str, Any]]) -> str:
    told = repr([(light.state, light.sentence) for light in lit.lights]) + repr([call["sentence"] for call in calls])
    return hashlib.blake2s(told.encode(), digest_size=8).hexdigest()
