"""One round a minute: look at every program, raise, update or end. The I/O around the pure decisions."""

import logging
import threading
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import partial

from django.db import DatabaseError, connection

from clicktrail import heartbeat
from clicktrail.control.alarms import beats, book, causes, discards, figures, notices, silence, spoken, words
from clicktrail.control.alarms.book import Told
from clicktrail.control.alarms.history import History
from clicktrail.control.alarms.models import Alarm, AlarmRule, Kind, Round
from clicktrail.control.catalog.models import Program, ProgramState
from clicktrail.settings import Settings

ROUND_MS = 60_000
LOOK_EVERY_S = 5
HOUR_MS = 3_600_000
EVIDENCE_MS = silence.DAY_MS
"""Calls and clicks are looked at so far back."""
CLICK_WEEKS = 4

log = logging.getLogger(__name__)

Open = dict[tuple[str, int], Alarm]


@dataclass(slots=True)
class Watch:
    """What one process keeps between its rounds."""

    settings: Settings
    history: History = field(default_factory=History)

    def round(self, now_ms: int) -> None:
        self.history.refresh(now_ms)
        opened = book.open_alarms()
        engine = beats.engine_fault(self.settings.run_folder, now_ms)
        told = list(self._house(engine, now_ms))
        told += self._silences(opened, engine, now_ms)
        told += self._discards(opened, now_ms)
        _keep(opened, told, now_ms)
        self._notify(now_ms)

    # The installation

    def _house(self, engine: str, now_ms: int) -> Iterator[Told]:
        if engine:
            yield spoken.told_in_all(partial(words.house, Kind.ENGINE, engine, now_ms))
        if journal := beats.journal_fault(self.settings.run_folder, now_ms):
            yield spoken.told_in_all(partial(words.house, Kind.JOURNAL, journal, now_ms))

    # Silence

    def _silences(self, opened: Open, engine: str, now_ms: int) -> list[Told]:
        """Alarms to raise, and open ones with what is true now."""
        rules = _rules()
        found = []
        for program in Program.objects.order_by("pk"):
            row = opened.get((Kind.SILENCE, program.pk))
            if silent := self._silent(program, rules.get(program.pk, silence.Rule()), row, now_ms):
                found.append((program, silent))
        since = {program.pk: max(silent.since_ms, now_ms - EVIDENCE_MS) for program, silent in found}
        calls, unnamed = figures.heard(since)
        return [
            self._told(program, silent, calls.get(program.pk, {}), unnamed, engine, now_ms) for program, silent in found
        ]

    def _silent(self, program: Program, rule: silence.Rule, row: Alarm | None, now_ms: int) -> silence.Silent | None:
        """An open alarm lasts until an order comes or it is switched off, whatever the hour."""
        standing = self._standing(program, row.since_ms if row else None, now_ms)
        if row is not None:
            has_come = (standing.last_ms or 0) > row.since_ms
            return silence.measure(standing) if rule.on and not has_come else None
        verdict = silence.decide(rule, standing)
        return verdict if isinstance(verdict, silence.Silent) else None

    def _standing(self, program: Program, since_ms: int | None, now_ms: int) -> silence.Standing:
        last_ms = self.history.last_ms.get(program.pk, since_ms)
        if last_ms is None:
            return silence.Standing(now_ms, program.time_zone, None)
        first_ms = self.history.first_ms.get(program.pk, last_ms)
        stretches = silence.same_hours(last_ms, now_ms, program.time_zone, first_ms)
        before_ms = max(first_ms, last_ms - silence.MAX_WEEKS * silence.WEEK_MS)
        days = max(1.0, (last_ms - before_ms) / silence.DAY_MS)
        return silence.Standing(
            now_ms,
            program.time_zone,
            last_ms,
            tuple(self.history.sum(program.pk, *stretch) for stretch in stretches),
            self.history.sum(program.pk, before_ms, last_ms) / days,
        )

    def _told(
        self,
        program: Program,
        silent: silence.Silent,
        calls: dict[str, causes.Heard],
        unnamed: int,
        engine: str,
        now_ms: int,
    ) -> Told:
        first_ms = self.history.first_ms.get(program.pk, now_ms)
        zone = program.time_zone
        stretches = silence.same_hours(silent.since_ms, now_ms, zone, first_ms, EVIDENCE_MS)[:CLICK_WEEKS]
        begin_ms = max(silent.since_ms, now_ms - EVIDENCE_MS)
        now, *before = figures.clicks(program.pk, [(begin_ms, now_ms), *stretches])
        evidence = causes.Evidence(
            engine_fault=engine,
            paused=program.state == ProgramState.PAUSED,
            calls=calls,
            unnamed=unnamed,
            clicks=now,
            usual_clicks=silence.median(before),
        )
        midnight_ms = silence.midnight(now_ms, zone)
        today = self.history.sum(program.pk, midnight_ms, now_ms)
        days = [
            self.history.sum(program.pk, *stretch)
            for stretch in silence.same_hours(midnight_ms, now_ms, zone, first_ms)
        ]
        seen = words.Today(today, silence.median(days), now, before)
        return spoken.told_in_all(lambda: words.silence(program, silent, causes.likely(evidence), calls, seen, now_ms))

    # Discards

    def _discards(self, opened: Open, now_ms: int) -> list[Told]:
        hour = figures.calls_since(now_ms - HOUR_MS)
        off = set(AlarmRule.objects.filter(discards_on=False).values_list("pk", flat=True))
        programs = {p.pk: p for p in Program.objects.all() if p.pk not in off}
        found = []
        past: figures.ByProgram | None = None
        for number, program in programs.items():
            now = hour.get(number, {})
            row = opened.get((Kind.DISCARDS, number))
            if row is not None:
                if words.still_discarded(row, now):
                    found.append(spoken.told_in_all(partial(_still, row, now)))
            elif discards.candidates(now):
                past = figures.calls_since(0, now_ms - HOUR_MS) if past is None else past
                if jump := discards.jumped(now, past.get(number, {})):
                    found.append(spoken.told_in_all(partial(words.discards, program, jump, now_ms - HOUR_MS)))
        return found

    # Mail

    def _notify(self, now_ms: int) -> None:
        """Where the engine is behind, one alarm says so; the silences that follow from it send no mail of their own."""
        if not self.settings.smtp_host:
            return
        host = notices.host_of(self.settings)
        for row in book.open_alarms().values():
            if book.is_loud(row, now_ms) and not book.follows(row.kind, row.cause):
                book.notify(row, self.settings.mail_to, host, now_ms)


def watch(settings: Settings, stop: threading.Event) -> None:
    """A round a minute, until `stop`; a ledger out of reach costs a round, not the watch."""
    kept = Watch(settings)
    while not stop.wait(LOOK_EVERY_S):
        try:
            now_ms = heartbeat.now_ms()
            if claim(now_ms):
                kept.round(now_ms)
        except (DatabaseError, OSError) as fault:
            log.warning("alarms not looked at, next attempt in %d s: %s", LOOK_EVERY_S, fault)
        finally:
            connection.close()


def claim(now_ms: int) -> bool:
    """Whether this minute is ours; another process may have taken it."""
    return bool(Round.objects.filter(pk=1, next_ms__lte=now_ms).update(next_ms=now_ms + ROUND_MS))


def _keep(opened: Open, told: list[Told], now_ms: int) -> None:
    """The book after a round: what is new, what goes on, what is over."""
    going_on = {(each.kind, each.program_id): each for each in told}
    for key, each in going_on.items():
        row = opened.get(key)
        if row is None:
            book.raise_alarm(each, now_ms)
        else:
            book.update(row, each, now_ms)
    for key, row in opened.items():
        if key not in going_on:
            book.end(row, words.over(row), now_ms)


def _still(row: Alarm, now: discards.Calls) -> Told:
    return words.still_discarded(spoken.heard(copy(row)), now)[0]


def _rules() -> dict[int, silence.Rule]:
    return {row.pk: row.rule() for row in AlarmRule.objects.all()}
