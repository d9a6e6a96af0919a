"""From where a request to the console or the API comes.

Our server leaves header names with an underscore out of the environment, so HTTP_X_FORWARDED_FOR holds what came
as X-Forwarded-For. Another WSGI server must do the same.
"""

from functools import lru_cache
from typing import Any

from clicktrail import keys
from clicktrail.addresses import Address, Networks, derive, parse, parse_client_header, private
from clicktrail.settings import Settings


def caller_address(request: Any) -> Address | None:
    """The client's own address, past our proxies; None where the server did not say."""
    peer = parse(request.META.get("REMOTE_ADDR") or "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").encode("latin-1", "replace")
    settings = _settings()
    header = settings.client_ip_header
    value = request.META.get(f"HTTP_{header.upper().replace('-', '_')}", "") if header else ""
    named = parse_client_header(header, value) if value else None
    return derive(peer, forwarded, _trusted(settings.trusted_proxies), named, _trusted(settings.client_ip_networks))


def stored_address(request: Any) -> str:
    """The same as the privacy mode lets it be stored."""
    settings = _settings()
    return private(caller_address(request), settings.ip_privacy, keys.load(settings.keys_folder).ip)


@lru_cache(maxsize=8)
def _trusted(networks: tuple[str, ...]) -> Networks:
    return Networks(networks)


def _settings() -> Settings:
    from django.conf import settings

    found: Settings = settings.CLICKTRAIL
    return found
