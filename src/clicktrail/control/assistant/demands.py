"""What a program demands of who calls, as far as it changes a shop's code, in words."""

from django.utils.translation import gettext as _

from clicktrail.control.assistant.shape import Shop
from clicktrail.control.catalog.models import KeyState, Program, SigningKey, Unproven


def newest_key(program: Program) -> SigningKey | None:
    key: SigningKey | None = (
        SigningKey.objects.filter(program=program, state=KeyState.ACTIVE).order_by("-number").first()
    )
    return key


def of_both(program: Program, key: SigningKey | None) -> list[str]:
    """Sentences for the top of the page."""
    told = []
    if program.signed and key:
        told.append(
            _("This program demands signed calls: the code signs them with key %(number)s.") % {"number": key.number}
        )
    elif program.signed:
        told.append(_("This program demands signed calls and has no signing key: every call fails until one is made."))
    if program.token_required:
        told.append(
            _("This program demands a token. It is shown once, when it is made: put it where the code says so, on the "
              "server only.")
        )  # fmt: skip
    if program.networks:
        told.append(
            _("This program takes calls only from %(networks)s: your server’s address must be among them.")
            % {"networks": ", ".join(program.networks)}
        )
    return told


def of_pixel(program: Program, shop: Shop) -> str:
    """Why a pixel does not count there; empty where it does."""
    proves = not program.token_required and not program.networks and (shop.signs_pixel or not program.signed)
    if proves:
        return ""
    if program.unproven == Unproven.HOLD:
        return _("A pixel cannot prove what this program demands: its transaction waits on hold until the server call.")
    return _("A pixel cannot prove what this program demands: it would be refused. Build in the server call instead.")


def of_server(program: Program, shop: Shop) -> str:
    if program.signed and not shop.signs_server:
        return _(
            "This code cannot sign, and the program demands it: take the code for PHP, Python or Node for this step."
        )
    return ""
