"""Fill the demo's ledger with its past: catalog, journal, engine, moves, and what came of them."""

from collections.abc import Iterable
from random import Random

from clicktrail import heartbeat, keys
from clicktrail.core.catalog import Catalog
from clicktrail.core.click import decide
from clicktrail.core.clickid import Checks, Mint
from clicktrail.demo.past import hours, setup, slips, visits
from clicktrail.demo.past.visits import SEED, Call, Happening, Visit
from clicktrail.journal.disk import open_disk
from clicktrail.journal.events import Click, Event, Postback
from clicktrail.journal.local import Writer
from clicktrail.settings import Settings

ROW = 1000
"""Events in one row of the journal."""
ENDS_BEFORE_MS = 60_000
"""The past ends a minute ago: what is younger the visitor of the demo makes himself."""
UNIT = 6000
"""Events that the engine begins with: nobody waits for the ledger beside it."""


def fill(settings: Settings, shop: str) -> None:
    """A ledger without a click gets ninety days of them. shop: the demo shop's host and port."""
    from clicktrail.demo.past import lives, office, told

    now_ms = heartbeat.now_ms()
    editions = setup.load(settings, shop, now_ms)
    write(settings, Journalist(settings, editions, shop), happenings(editions[-1].catalog, now_ms - ENDS_BEFORE_MS))
    judge(settings)
    lives.live(now_ms)
    told.deliver(now_ms)
    office.furnish(now_ms)


def happenings(catalog: Catalog, now_ms: int) -> list[Happening]:
    """All clicks and calls of ninety days up to now, in the order of their times."""
    found: list[Happening] = [*slips.tests(now_ms), *visits.story(now_ms)]
    for program in catalog.programs.values():
        for day in hours.days(program.time_zone, now_ms):
            found += visits.all_of(program.id, day)
    calls = sorted((each for each in found if isinstance(each, Call)), key=lambda call: call.at_ms)
    found += slips.slips([call for call in calls if call.at_ms <= now_ms], now_ms)
    return sorted((each for each in found if each.at_ms <= now_ms), key=lambda each: each.at_ms)


class Journalist:
    """Turns what is to happen into the events that an edge would have journaled at that moment."""

    def __init__(self, settings: Settings, editions: list[setup.Edition], shop: str) -> None:
        found = keys.load(settings.keys_folder)
        self._checks = Checks(found.clickid, found.current, settings.prefix)
        self._mint = Mint(settings.node)
        self._editions, self._shop = editions, shop
        self._now = 0
        self._dice = Random(f"{SEED}/ids")  # noqa: S311 - the same every time
        self._decided: dict[tuple[int, int, int, str, int], tuple[str, str]] = {}
        self.last_ms = 0

    def event(self, each: Happening) -> Event:
        while self._now + 1 < len(self._editions) and self._editions[self._now + 1].since_ms <= each.at_ms:
            self._now += 1
        catalog = self._editions[self._now].catalog
        id = self._mint.next(each.at_ms)
        self.last_ms = each.at_ms
        return self._click(each, id, catalog) if isinstance(each, Visit) else self._call(each, id, catalog)

    def _click(self, visit: Visit, id: int, catalog: Catalog) -> Click:
        tail = self._checks.tail(id)
        visit.clickid = self._checks.text(id, tail)
        outcome, target = self._decide(visit, catalog)
        return Click(
            id, tail, visit.at_ms, catalog.version, visit.program, visit.partner, visit.creative, target, visit.subid,
            visit.referrer, visit.ip, visit.agent, "", visit.visitor, outcome, visit.prefetch,
        )  # fmt: skip

    def _decide(self, visit: Visit, catalog: Catalog) -> tuple[str, str]:
        """As the edge decides; remembered, since there are few links."""
        key = (catalog.version, visit.program, visit.partner, visit.target, visit.creative)
        if key not in self._decided:
            wmid = str(visit.creative or "cc")
            target = visit.target.replace("SHOP", self._shop)
            decision = decide(str(visit.program), str(visit.partner), wmid, target, catalog)
            self._decided[key] = (decision.outcome, decision.target)
        return self._decided[key]

    def _call(self, call: Call, id: int, catalog: Catalog) -> Postback:
        params = dict(call.params)
        clickid = call.visit.clickid if call.visit else ""
        if call.unknown:
            lost = self._mint.next(call.at_ms)
            clickid = self._checks.text(lost, self._checks.tail(lost))
        if call.spoiled:
            clickid = clickid[:-1] + str((int(clickid[-1]) + 1) % 10)
        if clickid and not call.fault:
            params["clickid"] = clickid
        return Postback(
            id, self._checks.tail(id), call.at_ms, catalog.version, call.method, params, call.fault, call.ip,
            call.agent, call.referrer, **call.proved,
        )  # fmt: skip


def write(settings: Settings, journalist: Journalist, found: Iterable[Happening]) -> None:
    """Into the first worker's journal, which is sealed: the worker goes on after it."""
    writer = Writer(
        settings.journal_folder, settings.node, max_bytes=settings.journal_max_bytes,
        max_age_s=settings.journal_max_age_s, disk=open_disk(settings.run_folder),
    )  # fmt: skip
    try:
        batch: list[Event] = []
        for each in found:
            batch.append(journalist.event(each))
            if len(batch) == ROW:
                writer.commit(batch, heartbeat.now_ms())
                batch = []
        if batch:
            writer.commit(batch, heartbeat.now_ms())
    finally:
        writer.close(heartbeat.now_ms())


def judge(settings: Settings) -> None:
    """The engine reads it all. Then the log says that each call was judged when it came, not today."""
    from django.db import connection

    from clicktrail.engine.run import build

    engine = build(settings)
    engine.open()
    try:
        engine.limit = UNIT
        while engine.step().moved:
            pass
    finally:
        engine.close()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_postback SET judged_ms = at_ms + 2 + id % 9")
