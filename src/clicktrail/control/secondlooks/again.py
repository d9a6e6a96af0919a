"""Judge discarded calls again after a fault was mended: choose, preview, apply.

Nothing that was saved is touched. A call that would be saved now is handed in once more, as a copy that names it and
keeps the time of its arrival; the engine judges the copy like any call, and both lines stay in the log. What comes
twice is a duplicate, so doing it again creates nothing.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from clicktrail import heartbeat
from clicktrail.control.intake import Intake
from clicktrail.control.ledger.models import Click, Postback
from clicktrail.control.secondlooks.dryrun import Asked, Looked, judge_all
from clicktrail.control.secondlooks.lookups import World
from clicktrail.control.secondlooks.models import Rejudging
from clicktrail.core import reasons
from clicktrail.core.access import Proofs
from clicktrail.core.case import Earlier
from clicktrail.core.clickid import first_id
from clicktrail.core.explain import money
from clicktrail.core.orders import Key
from clicktrail.core.postback import KNOWN

MAX_REJUDGED = 10_000
"""Calls that one preview looks at, the oldest first."""
PAGE_ROWS = 1000
"""Calls looked up, and handed in, at a time."""
MOST_CHOSEN = 500
"""Calls that can be chosen one by one."""

DISCARDED = tuple(
    code for code in reasons.REASONS if code not in (reasons.SAVED, *reasons.NAMES_EARLIER, reasons.WAITING)
)
SETTLED = (reasons.SAVED, *reasons.NAMES_EARLIER, reasons.WAITING)
"""Where a copy got one of these, its call is not offered any more."""
JUDGED = KNOWN | {"status"}
"""Parameters that a verdict may depend on."""
HOUSE = ("console", "api")
IMPORT = "import"
"""Orders of another system are imported again instead: the file has all of them."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which discarded calls. What is left empty does not matter."""

    reason: str = ""
    program: int = 0
    partner: int = 0
    """Named by the call, or by its click."""
    since_ms: int = 0
    until_ms: int = 0
    text: str = ""
    """In the order number or the product, or the whole ClickID."""
    calls: tuple[int, ...] = ()
    """These alone."""
    programs: frozenset[int] | None = None
    """Those that who asks may see; None: every one."""

    def rows(self) -> QuerySet[Postback]:
        """Oldest first."""
        copies = Postback.objects.filter(again_id=OuterRef("pk"), reason__in=SETTLED)
        found = Postback.objects.filter(saved=False, again_id__isnull=True, reason__in=self._reasons())
        found = found.exclude(source=IMPORT).filter(~Exists(copies))
        if self.programs is not None:
            found = found.filter(program_id__in=sorted(self.programs))
        if self.program:
            found = found.filter(program_id=self.program)
        if self.partner:
            clicked = Click.objects.filter(pk=OuterRef("click_id"), partner_id=self.partner)
            found = found.filter(Q(pid=str(self.partner)) | Exists(clicked))
        if self.since_ms:
            found = found.filter(pk__gte=first_id(self.since_ms))
        if self.until_ms:
            found = found.filter(pk__lt=first_id(self.until_ms))
        if self.text:
            found = found.filter(Q(tid__icontains=self.text) | Q(product__icontains=self.text) | Q(clickid=self.text))
        if self.calls:
            found = found.filter(pk__in=self.calls[:MOST_CHOSEN])
        return found.order_by("pk")

    def _reasons(self) -> tuple[str, ...]:
        return tuple(code for code in DISCARDED if self.reason in ("", code))

    def data(self) -> dict[str, Any]:
        """What was chosen, for the record."""
        names = ("reason", "program", "partner", "since_ms", "until_ms", "text", "calls")
        return {name: value for name in names if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Line:
    """One call with its verdict and the one that it would get."""

    call: Postback
    looked: Looked

    @property
    def is_saved(self) -> bool:
        return self.looked.verdict.saved

    @property
    def changes(self) -> bool:
        return self.looked.reason != self.call.reason


@dataclass(slots=True)
class Preview:
    matched: int = 0
    more: bool = False
    """Whether more calls match than were looked at."""
    lines: list[Line] = field(default_factory=list)

    @property
    def saved(self) -> list[Line]:
        return [line for line in self.lines if line.is_saved]

    def verdicts(self) -> list[tuple[str, str, int]]:
        """(verdict, the one that it would get, calls), the most frequent first."""
        found = Counter((line.call.reason, line.looked.reason) for line in self.lines)
        return [(old, new, number) for (old, new), number in found.most_common()]

    def sums(self) -> list[tuple[str, str, str]]:
        """(currency, revenue, commission) of what would be saved; tests and what is on hold count nowhere."""
        found: dict[str, list[int]] = {}
        for line in self.saved:
            award = line.looked.award
            if award is None or award.test or award.held_for:
                continue
            sums = found.setdefault(award.currency, [0, 0, award.decimals])
            sums[0] += award.revenue_minor or 0
            sums[1] += award.commission_minor
        return [
            (currency, *(money(minor, {"decimals": decimals, "currency": currency}) for minor in sums))
            for currency, (*sums, decimals) in sorted(found.items())
        ]  # type: ignore[misc]


def preview(chosen: Filter, world: World) -> Preview:
    """What would become of them, were they judged again now. Nothing is written."""
    made, known = Preview(), dict[Key, Earlier]()
    for page in _pages(chosen.rows()):
        room = MAX_REJUDGED - made.matched
        made.more = made.more or len(page) > room
        page = page[:room]
        asked = [_asked(call) for call in page]
        found = judge_all(asked, world, known)
        made.lines += [Line(call, looked) for call, looked in zip(page, found, strict=True)]
        made.matched += len(page)
        if made.more:
            break
    return made


def _pages(rows: QuerySet[Postback]) -> Iterator[list[Postback]]:
    after = 0
    while page := list(rows.filter(pk__gt=after)[:PAGE_ROWS]):
        yield page
        after = page[-1].pk


def _asked(call: Postback) -> Asked:
    proved = proofs_of(call)
    proofs = Proofs(
        proved.get("house", False), proved.get("signed_by", 0), proved.get("token", 0), proved.get("listed", False),
        proved.get("proof_fault", ""), proved.get("stamp_ms", 0),
    )  # fmt: skip
    return Asked(params_of(call), call.arrived_ms or call.at_ms, call.fault, proofs, again=True)


def params_of(call: Postback) -> dict[str, str]:
    """As they came; where they were cut, what the columns still say."""
    if call.params:
        return dict(json.loads(call.params))
    columns = {
        "cpid": str(call.program_id or ""), "tid": call.tid, "clickid": call.clickid, "pid": call.pid,
        "subid": call.subid, "wmid": call.wmid, "produkt": call.product, "umsatz": call.amount,
        "nocheck": "1" if call.nocheck else "", "currency": _sent_currency(call),
    }  # fmt: skip
    return {name: value for name, value in columns.items() if value}


def _sent_currency(call: Postback) -> str:
    """The facts keep it where it was not the program's."""
    facts = json.loads(call.facts or "{}")
    return str(facts.get("sent_currency") or "")


def proofs_of(call: Postback) -> dict[str, Any]:
    """What the call had proved, as fields of an event."""
    proved = dict(json.loads(call.proofs)) if call.proofs else {}
    return proved | ({"house": True} if call.source in HOUSE else {})


def apply(chosen: Filter, world: World, intake: Intake, actor: str) -> Rejudging:
    """Hand in what would be saved now. Raises JournalRefused where the journal does not take it."""
    found = preview(chosen, world)
    calls = [line.call for line in found.saved]
    row = Rejudging.objects.create(
        created_ms=heartbeat.now_ms(), actor=actor, chosen=json.dumps(chosen.data()), matched=found.matched, calls="[]"
    )
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(calls), PAGE_ROWS):
        page = calls[start : start + PAGE_ROWS]
        copies = intake.hand_in_again([copy_of(call) for call in page], actor, world.catalog.version)
        pairs += zip([call.pk for call in page], copies, strict=True)
        Rejudging.objects.filter(pk=row.pk).update(calls=json.dumps(pairs))
    row.calls = json.dumps(pairs)
    return row


def copy_of(call: Postback) -> tuple[Mapping[str, str], str, Mapping[str, Any]]:
    """With what the judge reads and no more: what a shop sends beside it is cut after its time, and no copy of it."""
    fields = {"again": call.pk, "arrived_ms": call.arrived_ms or call.at_ms, **proofs_of(call)}
    params = {name: value for name, value in params_of(call).items() if name in JUDGED}
    return params, call.fault, fields


@dataclass(slots=True)
class Progress:
    total: int
    judged: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    @property
    def done(self) -> bool:
        return self.judged == self.total

    def told(self) -> list[tuple[str, int]]:
        return self.verdicts.most_common()


def progress(row: Rejudging) -> Progress:
    """How far the engine has got with the copies."""
    copies = [copy for _, copy in json.loads(row.calls)]
    found = Progress(len(copies))
    for start in range(0, len(copies), PAGE_ROWS):
        rows = Postback.objects.filter(pk__in=copies[start : start + PAGE_ROWS])
        found.verdicts.update(rows.exclude(reason=reasons.WAITING).values_list("reason", flat=True))
    found.judged = found.verdicts.total()
    return found
