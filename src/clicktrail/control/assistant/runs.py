"""One test of a set-up: its link, and what has come of it. Nothing is stored: a run is a word in a link's subid.

The word says when the run began and cannot be mixed up with another's, so the click is found by its index.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q

from clicktrail import heartbeat
from clicktrail.control.catalog.models import ClickTarget, Program
from clicktrail.control.ledger.models import Click, Postback, Transaction
from clicktrail.core import reasons
from clicktrail.core.catalog import TEST_PARTNER
from clicktrail.core.clickid import first_id
from clicktrail.core.periods import DAY_MS

MAX_RUN_HOURS = 24
"""After that a run looks for nothing more."""
MAX_LOOKED_AT = 500
"""Newest clicks and calls that are looked through for the nearest thing."""
MAX_SHOWN = 20
"""Clicks and calls of a run."""
_WORD = re.compile(r"assistant-([0-9a-f]{11})-[0-9a-f]{8}")
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Run:
    program: Program
    creative: int
    """0: the program has none that is active; the default target is used."""
    word: str
    began_ms: int

    @property
    def is_over(self) -> bool:
        return heartbeat.now_ms() - self.began_ms > MAX_RUN_HOURS * _HOUR_MS

    @property
    def link(self) -> str:
        named = {"wmid": self.creative} if self.creative else {}
        query = {"cpid": self.program.pk, "pid": TEST_PARTNER, **named, "subid": self.word}
        return f"{tracker()}/go.cgi?{urlencode(query)}"


def tracker() -> str:
    """Address of the edge, as the shop sees it."""
    house = settings.CLICKTRAIL
    return house.public_url.rstrip("/") or f"http://{house.edge}"


def new_word() -> str:
    return f"assistant-{heartbeat.now_ms():011x}-{secrets.token_hex(4)}"


def began_ms(word: str) -> int | None:
    """When a run began; None where the word is none."""
    found = _WORD.fullmatch(word)
    return int(found[1], 16) if found else None


@dataclass(slots=True)
class Evidence:
    """What has come since the run began."""

    clicks: list[Click] = field(default_factory=list)
    """Of the run's own link, oldest first."""
    calls: list[Postback] = field(default_factory=list)
    """That name one of these clicks, oldest first."""
    transactions: dict[int, Transaction] = field(default_factory=dict)
    other_click: Click | None = None
    """The nearest, where the link was not used."""
    other_call: Postback | None = None
    """The nearest, where none names the click: without a ClickID, or with one that is none."""
    target: ClickTarget | None = None
    """Where the newest click was sent, where that is a target of the program."""

    @property
    def last_click(self) -> Click | None:
        return self.clicks[-1] if self.clicks else None


def gather(run: Run) -> Evidence:
    """A handful of questions, each answered by an index, however much there is."""
    found = Evidence(clicks=_clicks(run))
    if found.clicks:
        ids = [click.pk for click in found.clicks]
        found.calls = list(Postback.objects.filter(click_id__in=ids, again_id=None).order_by("pk")[:MAX_SHOWN])
        found.target = ClickTarget.objects.filter(program=run.program, alias=found.clicks[-1].target).first()
    else:
        found.other_click = _nearest_click(run)
    if found.calls:
        found.transactions = _transactions(found.calls)
    else:
        found.other_call = _nearest_call(run)
    return found


def _clicks(run: Run) -> list[Click]:
    day = run.began_ms // DAY_MS
    days = range(day, day + MAX_RUN_HOURS // 24 + 1)
    rows = Click.objects.filter(partner_id=TEST_PARTNER, day__in=days, subid=run.word)
    return sorted(rows.order_by("-pk")[:MAX_SHOWN], key=lambda click: click.pk)


def _transactions(calls: Iterable[Postback]) -> dict[int, Transaction]:
    return Transaction.objects.in_bulk({call.transaction_number for call in calls if call.transaction_number})


def _nearest_click(run: Run) -> Click | None:
    """Of the test partner rather than of another; of the program."""
    rows = [row for row in _since(Click, run, Q(program_id=run.program.pk))]
    return next((row for row in rows if row.partner_id == TEST_PARTNER), rows[0] if rows else None)


def _nearest_call(run: Run) -> Postback | None:
    """The newest from a shop, for this program or for none that exists, that names no click, or an older one of the
    test partner; what names somebody else's is an order of his."""
    rows = _since(Postback, run, Q(source="edge", again_id=None))
    mine = [row for row in rows if row.program_id in (None, run.program.pk) or row.reason == reasons.UNKNOWN_PROGRAM]
    named = {row.click_id for row in mine if row.click_id is not None}
    tests = set(Click.objects.filter(pk__in=named, partner_id=TEST_PARTNER).values_list("pk", flat=True))
    return next((row for row in mine if row.click_id is None or row.click_id in tests), None)


def _since(model: Any, run: Run, wanted: Q) -> list[Any]:
    """The newest rows since the run began; cut first, so that a busy hour is not read to its beginning.

    A number may run ahead of the clock, so the time is asked for as well.
    """
    newest = model.objects.filter(pk__gte=first_id(run.began_ms)).order_by("-pk").values_list("pk", flat=True)
    within = {"at_ms__gte": run.began_ms, "at_ms__lt": run.began_ms + MAX_RUN_HOURS * _HOUR_MS}
    rows = model.objects.filter(wanted, pk__in=list(newest[:MAX_LOOKED_AT]), **within)
    return list(rows.order_by("-pk"))
