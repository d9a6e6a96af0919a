"""The five steps of testing a set-up as five lights: on, not yet, or wrong with the reason in words."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clicktrail.control.assistant.runs import Evidence, Run
from clicktrail.control.assistant.shape import PIXEL, SERVER
from clicktrail.control.console.cells import money_text
from clicktrail.control.ledger import story, verdicts
from clicktrail.control.ledger.models import Postback, Transaction
from clicktrail.core import reasons
from clicktrail.core.catalog import TEST_PARTNER
from clicktrail.core.placeholders import has_clickid

ON, NOT_YET, WRONG = "on", "off", "wrong"
TITLES = (
    gettext_lazy("Click the link of the test partner"),
    gettext_lazy("The ClickID arrives in the address"),
    gettext_lazy("Complete a test order"),
    gettext_lazy("The transaction is there, with the right partner"),
    gettext_lazy("The call is in the log"),
)
GOOD = (reasons.SAVED, reasons.DUPLICATE, reasons.UPDATED)
WAYS = {PIXEL: gettext_lazy("Pixel"), SERVER: gettext_lazy("Server call")}


@dataclass(frozen=True, slots=True)
class Light:
    state: str
    sentence: str
    details: list[str] = field(default_factory=list)
    """The story behind it, where it is wrong."""
    address: str = ""
    """Where to go on."""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Lights:
    lights: list[Light]
    ways: dict[str, str]
    """PIXEL, SERVER -> the state of that way."""

    @property
    def all_on(self) -> bool:
        return all(light.state == ON for light in self.lights)

    @property
    def titled(self) -> Iterable[tuple[int, str, Light]]:
        return [(number, str(TITLES[number - 1]), light) for number, light in enumerate(self.lights, 1)]


def look(run: Run, found: Evidence) -> Lights:
    lights = [_click(run, found), _arrival(run, found), _order(found), _transaction(found), _log(found)]
    return Lights(lights, {way: _way(way, found.calls) for way in WAYS})


def way_of(call: Postback) -> str:
    """A server asks for the verdict, or posts; a pixel is an image and does neither."""
    asks = json.loads(call.params or "{}").get("format") == "json"
    return SERVER if asks or call.method == "POST" else PIXEL


def _way(way: str, calls: list[Postback]) -> str:
    seen = [call for call in calls if way_of(call) == way]
    if not seen:
        return NOT_YET
    return ON if any(call.reason in GOOD for call in seen) else WRONG


def _click(run: Run, found: Evidence) -> Light:
    click, other = found.last_click, found.other_click
    if click is not None and click.outcome == reasons.OK:
        return Light(ON, _("The click is in the ledger."))
    if click is not None:
        address = reverse("admin:catalog_program_change", args=[run.program.pk])
        return Light(WRONG, story.outcome(click), address=address, link=_("Go to the program"))
    if other is None:
        return Light(NOT_YET, _("Waiting for the click: open the link above."))
    if other.partner_id == TEST_PARTNER:
        return Light(NOT_YET, _("A click of the test partner came, but not by the link above: open that one."))
    return Light(
        NOT_YET,
        _("A click of partner %(partner)s came: open the link above, it is the test partner’s.")
        % {"partner": other.partner_id},
    )


def _arrival(run: Run, found: Evidence) -> Light:
    if found.last_click is None:
        return Light(NOT_YET, _("Comes with the click."))
    if found.target is not None and not has_clickid(found.target.url):
        return Light(
            WRONG,
            _("The click target “%(alias)s” does not hand the ClickID on: write <%% CLICKID %%> into its address.")
            % {"alias": found.target.alias},
            address=reverse("admin:catalog_clicktarget_change", args=[found.target.pk]),
            link=_("Go to the click target"),
        )
    if found.calls:
        return Light(ON, _("It arrived, and the shop kept it: the order named it."))
    other = found.other_call
    if other is not None and not other.clickid:
        return Light(WRONG, _lost(run, other), address=_line(other), link=_("Go to the call"))
    return Light(
        ON,
        _("The visitor was sent on with it. Look at the address of the shop’s page: it holds %(name)s=QC…, 29 signs.")
        % {"name": run.program.click_parameter},
    )


def _lost(run: Run, call: Postback) -> str:
    return _(
        "Order %(order)s came without a ClickID: the shop did not keep it. Is the code of step 1 on the landing page, "
        "and does a redirect there (http to https, without www) lose %(name)s?"
    ) % {"order": call.tid or "–", "name": run.program.click_parameter}


def _order(found: Evidence) -> Light:
    if found.calls:
        orders = ", ".join(dict.fromkeys(call.tid for call in found.calls if call.tid)) or "–"
        return Light(ON, _("Order %(orders)s was told.") % {"orders": orders})
    other = found.other_call
    if other is not None and other.click_id is not None:
        told = _("Order %(order)s named an older click: the shop must keep the last one, not the first.")
        return Light(WRONG, told % {"order": other.tid or "–"}, address=_line(other), link=_("Go to the call"))
    if other is not None:
        told = _("A call came that does not name the click: %(why)s") % {"why": verdicts.sentence_of(other)}
        return Light(WRONG, told, verdicts.steps_of(other), _line(other), _("Go to the call"))
    if found.clicks:
        return Light(NOT_YET, _("Waiting for the order: complete one in the browser that the link was opened in."))
    return Light(NOT_YET, _("Comes after the click."))


def _transaction(found: Evidence) -> Light:
    row = next(iter(found.transactions.values()), None)
    if row is not None:
        return _credited(row)
    if found.calls:
        last = found.calls[-1]
        if last.reason == reasons.WAITING:
            return Light(NOT_YET, verdicts.sentence_of(last))
        return Light(WRONG, verdicts.sentence_of(last), verdicts.steps_of(last), _line(last), _("Go to the call"))
    return Light(NOT_YET, _("Comes with the order."))


def _credited(row: Transaction) -> Light:
    address, link = reverse("admin:ledger_transaction_change", args=[row.pk]), _("Go to the transaction")
    if row.partner_id != TEST_PARTNER:
        return Light(
            WRONG,
            _("Transaction %(number)s was credited to partner %(partner)s: does the shop send a pid with the call?")
            % {"number": row.pk, "partner": row.partner_id},
            address=address,
            link=link,
        )
    facts = {"number": row.pk, "order": row.tid, "product": row.product}
    facts["amount"] = "–" if row.revenue_minor is None else money_text(row.revenue_minor, row.currency, row.decimals)
    told = _(
        "Transaction %(number)s: order %(order)s, %(product)s, net %(amount)s, credited to the test partner. Is that "
        "the net amount of the order?"
    )
    if row.state == "held":
        told = _(
            "Transaction %(number)s: order %(order)s, %(product)s, net %(amount)s, credited to the test partner, and "
            "on hold until a call proves where it comes from."
        )
    return Light(ON, told % facts, address=address, link=link)


def _log(found: Evidence) -> Light:
    conflict = next((call for call in found.calls if call.reason == reasons.CONFLICT), None)
    if conflict is not None:
        told = _("Pixel and server call say different things of one order: %(why)s") % {
            "why": verdicts.sentence_of(conflict)
        }
        return Light(WRONG, told, verdicts.steps_of(conflict), _line(conflict), _("Go to the call"))
    good = [call for call in found.calls if call.reason in GOOD]
    if any(call.reason == reasons.DUPLICATE for call in good):
        told = _("Told twice, counted once: the second call is a duplicate, and that is as it should be.")
        return Light(ON, told, address=_line(good[-1]), link=_("Go to the call"))
    if good:
        told = _("The call stands in the log, with the transaction’s number in the column “Saved”.")
        return Light(ON, told, address=_line(good[-1]), link=_("Go to the call"))
    last = found.calls[-1] if found.calls else found.other_call
    if last is not None:
        told = _("The call stands in the log with a dash: it was not saved.")
        return Light(WRONG, told, address=_line(last), link=_("Go to the call"))
    return Light(NOT_YET, _("Comes with the order."))


def _line(call: Postback) -> str:
    return reverse("admin:ledger_postback_change", args=[call.pk])
