"""Why a partner's account does not open the portal (yet), in words."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from clicktrail.control.catalog.models import PartnerState
from clicktrail.control.console.cells import time_cell
from clicktrail.control.portal.models import Application, ApplicationState


@dataclass(frozen=True, slots=True)
class Standing:
    heading: str
    sentence: str
    why: str = ""
    facts: list[tuple[str, Any]] = field(default_factory=list)


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
    )


def _facts(row: Application) -> list[tuple[str, Any]]:
    return [
        (_("Sent"), time_cell(row.at_ms)),
        (_("Name or company"), row.name),
        (_("Website"), row.website),
        (_("How you make traffic"), row.traffic),
    ]
