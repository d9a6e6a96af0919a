"""What waits for whoever looks at Home: one line each, with where to go; and how the house stands."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clicktrail import heartbeat
from clicktrail.control.accounts import secondfactor
from clicktrail.control.accounts.rights import Rights
from clicktrail.control.alarms.models import Alarm
from clicktrail.control.catalog.models import Partner, PartnerState
from clicktrail.control.ledger.models import Postback, SetAside, Transaction, TransactionState
from clicktrail.control.outbox.models import Receiver, Standing, StandingState
from clicktrail.control.portal import applications
from clicktrail.control.secondlooks import conflicts
from clicktrail.core.explain import age

LATE_S = 30
"""A journal that is read this late is worth a word; an alarm comes later."""


@dataclass(frozen=True, slots=True)
class Item:
    number: int
    """How many; 0 where it is not counted."""
    sentence: str
    link: str
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the ledger is behind the journals."""

    sentence: str
    is_well: bool


def items(request: HttpRequest, rights: Rights, program: int | None, held: int) -> list[Item]:
    """The gravest first; empty where nothing waits. held: transactions on hold, which are counted already."""
    found = [*_alarms(rights, program), *_orders(rights, program, held), *_people(rights), *_house(request, rights)]
    return sorted(found, key=lambda item: not item.grave)


def journal_lag() -> Lag:
    seen = heartbeat.read(settings.CLICKTRAIL.run_folder, "engine")
    if "beat_ms" not in seen:
        return Lag(_("unknown: the engine has not said anything yet"), is_well=False)
    silent_ms = heartbeat.now_ms() - int(seen["beat_ms"])
    if silent_ms > LATE_S * 1000:
        return Lag(_("unknown: the engine has been silent for %(age)s") % {"age": age(silent_ms)}, is_well=False)
    lag_s, events = float(seen.get("lag_s") or 0), int(seen.get("lag_events") or 0)
    if not events:
        return Lag(_("none, everything has been read"), is_well=True)
    told = {"age": age(int(lag_s * 1000)), "events": events}
    return Lag(_("%(age)s, %(events)s events unread") % told, is_well=lag_s <= LATE_S)


def open_orders(rights: Rights, program: int | None) -> dict[str, int]:
    """State -> transactions, of open ones and those on hold; without tests."""
    states = (TransactionState.OPEN, TransactionState.HELD)
    rows = _of(rights, program, Transaction.objects.filter(state__in=states, test=False))
    counted = dict(rows.order_by().values_list("state").annotate(number=Count("*")))
    return {str(state): counted.get(state, 0) for state in states}


def _of(rights: Rights, program: int | None, rows: Any) -> Any:
    rows = rights.narrowed(rows)
    return rows if program is None else rows.filter(program_id=program)


def _alarms(rights: Rights, program: int | None) -> list[Item]:
    is_back = Q(snoozed_until_ms__lte=heartbeat.now_ms())
    loud = Alarm.objects.filter(Q(taken_by="") | is_back, ended_ms__isnull=True)
    number = _of(rights, program, loud).count()
    if not number:
        return []
    sentence = ngettext("%(n)s alarm that nobody looks after", "%(n)s alarms that nobody looks after", number)
    return [Item(number, sentence % {"n": number}, reverse("admin:alarms_alarm_changelist"), grave=True)]


def _orders(rights: Rights, program: int | None, held: int) -> list[Item]:
    found = []
    if number := conflicts.count(_of(rights, program, Postback.objects.all())):
        sentence = ngettext("%(n)s conflict to decide", "%(n)s conflicts to decide", number)
        found.append(Item(number, sentence % {"n": number}, reverse("admin:ledger_postback_conflicts")))
    if held:
        sentence = ngettext("%(n)s transaction on hold", "%(n)s transactions on hold", held)
        link = reverse("admin:ledger_transaction_changelist") + "?state=held&test=no"
        found.append(Item(held, sentence % {"n": held}, link))
    return found


def _people(rights: Rights) -> list[Item]:
    if not rights.edits or not rights.sees_all:
        return []
    found = []
    if number := applications.waiting().count():
        sentence = ngettext("%(n)s application of a partner", "%(n)s applications of partners", number)
        found.append(Item(number, sentence % {"n": number}, reverse("admin:catalog_partner_applications")))
    if number := Partner.objects.filter(state=PartnerState.PENDING).count():
        sentence = ngettext("%(n)s partner waits for being let in", "%(n)s partners wait for being let in", number)
        link = reverse("admin:catalog_partner_changelist") + "?state__exact=pending"
        found.append(Item(number, sentence % {"n": number}, link))
    return found


def _house(request: HttpRequest, rights: Rights) -> list[Item]:
    found = []
    down = Standing.objects.exclude(state=StandingState.WORKS).values_list("receiver_id", flat=True)
    failing = Receiver.objects.filter(pk__in=list(down[:1000]))
    if rights.programs is not None:
        failing = failing.filter(program_id__in=rights.programs)
    if number := failing.count():
        sentence = ngettext(
            "%(n)s receiver that does not take postbacks", "%(n)s receivers that do not take postbacks", number
        )
        found.append(Item(number, sentence % {"n": number}, reverse("admin:outbox_receiver_changelist")))
    if rights.sees_all and (number := SetAside.objects.count()):
        sentence = ngettext("%(n)s event that could not be stored", "%(n)s events that could not be stored", number)
        found.append(Item(number, sentence % {"n": number}, reverse("admin:ledger_setaside_changelist"), grave=True))
    if not secondfactor.is_on(request.user):
        sentence = _("Your account has no second factor")
        found.append(Item(0, sentence, reverse("mfa_activate_totp")))
    return found
