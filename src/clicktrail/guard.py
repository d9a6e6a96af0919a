"""Where a server of ours may connect to for others: names are looked up here, and only checked addresses handed on.

The courier sends deliveries through it, the console looks at landing pages: both by way of `resolver.py`.
Who only asks for the rules loads no HTTP client.
"""

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from clicktrail.core import outcomes
from clicktrail.core.addresses import Network, fault
from clicktrail.core.tongue import say
from clicktrail.settings import Settings

if TYPE_CHECKING:
    from yarl import URL


class Forbidden(OSError):
    """The sentence says why nobody goes there."""


class Guard:
    """Checks of addresses; `allowed` networks, `ports` and the name of the setting come from the settings."""

    def __init__(
        self,
        allowed: tuple[Network, ...] = (),
        ports: tuple[int, ...] = (80, 443),
        setting: str = "courier_networks",
    ) -> None:
        self._allowed, self._ports, self._setting = allowed, frozenset(ports), setting

    def check_url(self, url: "URL") -> None:
        """Before anything is looked up. Raises Forbidden."""
        if url.scheme not in ("http", "https"):
            raise Forbidden(say(outcomes.OTHER_SCHEME, scheme=url.scheme) if url.scheme else say(outcomes.NO_SCHEME))
        if url.user is not None or url.password is not None:
            raise Forbidden(say(outcomes.USER))
        if not url.raw_host:
            raise Forbidden(say(outcomes.NO_HOST))
        if url.port not in self._ports:
            raise Forbidden(say(outcomes.PORT, port=url.port))
        if is_plain_address(url.raw_host):
            self.check_address(url.raw_host, url.raw_host)

    def check_address(self, address: str, name: str) -> None:
        """Raises Forbidden."""
        why = fault(address, self._allowed)
        if why:
            shown = address if name == address else f"{address} ({name})"
            raise Forbidden(say(outcomes.ADDRESS, address=shown, why=say(why), setting=self._setting))


def networks_of(settings: Settings, *, for_partner: bool) -> tuple[str, tuple[Network, ...]]:
    """(setting, what it opens). What managers point at may stand in the house's own networks; what partners do, not."""
    setting = "postback_networks" if for_partner else "courier_networks"
    return setting, tuple(ip_network(text, strict=False) for text in getattr(settings, setting))


def from_settings(settings: Settings, *, for_partner: bool = False) -> Guard:
    setting, networks = networks_of(settings, for_partner=for_partner)
    return Guard(networks, tuple(map(int, settings.courier_ports)), setting)


def is_plain_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
