"""Why a partner's account does not open the portal (yet), in words."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from clicktrail.control.catalog.models import PartnerState
from clicktrail.control.console.cells import time_cell
from clicktrail.control.portal.models import Application, ApplicationState
from clicktrail.control.portal.proving import MAX_UNPROVEN_DAYS


@dataclass(frozen=True, slots=True)
class Standing:
    heading: str
    sentence: str
    why: str = ""
    facts: list[tuple[str, Any]] = field(default_factory=list)
    asks: str = ""
    """What he has to do about his address."""


def standing_of(request: Any) -> Standing:
    viewer = request.viewer
    if viewer is not None and viewer.partner.state == PartnerState.BLOCKED:
        return Standing(
            _("Your account is blocked"),
            _(
                "Your links lead visitors to the shop as before, but nothing is credited to you any more. "
                "Ask the shop or network why, and what to do."
            ),
        )
    row = Application.objects.filter(account_id=request.user.pk).first()
    if row is not None and row.state == ApplicationState.DECLINED:
        return Standing(_("Your application was declined"), _("There will be no links for now."), row.why)
    facts = [] if row is None else _facts(row)
    return Standing(
        _("Waiting for approval"),
        _("Somebody looks at each application. You can close this page and come back: it opens when you are approved."),
        facts=facts,
        asks=_asks(row) if row is not None and row.confirmed_ms is None and settings.CLICKTRAIL.smtp_host else "",
    )


def _asks(row: Application) -> str:
    told = _("Confirm that %(address)s is yours: open the link in our mail, within %(days)s days of your application.")
    return told % {"address": row.email, "days": MAX_UNPROVEN_DAYS}


def _facts(row: Application) -> list[tuple[str, Any]]:
    return [
        (_("Sent"), time_cell(row.at_ms)),
        (_("Name or company"), row.name),
        (_("Website"), row.website),
        (_("How you make traffic"), row.traffic),
    ]
