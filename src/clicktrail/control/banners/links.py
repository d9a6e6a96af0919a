"""Links that people copy: of a creative, or one that a partner builds to any page of the shop.

Whether an address is taken, the very function says that decides clicks: `core/deeplink.py`.
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from clicktrail.control.banners.broken import Refused
from clicktrail.control.catalog.models import Creative, Program
from clicktrail.core import deeplink
from clicktrail.core.partnerlink import OWN_LINK, partner_link
from clicktrail.core.placeholders import compile_template, with_clickid

MAX_DEEPLINK = 2000
"""Characters of an address that somebody pastes."""
SAMPLE_DIGITS = "423840809685489623456289367"
HOSTS_NAMED = 8


@dataclass(frozen=True, slots=True)
class Sample:
    """What a link would be filled with, to show how it will look."""

    program: int
    creative: int = 1
    """0: a link that a partner builds himself."""
    partner: int = 7
    subid: str = "summer-sale"

    def fill(self, template: str) -> str:
        values = {"cpid": self.program, "wmid": self.creative or OWN_LINK, "pid": self.partner, "subid": self.subid}
        texts = {name: str(value).encode() for name, value in values.items()}
        return compile_template(template).fill(texts | {"clickid": sample_clickid().encode()}).decode()


def sample_clickid() -> str:
    """Of the right form; its check does not hold, so nobody is credited with anything."""
    return settings.CLICKTRAIL.prefix + SAMPLE_DIGITS


def edge_base() -> str:
    return settings.CLICKTRAIL.public_url.rstrip("/") or f"http://{settings.CLICKTRAIL.edge}"


def creative_link(creative: Creative, partner: int | None, subid: str = "", target: str = "") -> str:
    """The finished link; without a partner it ends where his number goes."""
    return partner_link(edge_base(), creative.program_id, creative.pk, partner, subid, target)


def deeplink_link(program: Program, partner: int, address: str, subid: str = "") -> str:
    return partner_link(edge_base(), program.pk, None, partner, subid, address)


def deeplink_address(program: Program, text: str) -> str:
    """A pasted address as it goes into a link. Raises Refused, which names the mend and the hosts."""
    text = text.strip()
    if not text:
        raise Refused(_("Paste an address of the shop, beginning with https://."))
    if len(text) > MAX_DEEPLINK:
        raise Refused(_("The address is longer than %(count)d characters.") % {"count": MAX_DEEPLINK})
    address = deeplink.allowed(text, program.deeplink_hosts)
    if address is not None:
        return address
    if not program.deeplink_hosts:
        raise Refused(_("%(program)s takes no deeplinks: no host is on its list.") % {"program": program.name})
    return _refuse(program, text)


def landing_of(program: Program, address: str) -> str:
    """The template that a click on this deeplink leads to, as the edge makes it."""
    return with_clickid(address, program.click_parameter)


def _refuse(program: Program, text: str) -> str:
    hosts = _hosts(program)
    parsed = deeplink.parse(text)
    if parsed is None:
        raise Refused(
            _("This is no whole address. It begins with https:// and goes on with one of: %(hosts)s.")
            % {"hosts": hosts}
        )
    port = "" if parsed.port == deeplink.SCHEME_PORTS[parsed.scheme] else f":{parsed.port}"
    raise Refused(
        _("%(host)s is not on the list of %(program)s. Allowed are: %(hosts)s.")
        % {"host": parsed.host + port, "program": program.name, "hosts": hosts}
    )


def _hosts(program: Program) -> str:
    """As people read them; a star stands for every name below."""
    named = ", ".join(program.deeplink_hosts[:HOSTS_NAMED])
    more = len(program.deeplink_hosts) - HOSTS_NAMED
    return _("%(hosts)s and %(count)d more") % {"hosts": named, "count": more} if more > 0 else named
