"""API keys: `ct_` + a short public id + `_` + 32 random bytes.

A look-up goes by the public id; the rest is compared as SHA-256, in constant time.
"""

import hashlib
import hmac
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.db.models import Q, QuerySet

from clicktrail.control.api.models import ApiKey
from clicktrail.control.api.problems import Fault
from clicktrail.core.tongue import say

READ, WRITE, POSTBACK = "read", "write", "postback"
SCOPES = (READ, WRITE, POSTBACK)
PREFIX = "ct_"
SECRET_BYTES = 32
PUBLIC_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
PUBLIC_LENGTH = 10
USE_EVERY_MS = 60_000
"""The last use is written at most this often."""
LONGEST_NAME = 100
OVERLAP_HOURS = 24
MAX_OVERLAP_HOURS = 720
HOUR_MS = 3_600_000

_FORM = re.compile(rf"ct_([{PUBLIC_LETTERS}]{{{PUBLIC_LENGTH}}})_([A-Za-z0-9_-]{{43}})")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: what a route may know of the key."""

    id: int
    public_id: str
    name: str
    program: int | None
    """The only program that it sees; None: all."""
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """What histories and the log say."""
        return f"{self.name} (ct_{self.public_id})"

    def sees(self, program: int | None) -> bool:
        return self.program is None or self.program == program

    def only(self, rows: QuerySet[Any], column: str = "program_id") -> QuerySet[Any]:
        """The rows that the key may see. Every route begins with this."""
        return rows if self.program is None else rows.filter(**{column: self.program})

    def must_own(self, program: int) -> None:
        if not self.sees(program):
            raise Fault("other_program", f"This key is for program {self.program} only, not for program {program}.")

    def must_own_all(self, what: str) -> None:
        """For what belongs to no program."""
        if self.program is not None:
            raise Fault("other_program", f"This key is for program {self.program} only; {what} belong to no program.")


def make(name: str, scopes: list[str], program: int | None, made_by: str) -> tuple[ApiKey, str]:
    """(row, the whole key, which nobody can read again). Raises ValueError with the mend."""
    row = ApiKey(
        public_id="".join(secrets.choice(PUBLIC_LETTERS) for _ in range(PUBLIC_LENGTH)),
        name=_name(name),
        program_id=_program(program),
        scopes=",".join(_scopes(scopes)),
        created_ms=now_ms(),
        created_by=made_by,
    )
    text = _fresh_secret(row)
    row.save()
    return row, text


def rotate(row: ApiKey, overlap_hours: int) -> str:
    """A new secret; the one in use stays good for so many hours, one from an earlier rotation does not."""
    if row.revoked_ms is not None:
        raise ValueError(say("{key} is revoked: make a new key.", key=row))
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        raise ValueError(
            say("{hours} hours is out of range: give 0 to {most}.", hours=overlap_hours, most=MAX_OVERLAP_HOURS)
        )
    row.old_hash, row.old_until_ms = row.secret_hash, now_ms() + overlap_hours * HOUR_MS
    text = _fresh_secret(row)
    row.save(update_fields=["old_hash", "old_until_ms", "secret_hash"])
    return text


def revoke(row: ApiKey, by: str) -> None:
    """At once, both secrets; doing it again changes nothing. The row stays, because histories name it."""
    ApiKey.objects.filter(pk=row.pk, revoked_ms=None).update(revoked_ms=now_ms(), revoked_by=by)
    row.refresh_from_db()


def find(text: str) -> Caller | None:
    """Who holds this key; None where it is wrong, revoked or rotated away."""
    form = _FORM.fullmatch(text)
    row = ApiKey.objects.filter(public_id=form[1], revoked_ms=None).first() if form else None
    if row is None or not _is_secret_of(row, text):
        return None
    _note_use(row)
    return Caller(row.pk, row.public_id, row.name, row.program_id, frozenset(row.scopes.split(",")))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _fresh_secret(row: ApiKey) -> str:
    text = f"{PREFIX}{row.public_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
    row.secret_hash = digest(text)
    return text


def _is_secret_of(row: ApiKey, text: str) -> bool:
    given = digest(text)
    is_new = hmac.compare_digest(given, row.secret_hash)
    is_old = hmac.compare_digest(given, row.old_hash or "-") and now_ms() < row.old_until_ms
    return is_new or is_old


def _note_use(row: ApiKey) -> None:
    """A ledger that cannot be written just now must not stop a request that only reads."""
    now = now_ms()
    if row.last_used_ms is not None and now - row.last_used_ms < USE_EVERY_MS:
        return
    is_due = Q(last_used_ms=None) | Q(last_used_ms__lte=now - USE_EVERY_MS)
    with suppress(DatabaseError):
        ApiKey.objects.filter(is_due, pk=row.pk).update(last_used_ms=now)


def _name(text: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST_NAME or not text.isprintable():
        raise ValueError(say("The name is for people: give 1 to {count} printable characters.", count=LONGEST_NAME))
    return text


def _scopes(wanted: list[str]) -> list[str]:
    unknown = sorted(set(wanted) - set(SCOPES))
    if unknown or not wanted:
        known = ", ".join(SCOPES)
        if unknown:
            raise ValueError(say('There is no scope "{name}": choose among {known}.', name=unknown[0], known=known))
        raise ValueError(say("A key needs a scope: choose among {known}.", known=known))
    return [scope for scope in SCOPES if scope in wanted]


def _program(number: int | None) -> int | None:
    from clicktrail.control.catalog.models import Program

    if number is not None and not Program.objects.filter(pk=number).exists():
        raise ValueError(say("There is no program {number}.", number=number))
    return number
