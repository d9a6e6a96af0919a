"""What the engine knows by heart. All of it is a copy of the ledger: after anything went wrong it is
thrown away and read again, so that memory and ledger can never drift apart."""

from clicktrail.control.ledger import transactionrow
from clicktrail.core.case import ClickFacts, Earlier
from clicktrail.core.catalog import Catalog
from clicktrail.core.clickid import NODE_MASK, NODE_SHIFT, Reader, first_id, made_ms
from clicktrail.core.foreign import is_importable
from clicktrail.core.orders import MAX_SIMILAR, Key
from clicktrail.engine.bots import is_bot
from clicktrail.engine.catalogs import Catalogs
from clicktrail.engine.clicks import host_of
from clicktrail.engine.feed import Feed, Part
from clicktrail.engine.ledger import Ledger, Numbers, Row
from clicktrail.engine.net import MAX_VISITORS, WINDOW_MS, Visitors
from clicktrail.engine.postbacks import Call, KnownClick, read_call
from clicktrail.engine.rollup import Rollups
from clicktrail.engine.waiting import WaitingRoom
from clicktrail.journal.events import Click, Event, Postback


class Memory:
    def __init__(self, ledger: Ledger, numbers: Numbers) -> None:
        self.numbers = numbers
        self.visitors = Visitors()
        self.rollups = Rollups(ledger.values, ledger.regular_values)
        self.waiting = WaitingRoom()
        self.imported = True
        """Whether there may be ClickIDs of another system; without any nobody looks for one."""
        self.high = [(1 << 63) - 1] * (NODE_MASK + 1)
        """By node: no event with an id above this one is in the ledger yet."""

    def read(self, ledger: Ledger, read_clickid: Reader) -> None:
        last_click, last_call = ledger.last_click(), ledger.last_postback()
        self.high = [max(last_click, last_call)] * (NODE_MASK + 1)
        self.imported = ledger.has_imported()
        since = first_id(made_ms(last_click) - 2 * WINDOW_MS)
        self.visitors.remember(ledger.visitors_since(since, 2 * MAX_VISITORS))
        self.waiting.restore(ledger.waiting(), read_clickid)


class Intake:
    """The new events of one unit: clicks and calls that the ledger does not have."""

    def __init__(self, memory: Memory, ledger: Ledger, read_clickid: Reader) -> None:
        self._memory, self._ledger, self._read_clickid = memory, ledger, read_clickid
        self.clicks: list[Click] = []
        self.calls: list[Call] = []
        self.parts: list[Part] = []
        self.imported: dict[str, int] = {}
        """ClickID of another system -> click, of the new clicks."""

    @property
    def knows_imported(self) -> bool:
        return self._memory.imported

    def settle(self) -> None:
        """A ClickID is imported once: clicks that bring one again fall out, and count nowhere."""
        foreign = [click for click in self.clicks if click.clickid]
        if not foreign:
            return
        known = {row[0] for row in self._ledger.imported(sorted({click.clickid for click in foreign}))}
        for click in foreign:
            if click.clickid not in known:
                self.imported.setdefault(click.clickid, click.id)
        self.clicks = [c for c in self.clicks if not c.clickid or self.imported.get(c.clickid) == c.id]

    def add(self, parts: list[Part]) -> None:
        """Ids of a node rise, so that most events need no look-up; the others may be in the ledger already."""
        self.parts += parts
        high = self._memory.high
        doubtful: list[tuple[Event, int]] = []
        for part in parts:
            tick = part.tick
            for event in part.events:
                id = event.id
                node = (id >> NODE_SHIFT) & NODE_MASK
                if id <= high[node]:
                    doubtful.append((event, tick))
                    continue
                high[node] = id
                if type(event) is Click:
                    self.clicks.append(event)
                else:
                    self._add_call(event, tick)
        if doubtful:
            self._add_unless_known(doubtful)

    def _add_call(self, event: Event, tick: int) -> None:
        assert isinstance(event, Postback)  # noqa: S101 - an event is one of the two
        self.calls.append(read_call(event, self._read_clickid, tick))

    def _add_unless_known(self, doubtful: list[tuple[Event, int]]) -> None:
        seen = {click.id for click in self.clicks} | {call.event.id for call in self.calls}
        seen |= self._ledger.stored_clicks([event.id for event, _ in doubtful if type(event) is Click])
        seen |= self._ledger.stored_postbacks([event.id for event, _ in doubtful if type(event) is not Click])
        for event, tick in doubtful:
            if event.id in seen:
                continue
            seen.add(event.id)
            if type(event) is Click:
                self.clicks.append(event)
            else:
                self._add_call(event, tick)


class LedgerFacts:
    """What judging looks up: in this unit's events first, then in the ledger, each once for all calls."""

    def __init__(self, intake: Intake, ledger: Ledger, catalogs: Catalogs, feed: Feed, catalog: Catalog) -> None:
        self._intake, self._ledger, self._catalogs, self._feed, self._catalog = (
            intake, ledger, catalogs, feed, catalog,
        )  # fmt: skip
        self._known: dict[int, KnownClick] = {}

    def clicks(self, ids: list[int]) -> dict[int, KnownClick]:
        wanted = set(ids) - self._known.keys()
        if wanted:
            self._known.update((c.id, _from_event(c)) for c in self._intake.clicks if c.id in wanted)
            missing = sorted(wanted - self._known.keys())
            if missing:
                self._known.update((row[0], known_click(row)) for row in self._ledger.clicks(missing))
        return self._known

    def missing_nodes(self, calls: list[Call]) -> set[int]:
        """Nodes whose journals may hold a click that a call names and that has not been read."""
        known = self.clicks([call.click_id for call in calls if call.click_id is not None])
        return {
            (call.click_id >> NODE_SHIFT) & NODE_MASK
            for call in calls
            if call.click_id is not None and call.click_id not in known and not self.is_final(call.click_id, call.tick)
        }

    def imported(self, calls: list[Call]) -> dict[int, int]:
        """Set-based, and without a query where nothing was ever imported."""
        fresh = self._intake.imported
        if not (self._intake.knows_imported or fresh):
            return {}
        texts = {call.event.id: call.typed.clickid for call in calls if is_importable(call.typed.clickid)}
        unknown = sorted({text for text in texts.values() if text not in fresh}) if self._intake.knows_imported else []
        known = fresh | (dict(self._ledger.imported(unknown)) if unknown else {})
        return {id: known[text] for id, text in texts.items() if text in known}

    def earlier(self, keys: list[Key]) -> dict[Key, Earlier]:
        if not keys:
            return {}
        rows = self._ledger.earlier(sorted(set(keys)))
        return {(row[0], row[1]): transactionrow.read(row[2:]) for row in rows}

    def conflict_counts(self, keys: list[str]) -> dict[str, int]:
        return self._ledger.conflict_counts(keys) if keys else {}

    def similar(self, keys: list[Key]) -> dict[Key, Earlier]:
        return {(row[0], row[1]): transactionrow.read(row[2:]) for row in self._ledger.similar(keys, MAX_SIMILAR)}

    def catalog(self, version: int) -> Catalog:
        return self._catalogs.at(version) or self._catalog

    def is_final(self, click_id: int, tick: int) -> bool:
        node = (click_id >> NODE_SHIFT) & NODE_MASK
        return not self._feed.knows(node) or self._feed.read_to_end(node) > tick


def _from_event(click: Click) -> KnownClick:
    facts = ClickFacts(
        click.id, click.at_ms, click.program, click.partner, click.creative, click.subid, click.referrer, click.outcome
    )
    return KnownClick(facts, click.prefetch, False, is_bot(click.user_agent), host_of(click.referrer))


def known_click(row: Row) -> KnownClick:
    """A row of `ledger.CLICK_FACTS`."""
    id, _, at_ms, program, partner, creative, subid, host, referrer, outcome, prefetch, counted, bot = row
    facts = ClickFacts(id, at_ms, program, partner, creative, subid, referrer or "", outcome)
    return KnownClick(facts, bool(prefetch), bool(counted), bool(bot), host)
