"""What a fresh installation needs before there is anything to see: steps, each with whether it is done."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from clicktrail.control.accounts.rights import Rights
from clicktrail.control.catalog.fresh import TARGET_URL
from clicktrail.control.catalog.models import ClickTarget, Partner
from clicktrail.control.ledger.models import Postback, RollupDay, Transaction
from clicktrail.core.catalog import TEST_PARTNER


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    sentence: str
    link: str
    is_done: bool


def steps(rights: Rights) -> list[Step]:
    """In the order in which a newcomer goes; empty once real clicks and real orders have come in."""
    has_clicks = _any(rights, RollupDay.objects.exclude(partner_id=TEST_PARTNER))
    has_orders = _any(rights, Transaction.objects.filter(test=False))
    if has_clicks and has_orders:
        return []
    tried = _any(rights, Postback.objects.all())
    found = [
        (
            _("Name your program"),
            _("Its name, currency, time zone, and the landing page that partners send visitors to."),
            reverse("admin:catalog_program_changelist"),
            _has_landing_page(rights),
        ),
        (
            _("Connect the shop"),
            _("The assistant writes the code for your shop system and watches the first calls arrive."),
            reverse("assistant"),
            tried,
        ),
        (
            _("Add a partner"),
            _("Approve applications, or add a partner by hand; partner 2 is for tests."),
            reverse("admin:catalog_partner_changelist"),
            Partner.objects.exclude(pk=TEST_PARTNER).exists(),
        ),
        (
            _("Hand out a link"),
            _("Each creative has a ready link for every partner. The first click shows here seconds later."),
            reverse("admin:catalog_creative_changelist"),
            has_clicks,
        ),
        (
            _("See the first order"),
            _("It appears in the log as soon as the shop calls, with the reason where it was not saved."),
            reverse("admin:ledger_postback_changelist"),
            has_orders,
        ),
    ]
    return [Step(*each) for each in found]


def _any(rights: Rights, rows: QuerySet[Any]) -> bool:
    return bool(rights.narrowed(rows).exists())


def _has_landing_page(rights: Rights) -> bool:
    """One that is not the made-up one of a fresh installation."""
    return _any(rights, ClickTarget.objects.filter(alias="default").exclude(url=TARGET_URL))
