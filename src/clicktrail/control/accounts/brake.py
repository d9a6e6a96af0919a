"""The brake on guessing: passwords and codes of the second step.

An attempt is counted before it is judged, so that a hundred at once are a hundred, not one; a right
one is taken back. Each door has failures that cost nothing, then a pause that doubles up to a longest
one. While it lasts nobody is let try there, with the right word neither, and trying makes it no longer.

Three doors are passed at once: the pair of account and address (strict), the address (somebody who tries
many names), and the account (many addresses that try one name; soft, and not in the way of an address
from which the account has signed in before, so that nobody keeps another one out).
"""

import hmac
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clicktrail import heartbeat
from clicktrail.addresses import Address
from clicktrail.core.periods import DAY_MS

HOUR_MS = 3_600_000
KNOWN_DAYS = 90
IPV6_BITS = 64
"""One household or one server gets that many at least: its addresses count as one."""


@dataclass(frozen=True, slots=True)
class Rule:
    free: int
    """Failures without a pause."""
    first_pause_s: int
    longest_pause_s: int
    forgotten_ms: int
    """A door that was left alone for so long begins anew."""


MAX_PAUSE_S = 900
PAIR = Rule(free=5, first_pause_s=5, longest_pause_s=MAX_PAUSE_S, forgotten_ms=DAY_MS)
ADDRESS = Rule(free=20, first_pause_s=5, longest_pause_s=MAX_PAUSE_S, forgotten_ms=HOUR_MS)
ACCOUNT = Rule(free=50, first_pause_s=1, longest_pause_s=30, forgotten_ms=HOUR_MS)
SIGN_UP = Rule(free=5, first_pause_s=60, longest_pause_s=MAX_PAUSE_S, forgotten_ms=HOUR_MS)
CODE_ACCOUNT = Rule(free=10, first_pause_s=5, longest_pause_s=300, forgotten_ms=DAY_MS)


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: int

    @property
    def sentence(self) -> str:
        return _("There were too many wrong attempts. Please wait %(seconds)s, then try again.") % {
            "seconds": _spoken(self.seconds)
        }


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that was let through, and counts as wrong until `succeeded` is called."""

    keys: tuple[str, ...]
    pair: str
    at_ms: int

    def succeeded(self) -> None:
        from django.db.models import F

        from clicktrail.control.accounts.models import Brake

        own = Brake.objects.filter(pk__in=self.keys)
        own.exclude(pk=self.pair).filter(failures__gt=0).update(failures=F("failures") - 1)
        own.filter(last_ms=self.at_ms).update(free_ms=0)
        Brake.objects.filter(pk=self.pair).update(failures=0, free_ms=0, known_ms=self.at_ms)


def pause_s(rule: Rule, failures: int) -> int:
    """How long a door stays shut after so many failures in a row."""
    over = failures - rule.free
    if over <= 0:
        return 0
    return min(rule.first_pause_s << min(over - 1, 20), rule.longest_pause_s)


def attempt_password(secret: bytes, name: str, address: Address | None) -> Attempt | Wait:
    """`name` as it was typed, known or not: both are treated alike. `secret` hides it."""
    return _attempt(secret, "password", name, address, ACCOUNT)


def attempt_code(secret: bytes, name: str, address: Address | None) -> Attempt | Wait:
    """For the codes of the second step: who comes here knows the password already."""
    return _attempt(secret, "code", name, address, CODE_ACCOUNT)


def attempt_signup(secret: bytes, address: Address | None) -> Wait | None:
    """Each one counts, also a right one: nobody becomes a partner five times an hour. None: go on."""
    from django.db import transaction

    key, now_ms = _hidden(secret, "sign-up", _place(address)), heartbeat.now_ms()
    with transaction.atomic():
        row = _locked({key: ""}, now_ms)[key]
        if row.free_ms > now_ms:
            return Wait(-(-(row.free_ms - now_ms) // 1000))
        _count(row, SIGN_UP, now_ms)
    return None


def release(secret: bytes, name: str) -> None:
    """Open every door of one account: its password or second factor was set anew by the operator."""
    from clicktrail.control.accounts.models import Brake

    Brake.objects.filter(subject=_hidden(secret, "subject", _folded(name))).update(failures=0, free_ms=0)


def _attempt(secret: bytes, kind: str, name: str, address: Address | None, account: Rule) -> Attempt | Wait:
    from django.db import transaction

    who, where = _folded(name), _place(address)
    pair = _hidden(secret, kind, "pair", who, where)
    doors = {
        pair: PAIR,
        _hidden(secret, kind, "account", who): account,
        _hidden(secret, "address", where): ADDRESS,
    }
    subject = _hidden(secret, "subject", who)
    subjects = dict(zip(doors, (subject, subject, ""), strict=True))
    now_ms = heartbeat.now_ms()
    with transaction.atomic():
        rows = _locked(subjects, now_ms)
        if now_ms - rows[pair].known_ms < KNOWN_DAYS * DAY_MS:
            doors = {key: rule for key, rule in doors.items() if rule is not account}
        wait_ms = max(rows[key].free_ms for key in doors) - now_ms
        if wait_ms > 0:
            return Wait(-(-wait_ms // 1000))
        for key, rule in doors.items():
            _count(rows[key], rule, now_ms)
    return Attempt(tuple(doors), pair, now_ms)


def _locked(subjects: dict[str, str], now_ms: int) -> dict[str, Any]:
    """The doors' rows, made where they are missing; nobody else changes them before we are done."""
    from clicktrail.control.accounts.models import Brake

    Brake.objects.filter(last_ms__lt=now_ms - DAY_MS, known_ms__lt=now_ms - KNOWN_DAYS * DAY_MS).delete()
    fresh = [Brake(key=key, subject=subject, last_ms=now_ms) for key, subject in subjects.items()]
    Brake.objects.bulk_create(fresh, ignore_conflicts=True)
    found: Iterable[Any] = Brake.objects.select_for_update().filter(pk__in=subjects).order_by("pk")
    return {row.key: row for row in found}


def _count(row: Any, rule: Rule, now_ms: int) -> None:
    quiet = now_ms - row.last_ms > rule.forgotten_ms
    row.failures = 1 if quiet else row.failures + 1
    row.last_ms = now_ms
    row.free_ms = now_ms + 1000 * pause_s(rule, row.failures)
    row.save()


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _place(address: Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_BITS), strict=False))
    return str(address or "unknown")


def _hidden(secret: bytes, *parts: str) -> str:
    """Keyed, because people type their password where their name belongs."""
    return hmac.new(secret, "\0".join(parts).encode(), "sha256").hexdigest()


def _spoken(seconds: int) -> str:
    if seconds < 2 * 60:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    minutes = -(-seconds // 60)
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
