"""What a field of the catalog may hold: one set of rules for set-up files and for the console's forms.

Each takes what a person wrote and returns what is stored; ValueError says what is wrong and the mend.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from ipaddress import ip_network
from unicodedata import normalize
from zoneinfo import ZoneInfo, available_timezones

from clicktrail.control.catalog.sharedhosts import is_shared
from clicktrail.control.catalog.targetrules import check_loop, check_placeholders
from clicktrail.core import deeplink
from clicktrail.core.access import MAX_NETWORKS
from clicktrail.core.money import CURRENCIES, AmountError, check_limit, decimals_of, parse_fixed, parse_percent
from clicktrail.core.placeholders import PLACEHOLDERS, compile_template
from clicktrail.core.text import INVISIBLE, strip_invisible
from clicktrail.core.tongue import say

HIGHEST_ID = 2**53
HIGHEST_LIFETIME_DAYS = 3650
HIGHEST_WINDOW_S = 86_400
_WITHOUT_INVISIBLE = {ord(sign): None for sign in INVISIBLE if not sign.isspace()}

NOT_A_PLACE = frozenset(("localtime", "Factory", "posixrules"))
"""Names in the time zone database that say another time on each machine, or none."""

_ALIAS = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_LARGEST_PORT = 65_535


def row_id(number: int) -> int:
    if not 1 <= number <= HIGHEST_ID:
        raise ValueError(
            say("{number} is out of range: give a number from 1 to {highest}.", number=number, highest=HIGHEST_ID)
        )
    return number


def name(text: str) -> str:
    text = strip_invisible(text)
    if not text or "\0" in text:
        raise ValueError(say("It is empty: give a name."))
    return text


def product_name(text: str, others: Iterable[str] = ()) -> str:
    """A name that a call can repeat: in composed letters (NFC), on one line, and unlike every other of its program."""
    text = normalize("NFC", name(text))
    if any(sign in INVISIBLE and sign != " " for sign in text):
        raise ValueError(say("There is a line end or an invisible character in it: type the name anew."))
    twin = next((other for other in others if other != text and fold_name(other) == fold_name(text)), None)
    if twin is not None:
        raise ValueError(
            say('It differs from "{twin}" in capitals or spaces only: give a name of its own.', twin=twin)
        )
    return text


def fold_name(text: str) -> str:
    """The same for names that people do not tell apart."""
    return " ".join(normalize("NFKC", text).casefold().translate(_WITHOUT_INVISIBLE).split())


def currency(text: str) -> str:
    if text not in CURRENCIES:
        raise ValueError(say('"{text}" is no currency: give its ISO 4217 code, like "EUR".', text=text))
    return text


@cache
def zones() -> frozenset[str]:
    """Names of all time zones that this machine knows."""
    return frozenset(zone for zone in available_timezones() if zone not in NOT_A_PLACE)


def time_zone(text: str) -> str:
    if text not in zones():
        raise ValueError(say('There is no time zone "{text}": give a name like "Europe/Berlin" or "UTC".', text=text))
    ZoneInfo(text)
    return text


def click_lifetime_days(days: int) -> int:
    if not 1 <= days <= HIGHEST_LIFETIME_DAYS:
        raise ValueError(
            say("{days} days is out of range: give 1 to {highest}.", days=days, highest=HIGHEST_LIFETIME_DAYS)
        )
    return days


def alias(text: str) -> str:
    if not _ALIAS.fullmatch(text):
        raise ValueError(
            say('"{text}" cannot stand in a link: use up to 64 letters, digits, "-", "_" and ".".', text=text)
        )
    return text


def target_alias(text: str, others: Iterable[str] = ()) -> str:
    """An alias that differs from every other of its program in more than capitals."""
    text = alias(strip_invisible(text))
    twin = next((other for other in others if other != text and other.casefold() == text.casefold()), None)
    if twin is not None and text not in others:
        raise ValueError(say('It differs from "{twin}" in capitals only: give an alias of its own.', twin=twin))
    return text


def click_parameter(text: str) -> str:
    if not _PARAMETER.fullmatch(text):
        raise ValueError(
            say(
                '"{text}" cannot name a parameter: use up to 64 letters, digits, "-" and "_". '
                "Shops in PHP cannot read a name with a dot.",
                text=text,
            )
        )
    return text


def target_url(text: str) -> str:
    """An address with placeholders anywhere behind its host. An `&` that was escaped for HTML is one again."""
    text = strip_invisible(text)
    while "&amp;" in text:
        text = text.replace("&amp;", "&")
    check_placeholders(text)
    for mark in _marks(text):
        if mark.strip().lower() not in PLACEHOLDERS:
            known = ", ".join(f"<% {known.upper()} %>" for known in PLACEHOLDERS)
            raise ValueError(say("There is no placeholder {name}: use {known}.", name=f"<%{mark}%>", known=known))
    parts = compile_template(text).parts
    start = parts[0].decode() if parts and isinstance(parts[0], bytes) else ""
    host_is_whole = len(parts) == 1 or any(mark in start[8:] for mark in "/?#")
    address = deeplink.parse(start)
    if not host_is_whole or address is None:
        raise ValueError(
            say('"{text}" is no address: write https:// and the host out, like https://shop.example/.', text=text)
        )
    check_loop(address)
    return text


def _marks(text: str) -> Iterator[str]:
    """What stands between each <% and the next %>."""
    place = 0
    while (start := text.find("<%", place)) >= 0 and (end := text.find("%>", start + 2)) >= 0:
        yield text[start + 2 : end]
        place = end + 2


def deeplink_host(text: str) -> str:
    """`host`, `host:port`, `*.host`, `*.host:port`; ASCII and lower case as DNS has it."""
    host, colon, port = strip_invisible(text).partition(":")
    star = "*." if host.startswith("*.") else ""
    plain = deeplink.ascii_host(host.removeprefix(star))
    if plain is None or (colon and not (_PORT.fullmatch(port) and int(port) <= _LARGEST_PORT)):
        raise ValueError(
            say(
                '"{text}" is no host: write "shop.example", "shop.example:8443" or "*.shop.example", without https://.',
                text=text,
            )
        )
    if star and is_shared(plain):
        raise ValueError(
            say(
                'Anyone can have a name below "{host}", so links could lead anywhere: put the star below a name of '
                'your own, like "*.shop.example".',
                host=plain,
            )
        )
    return f"{star}{plain}{colon}{port}"


def network(text: str) -> str:
    """An address or a network, IPv4 or IPv6, as `203.0.113.0/24`."""
    written = text.strip()
    try:
        found = ip_network(written, strict=False)
    except ValueError:
        raise ValueError(
            say(
                '"{text}" is no network: write an address like 203.0.113.7, or a network like 203.0.113.0/24 or '
                "2001:db8::/48.",
                text=text,
            )
        ) from None
    if found.version == 6 and found.network_address.ipv4_mapped is not None:
        raise ValueError(say('"{text}" is an IPv4 address in an IPv6 coat: write it as IPv4.', text=text))
    if "/" in written and ip_network(written.partition("/")[0]).network_address != found.network_address:
        raise ValueError(say('"{text}" has bits behind its prefix: did you mean {found}?', text=text, found=found))
    return str(found)


def networks(texts: list[str]) -> list[str]:
    """Each as `network`, and each once."""
    found = list(dict.fromkeys(network(text) for text in texts))
    if len(found) > MAX_NETWORKS:
        raise ValueError(
            say("{count} networks are too many: at most {most} can be listed.", count=len(found), most=MAX_NETWORKS)
        )
    return found


def replay_window_s(seconds: int) -> int:
    if not 1 <= seconds <= HIGHEST_WINDOW_S:
        raise ValueError(
            say("{seconds} seconds is out of range: give 1 to {highest}.", seconds=seconds, highest=HIGHEST_WINDOW_S)
        )
    return seconds


def percent(text: str) -> int:
    """Millionths."""
    return _exact(parse_percent, text)


def fixed(currency: str) -> Callable[[str], int]:
    """Reads minor units of this currency."""
    decimals = decimals_of(currency)
    return lambda text: _exact(lambda written: check_limit(parse_fixed(written, decimals), currency), text)


def _exact(read: Callable[[str], int], text: str) -> int:
    try:
        return read(text.strip())
    except AmountError as fault:
        raise ValueError(say('"{text}" cannot be taken: {fault}', text=text, fault=say(str(fault)))) from None
