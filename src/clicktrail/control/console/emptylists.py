"""What a list without a row says: what will stand there, and what to do for it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Empty:
    sentence: Promise
    page: str = ""
    """The list that leads on, where the way on is not to add a row here."""
    words: Promise | str = ""
    view: str = "changelist"
    title: Promise = _("Nothing here yet")

    @property
    def link(self) -> str:
        return reverse(f"admin:{self.page}_{self.view}") if self.page else ""


EMPTY = {
    "accounts.activity": Empty(_("Who signs in, changes a rate or approves a partner is listed here, with the hour.")),
    "alarms.alarm": Empty(
        _("When a shop falls silent or its calls are discarded, it is said here and by mail."),
        "alarms_alarmrule",
        _("To the alarm rules"),
        title=_("All is well"),
    ),
    "alarms.alarmrule": Empty(
        _("Every program is watched with the usual thresholds. Add a rule where these are too nervous or too calm.")
    ),
    "api.apikey": Empty(_("A key lets a program use the REST API. It is shown once, when it is made.")),
    "catalog.creative": Empty(_("Add a text link or a banner: its link is then ready for every partner.")),
    "catalog.partnerrate": Empty(
        _("Everybody is paid what the products pay. A partner's own rate is entered on his page."),
        "catalog_partner",
        _("To the partners"),
    ),
    "catalog.product": Empty(_("Add what you pay for, a sale for instance, and how much.")),
    "ledger.setaside": Empty(
        _("Every event could be stored. What the ledger refuses waits here."), title=_("All is well")
    ),
    "outbox.delivery": Empty(
        _("What is sent to other servers stands here with every attempt. It needs a receiver first."),
        "outbox_receiver",
        _("To the receivers"),
    ),
    "outbox.receiver": Empty(_("A partner postback or a webhook tells another server what becomes of orders.")),
    "portal.terms": Empty(_("Partners can sign up once there are terms to accept. Write the first version.")),
    "reconcile.reconciliation": Empty(
        _("Upload the shop's list of orders: every line is held against the ledger, and what differs is shown."),
        "reconcile_reconciliation",
        _("Upload a list"),
        "upload",
    ),
}
"""Label of a table -> its words; the lists that a fresh installation fills have none."""
