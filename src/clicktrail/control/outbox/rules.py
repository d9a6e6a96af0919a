"""What the fields of a receiver may hold: one set of rules for forms and set-up files. ValueError says the mend."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from clicktrail.core.addresses import fault
from clicktrail.core.delivery import PLACEHOLDERS, read_address
from clicktrail.core.receivers import FOR_POSTBACKS, FOR_WEBHOOKS, POSTBACK, WEBHOOK
from clicktrail.core.tongue import mark, say
from clicktrail.guard import networks_of
from clicktrail.settings import Settings

PORTS = {"http": 80, "https": 443}
TOLD_OF = {
    POSTBACK: mark('"{name}" is nothing that a postback is told of: choose of {known}.'),
    WEBHOOK: mark('"{name}" is nothing that a webhook is told of: choose of {known}.'),
}
SAMPLE = {
    "trigger": "saved", "at_ms": 1_763_821_596_000, "number": 17, "revision": 0, "status": "open", "test": False,
    "tid": "4711", "cpid": 1, "pid": 7, "subid": "summer", "wmid": 1, "product": "Sale",
    "clickid": "QC423840809685489623456289367", "revenue_minor": 9550, "commission_minor": 955, "currency": "EUR",
    "decimals": 2, "clicked_ms": 1_763_562_396_000, "created_ms": 1_763_821_596_000, "delivery": "ct-1-t17-0-4711",
}  # fmt: skip


def address(kind: str, text: str, settings: Settings) -> str:
    """Placeholders, scheme, host and port; what a name leads to is looked at each time that it is called."""
    text = text.strip()
    read_address(text)
    parts = urlsplit(text.split("<%")[0].split("{")[0])
    port = parts.port or PORTS[parts.scheme]
    if str(port) not in settings.courier_ports:
        allowed = ", ".join(settings.courier_ports)
        raise ValueError(
            say("Port {port} is not called: the setting courier_ports allows {allowed}.", port=port, allowed=allowed)
        )
    _check_host(kind, parts.hostname or "", settings)
    return text


def _check_host(kind: str, host: str, settings: Settings) -> None:
    try:
        found = ip_address(host)
    except ValueError:
        return
    setting, networks = networks_of(settings, for_partner=kind == POSTBACK)
    why = fault(found, networks)
    if why:
        raise ValueError(
            say(
                "{host} is {why}: it is not called unless the setting {setting} lists it.",
                host=host,
                why=say(why),
                setting=setting,
            )
        )


def filled(text: str) -> str:
    """The address as it would look for a sample order."""
    return read_address(text).fill(SAMPLE)


def triggers(kind: str, chosen: list[str]) -> list[str]:
    known = FOR_POSTBACKS if kind == POSTBACK else FOR_WEBHOOKS
    wrong = [name for name in chosen if name not in known]
    if wrong:
        raise ValueError(say(TOLD_OF[kind], name=wrong[0], known=", ".join(known)))
    if not chosen:
        raise ValueError(say("Choose at least one event."))
    return [name for name in known if name in chosen]


def placeholders() -> list[str]:
    return [f"<% {name.upper()} %>" for name in PLACEHOLDERS]
