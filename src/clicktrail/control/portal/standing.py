"""Why a partner's account does not open the portal (yet)."""

from typing import Any

from clicktrail.control.catalog.models import PartnerState


def standing_of(request: Any) -> str:
    """waiting, declined, blocked or closed."""
    viewer = request.viewer
    if viewer is not None:
        return "blocked" if viewer.partner.state == PartnerState.BLOCKED else "waiting"
    return "waiting"
