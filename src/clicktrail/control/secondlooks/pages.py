"""Second looks in the console: try a call, judge again, conflicts, share a story."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clicktrail import heartbeat
from clicktrail.control.accounts import viewer
from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.rights import Rights, rights_of
from clicktrail.control.console.cells import page_link, time_cell
from clicktrail.control.console.choices import narrow
from clicktrail.control.console.door import reads
from clicktrail.control.intake import intake
from clicktrail.control.ledger import verdicts
from clicktrail.control.ledger.models import Postback
from clicktrail.control.secondlooks import again, conflicts, dryrun, forms, share
from clicktrail.control.secondlooks.lookups import World
from clicktrail.control.secondlooks.models import Choice, Decision, Rejudging, Share
from clicktrail.core import reasons
from clicktrail.core.access import Proofs
from clicktrail.core.ids import read_id
from clicktrail.core.postback import read, read_as_sent
from clicktrail.errors import JournalError

MOST_SHOWN = 50
"""Calls of a preview, and conflicts on a page, that are shown."""
MOST_MEMBERS = 20
"""Conflicts of a group that its page lists."""
MOST_REFUSALS = 5
MOST_SHARES = 20
"""Links to one story that its page lists."""
NAME = "ledger_postback"
DONE = {
    Choice.KEEP: gettext_lazy("What is there stays."),
    Choice.CORRECT: gettext_lazy("The transaction was corrected."),
    Choice.SEPARATE: gettext_lazy("The order was handed in as a separate one; the engine saves it in a moment."),
}
"""What is said after a decision."""


def addresses(model_admin: Any) -> list[Any]:
    """For the log's own addresses."""
    pages = _Pages(model_admin)
    views = {
        "try/": (pages.try_view, "try"),
        "again/": (pages.again_view, "again"),
        "again/<int:number>/": (pages.rejudging_view, "rejudging"),
        "conflicts/": (pages.conflicts_view, "conflicts"),
        "conflicts/keep/": (require_POST(pages.keep_view), "keep"),
        "conflicts/<int:number>/": (pages.conflict_view, "conflict"),
        "share/": (pages.share_view, "share"),
        "share/<int:number>/revoke/": (require_POST(pages.revoke_view), "revoke"),
    }
    admin_view = model_admin.admin_site.admin_view
    return [path(address, admin_view(view), name=f"{NAME}_{name}") for address, (view, name) in views.items()]


def ways_on(call: Postback, edits: bool) -> list[tuple[str, str]]:
    """(address, name) of what can be done with a call, by who changes things and by who only looks."""
    ways = []
    if call.reason == reasons.CONFLICT:
        ways.append((reverse(f"admin:{NAME}_conflict", args=[call.pk]), _("Compare and decide")))
    if call.reason in again.DISCARDED and call.again_id is None:
        ways.append((f"{reverse(f'admin:{NAME}_again')}?calls={call.pk}", _("Judge again")))
    if call.program_id is not None and edits:
        ways.append((f"{reverse(f'admin:{NAME}_share')}?what={call.pk}", _("Share")))
    return ways


class _Pages:
    def __init__(self, model_admin: Any) -> None:
        self._admin = model_admin

    # Try a call

    @reads
    def try_view(self, request: HttpRequest) -> HttpResponse:
        rights = rights_of(request)
        form = narrow(forms.TryForm(request.POST or None), rights)
        looked = _look(form, rights) if request.method == "POST" and form.is_valid() else None
        return self._page(request, "try", title=_("Try a call"), form=form, looked=looked)

    # Judge again

    def again_view(self, request: HttpRequest) -> HttpResponse:
        """GET shows what would change, POST has it done."""
        form = forms.AgainForm(request.POST if request.method == "POST" else request.GET or None)
        narrow(form, rights_of(request)).programs = rights_of(request).programs
        if request.method == "POST" and form.is_valid():
            self._must_change(request)
            return self._apply(request, form)
        found = again.preview(form.filter(), _world()) if form.is_bound and form.is_valid() else None
        lines = [_line(line) for line in found.lines[:MOST_SHOWN]] if found else []
        context = {
            "form": form,
            "found": found,
            "saved": len(found.saved) if found else 0,
            "lines": lines,
            "more": found.matched - len(lines) if found else 0,
            "most": again.MAX_REJUDGED,
        }
        return self._page(request, "again", title=_("Judge discarded calls again"), **context)

    def _apply(self, request: HttpRequest, form: forms.AgainForm) -> HttpResponse:
        house = settings.CLICKTRAIL
        try:
            row = again.apply(form.filter(), _world(), intake(house), request.user.get_username())
            note(request, "orders judged again", f"run {row.pk}", chosen=form.filter().data(), matched=row.matched)
        except JournalError as fault:
            messages.error(request, _("Not all was handed in. %(fault)s") % {"fault": fault})
            return HttpResponseRedirect(reverse(f"admin:{NAME}_again"))
        return HttpResponseRedirect(reverse(f"admin:{NAME}_rejudging", args=[row.pk]))

    def rejudging_view(self, request: HttpRequest, number: int) -> HttpResponse:
        row = Rejudging.objects.filter(pk=number).first()
        if row is None or not self._is_own(request, row):
            raise Http404(_("There is no such run."))
        pairs = json.loads(row.calls)[:MOST_SHOWN]
        copies = Postback.objects.in_bulk([copy for _, copy in pairs])
        lines = [
            (page_link(NAME, call, call), page_link(NAME, copy, copy), _verdict(copies.get(copy)))
            for call, copy in pairs
        ]
        context = {"row": row, "progress": again.progress(row), "lines": lines, "made": time_cell(row.created_ms, None)}
        return self._page(request, "rejudging", title=_("Judged again"), **context)

    def _is_own(self, request: HttpRequest, row: Rejudging) -> bool:
        """Whether all its calls are of programs that who asks may see."""
        calls = [call for call, _ in json.loads(row.calls)]
        seen = sum(self._seen(request).filter(pk__in=part).count() for part in _parts(calls))
        return rights_of(request).sees_all or (bool(calls) and seen == len(calls))

    # Conflicts

    def conflicts_view(self, request: HttpRequest) -> HttpResponse:
        calls = list(conflicts.undecided(self._seen(request))[:MOST_SHOWN])
        pairs = conflicts.pairs(calls, _world())
        number = conflicts.count(rights_of(request).narrowed(Postback.objects.all()))
        rows = [(pair, time_cell(pair.call.at_ms, brief=True)) for pair in pairs]
        context = {"rows": rows, "count": number, "most": conflicts.MAX_COUNTED, "form": forms.DecideForm()}
        return self._page(request, "conflicts", title=_("Conflicts"), **context)

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        self._must_change(request)
        calls = forms.numbers_in(",".join(request.POST.getlist("call")))
        form = forms.DecideForm({"choice": Choice.KEEP, "reason": request.POST.get("reason", "")})
        if not calls or not form.is_valid():
            messages.error(request, _("Tick at least one conflict, and give a reason."))
            return HttpResponseRedirect(reverse(f"admin:{NAME}_conflicts"))
        actor = request.user.get_username()
        calls = list(self._seen(request).filter(pk__in=calls).values_list("pk", flat=True))
        kept, refused = conflicts.keep_all(calls, actor, form.cleaned_data["reason"], _world())
        if kept:
            note(request, "conflict settled", f"{len(kept)} conflicts", reason=form.cleaned_data["reason"])
            messages.success(request, _("%(count)s decided: what is there stays as it is.") % {"count": len(kept)})
        for sentence in refused[:MOST_REFUSALS]:
            messages.warning(request, sentence)
        return HttpResponseRedirect(reverse(f"admin:{NAME}_conflicts"))

    def conflict_view(self, request: HttpRequest, number: int) -> HttpResponse:
        call = self._seen(request).filter(pk=number, reason=reasons.CONFLICT).first()
        if call is None:
            raise Http404(_("There is no such conflict."))
        form = forms.DecideForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            self._must_change(request)
            return self._decide(request, call, form)
        with viewer.page_zone(call.zone):
            (pair,) = conflicts.pairs([call], _world())
        decision = Decision.objects.filter(pk=number).first()
        first = Postback.objects.filter(pk=pair.row.postback_id).first() if pair.row else None
        context = {
            "pair": pair,
            "form": form,
            "decision": decision,
            "decided": time_cell(decision.at_ms, call.zone) if decision else "",
            "came": time_cell(call.at_ms, call.zone),
            "created": time_cell(pair.row.created_ms, call.zone) if pair.row else "",
            "transaction": page_link("ledger_transaction", pair.row.pk, pair.row.pk) if pair.row else "",
            "call": page_link(NAME, call.pk, call.pk),
            "stories": _stories(first, call),
            "members": _members(pair),
        }
        return self._page(
            request, "conflict", title=_("Conflict of order %(tid)s") % {"tid": call.tid}, original=call, **context
        )

    def _decide(self, request: HttpRequest, call: Postback, form: forms.DecideForm) -> HttpResponse:
        values = form.cleaned_data
        outcome = conflicts.decide(call.pk, values["choice"], request.user.get_username(), values["reason"], _world())
        if isinstance(outcome, str):
            messages.error(request, outcome)
            return HttpResponseRedirect(reverse(f"admin:{NAME}_conflict", args=[call.pk]))
        note(request, "conflict settled", f"order {call.tid}", program=call.program_id, choice=values["choice"])
        messages.success(request, DONE[values["choice"]])
        return HttpResponseRedirect(reverse(f"admin:{NAME}_conflicts"))

    # Share a story

    def share_view(self, request: HttpRequest) -> HttpResponse:
        self._must_change(request)
        what = request.POST.get("what", "") or request.GET.get("what", "")
        form = forms.ShareForm(request.POST or None, initial={"what": what, "program": request.GET.get("program")})
        link = self._link(request, form) if request.method == "POST" and form.is_valid() else ""
        seen = rights_of(request).narrowed(Share.objects.all())
        shares = [(row, time_cell(row.expires_ms, None)) for row in _shares(what, seen)]
        return self._page(request, "share", title=_("Share a story"), form=form, what=what, link=link, shares=shares)

    def _link(self, request: HttpRequest, form: forms.ShareForm) -> str:
        self._must_change(request)
        values = form.cleaned_data
        partner = values["partner"].pk if values["partner"] else None
        programs = rights_of(request).programs
        wanted = share.Wanted(values["what"], partner, values["program"], values["days"], programs)
        try:
            row, token = share.make(wanted, request.user.get_username(), settings.CLICKTRAIL)
        except share.NotShared as fault:
            messages.error(request, str(fault))
            return ""
        note(request, "story shared", values["what"], program=row.program_id, partner=partner, days=values["days"])
        return share.address(token, settings.CLICKTRAIL)

    def revoke_view(self, request: HttpRequest, number: int) -> HttpResponse:
        self._must_change(request)
        row = rights_of(request).narrowed(Share.objects.filter(pk=number)).first()
        if row is None:
            raise Http404(_("There is no such link."))
        if share.revoke(number):
            note(request, "link taken back", row.tid or str(row.call_id or row.click_id), program=row.program_id)
            messages.success(request, _("The link works no more."))
        return HttpResponseRedirect(f"{reverse(f'admin:{NAME}_share')}?what={request.POST.get('what', '')}")

    def _must_change(self, request: HttpRequest) -> None:
        if not self._admin.has_change_permission(request):
            raise PermissionDenied

    def _seen(self, request: HttpRequest) -> Any:
        """The calls that who asks may see, with their names."""
        return self._admin.get_queryset(request)

    def _page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        shown = {**self._admin.admin_site.each_context(request), "opts": self._admin.opts, **context}
        return TemplateResponse(request, f"secondlooks/{name}.html", shown)


def _world() -> World:
    return World(settings.CLICKTRAIL)


def _parts(calls: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(calls), again.PAGE_ROWS):
        yield calls[start : start + again.PAGE_ROWS]


def _stories(first: Postback | None, call: Any) -> list[list[str]]:
    with viewer.page_zone(call.zone):
        return [verdicts.steps_of(first) if first else [], verdicts.steps_of(call)]


def _look(form: forms.TryForm, rights: Rights) -> dryrun.Looked | None:
    """None where the address is of a program that who asks may not see; the form says so."""
    world, values, at_ms = _world(), form.cleaned_data, heartbeat.now_ms()
    params, fault = form.params(), ""
    sent = params
    if values["address"].strip():
        query = dryrun.query_of(values["address"]).encode()
        (params, fault), sent = read(query), read_as_sent(query)
    program = read_id(params.get("cpid"))
    if program and not rights.sees(program):
        form.add_error("address", _("Program %(program)s is not one of yours.") % {"program": program})
        return None
    proofs = dryrun.proofs_of(sent, world.catalog, world.keys, at_ms)
    if values["caller"] == forms.HOUSE:
        proofs = Proofs(house=True)
    elif values["caller"] == forms.SIGNED:
        proofs = dryrun.supposed_signature(at_ms, proofs.token)
    is_supposed = values["caller"] == forms.SIGNED
    return dryrun.judge_all([dryrun.Asked(params, at_ms, fault, proofs, is_supposed)], world)[0]


def _line(line: again.Line) -> tuple[str, Postback, str, again.Line]:
    return page_link(NAME, line.call.pk, line.call.pk), line.call, verdicts.sentence_of(line.call), line


def _verdict(copy: Postback | None) -> str:
    return verdicts.sentence_of(copy) if copy is not None else _("The engine has not come to it yet.")


def _members(pair: conflicts.Pair) -> list[tuple[str, str, str]]:
    """(link to the call, order, when it came) of the newest conflicts in its group; empty where it stands alone."""
    if pair.group is None or pair.group_count == 1:
        return []
    return [
        (page_link(NAME, call.pk, call.pk), call.tid, time_cell(call.at_ms, pair.call.zone, brief=True))
        for call in conflicts.members(pair.group, MOST_MEMBERS)
    ]


def _shares(what: str, seen: QuerySet[Share]) -> list[Share]:
    """Links that still work to the story that is meant; none where it is not one."""
    if not what:
        return []
    call = Postback.objects.filter(pk=int(what)).first() if what.isdecimal() and len(what) < 19 else None
    tid = call.tid if call is not None and call.tid else what
    rows = seen.filter(revoked_ms__isnull=True, expires_ms__gt=heartbeat.now_ms()).order_by("-pk")
    wanted = rows.filter(tid=tid) if call is None or call.tid else rows.filter(call_id=call.pk)
    return list(wanted[:MOST_SHARES])
