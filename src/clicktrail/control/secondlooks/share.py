"""A link to one story, for a shop or a partner without an account: signed, expiring, revocable.

The link holds the number of its row and a signature that is derived from the installation's secret, the row's salt
and its end; neither is stored. What stands behind it is told anew each time, from the ledger as it is then, and
without personal data (`telling.py`).
"""

import base64
import hmac
import re
import secrets
from dataclasses import dataclass

from clicktrail import heartbeat, keys
from clicktrail.control.catalog.models import Partner
from clicktrail.control.ledger import trace
from clicktrail.control.ledger.trace import Found
from clicktrail.control.secondlooks.models import Share
from clicktrail.core.clickid import Checks
from clicktrail.core.periods import DAY_MS
from clicktrail.core.tongue import say
from clicktrail.settings import Settings

DEFAULT_DAYS = 7
MAX_SHARE_DAYS = 90
SALT_BYTES = 16

_FORM = re.compile(r"([0-9]{1,19})-([A-Za-z0-9_-]{43})")


class NotShared(ValueError):
    """The sentence says why there is no link."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shared, and for whom."""

    what: str
    """A ClickID, an order number, a log number or a transaction number."""
    partner: int | None = None
    """None: for the shop."""
    program: int | None = None
    """Where several programs have the order number."""
    days: int = DEFAULT_DAYS
    programs: frozenset[int] | None = None
    """Those that who shares may see; None: every one."""


def make(wanted: Wanted, actor: str, settings: Settings) -> tuple[Share, str]:
    """(row, token). Raises NotShared."""
    if not 1 <= wanted.days <= MAX_SHARE_DAYS:
        raise NotShared(say("A link lasts 1 to {most} days, not {days}.", most=MAX_SHARE_DAYS, days=wanted.days))
    if wanted.partner is not None and not Partner.objects.filter(pk=wanted.partner).exists():
        raise NotShared(say("There is no partner {number}.", number=wanted.partner))
    kept = keys.load(settings.keys_folder)
    found = trace.look_up(wanted.what.strip(), Checks(kept.clickid, kept.current, settings.prefix))
    program, tid, click, call = _one(found, wanted)
    now_ms = heartbeat.now_ms()
    row = Share.objects.create(
        salt=secrets.token_hex(SALT_BYTES), program_id=program, tid=tid, click_id=click, call_id=call,
        partner_id=wanted.partner, actor=actor, created_ms=now_ms, expires_ms=now_ms + wanted.days * DAY_MS,
    )  # fmt: skip
    return row, token_of(row, kept)


def _one(found: Found, wanted: Wanted) -> tuple[int, str, int | None, int | None]:
    """(program, order, click, call) of the one story that is meant."""
    orders = {(row.program_id, row.tid) for row in [*found.calls, *found.transactions] if row.program_id and row.tid}
    others = {(c.program_id, "", None, c.pk) for c in found.calls if c.program_id and not c.tid}
    clicks = {(click.program_id, "", click.pk, None) for click in found.clicks}
    stories = {(program, tid, None, None) for program, tid in orders} or others or clicks
    stories = {story for story in stories if wanted.program in (None, story[0])}
    if wanted.programs is not None:
        stories = {story for story in stories if story[0] in wanted.programs}
    if not stories:
        raise NotShared(say("Nothing is known of {what} that could be shared.", what=repr(wanted.what)))
    if len(stories) > 1:
        programs = sorted({story[0] for story in stories})
        if len(programs) > 1:
            raise NotShared(say("The programs {programs} know it: name one.", programs=", ".join(map(str, programs))))
        raise NotShared(
            say("Several orders belong to {what}: share one of them by its order number.", what=repr(wanted.what))
        )
    return stories.pop()


def token_of(row: Share, kept: keys.Keys) -> str:
    return f"{row.pk}-{_signature(row.pk, row.salt, row.expires_ms, kept)}"


def _signature(number: int, salt: str, expires_ms: int, kept: keys.Keys) -> str:
    signed = keys.derive(kept, f"share|{number}|{expires_ms}|{salt}")
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def read(token: str, settings: Settings, now_ms: int) -> Share | None:
    """What the link leads to; None where it is forged, expired or revoked, and nothing tells which."""
    form = _FORM.fullmatch(token)
    number = int(form[1]) if form else 0
    row = Share.objects.filter(pk=number).first() if number < 1 << 63 else None
    kept = keys.load(settings.keys_folder)
    # A number that does not exist takes as long as one that does.
    right = _signature(number, row.salt if row else "", row.expires_ms if row else 0, kept)
    is_genuine = hmac.compare_digest(right, form[2] if form else "")
    if row is None or not is_genuine or row.revoked_ms is not None or now_ms >= row.expires_ms:
        return None
    return row


def revoke(number: int) -> bool:
    """Whether there was a link to be revoked."""
    rows = Share.objects.filter(pk=number, revoked_ms__isnull=True)
    return bool(rows.update(revoked_ms=heartbeat.now_ms()))


def address(token: str, settings: Settings) -> str:
    base = settings.public_url.rstrip("/") or f"http://{settings.console}"
    return f"{base}/share/{token}"
