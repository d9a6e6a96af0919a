"""The whole act of forgetting, in order: find, journals first, then the ledger, then the report.

Journals come first: what the engine reads afterwards is clean already. What it had read
before is waited for, so that nothing flows back into the ledger behind our back.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection, transaction

from clicktrail import heartbeat, keys
from clicktrail.control.ledger import erase, forget
from clicktrail.control.ledger.forget import Subject
from clicktrail.control.ledger.models import Click, JournalCursor, Transaction
from clicktrail.core.clickid import Checks, text_of
from clicktrail.errors import JournalBroken, LedgerError
from clicktrail.journal import rewriting
from clicktrail.journal.local import File, Reader
from clicktrail.settings import Settings

ENGINE_PATIENCE_S = 30.0
ASK_EVERY_S = 0.05


@dataclass(slots=True)
class Report:
    found: bool
    lines: list[str] = field(default_factory=list)


class Forgetting:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        kept = keys.load(settings.keys_folder)
        self.checks = Checks(kept.clickid, kept.current, settings.prefix)
        self.reader = Reader(settings.journal_folder)
        self.notes: list[str] = []

    def run(self, text: str, program: int | None) -> Report:
        """Raises LedgerError or JournalError where it could not be done whole; then it may be run again."""
        try:
            subject = forget.begin(text, program, self.checks)
            if text and not subject:
                subject = self._unread_order(text)
            files = self._files_with(subject)
            events = self._rewrite(files, subject)
            self._wait_for_engine(files)
            forget.widen(subject)
            rows = self._clear_ledger(subject)
            return self._report(text, subject, events, rows, len(files))
        finally:
            self.reader.close()

    def _unread_order(self, text: str) -> Subject:
        """An order that only the journals know: its calls have not been judged yet."""
        found = Subject()
        for file in self.reader.files():
            for event in self._events(file, [text.encode()]):
                if getattr(event, "clickid", "") == text:
                    found.clicks.add(event.id)
                    found.foreign.add(text)
                params = getattr(event, "params", {})
                program, tid = forget.order_of(params)
                if tid == text and program is not None:
                    found.orders.add((program, tid))
        if len(found.orders) > 1:
            raise LedgerError(f"Order {text!r} exists in several programs: name one with --program.")
        return found

    def _files_with(self, subject: Subject) -> list[File]:
        """Files that hold anything of the subject, which grows by what is found in them."""
        size, files = -1, {}
        while subject and size != subject.size():
            forget.widen(subject)
            size = subject.size()
            needles = self._needles(subject)
            for file in self.reader.files():
                events = self._events(file, needles)
                forget.add_events(subject, events, self.checks)
                if any(forget.belongs(event, subject, self.checks) for event in events):
                    files[file.identity] = file
        return list(files.values())

    def _events(self, file: File, needles: list[bytes]) -> list[rewriting.Event]:
        try:
            return rewriting.events_with(self.reader, file, needles)
        except JournalBroken as fault:
            note = f"Not looked into: {fault}"
            self.notes += [note] if note not in self.notes else []
            return []

    def _rewrite(self, files: list[File], subject: Subject) -> int:
        changed = 0
        needles = self._needles(subject)
        for file in files:
            rewriting.seal(self.reader, file, self.settings.journal_max_bytes, self.settings.journal_max_age_s)
            self.reader.forget(file)
            done = rewriting.rewrite(
                file,
                needles,
                lambda event: forget.cleared(event) if forget.belongs(event, subject, self.checks) else event,
            )
            changed += done.events
            if done.damaged_rows:
                self.notes.append(f"{file.path} holds {done.damaged_rows} damaged rows that could not be changed.")
        return changed

    def _needles(self, subject: Subject) -> list[bytes]:
        """With the ClickIDs as texts: so they stand in the calls."""
        tails = {id: self.checks.tail(id) for id in subject.clicks}
        tails |= dict(Click.objects.filter(pk__in=subject.clicks).values_list("id", "tail"))
        clickids = [text_of(self.settings.prefix, id, tail) for id, tail in tails.items()]
        return forget.needles(subject, clickids)

    def _wait_for_engine(self, files: list[File]) -> None:
        """Until what it may have read before is in the ledger; without an engine nothing is on its way."""
        identities = {file.identity for file in files}

        def is_done() -> bool:
            read = JournalCursor.objects.filter(identity__in=identities, sealed=True).count()
            return read == len(identities) or not self._engine_lives()

        if not _until(is_done, ENGINE_PATIENCE_S):
            raise LedgerError(
                "The journals are clean, but the engine has not caught up with them: see `clicktrail status`, "
                "and run this again when it has."
            )

    def _engine_lives(self) -> bool:
        pid = heartbeat.read(self.settings.run_folder, "engine").get("pid")
        return pid is not None and heartbeat.is_alive(pid)

    def _clear_ledger(self, subject: Subject) -> int:
        with transaction.atomic():
            rows = forget.clear_rows(subject)
            rows += forget.clear_set_aside(subject, self._needles(subject), self.checks)
        erase.put_in_again("ledger_click", subject.clicks)
        erase.put_in_again("ledger_postback", subject.calls)
        erase.put_in_again("ledger_transaction", _transactions(subject))
        erase.fold()
        return rows

    def _report(self, text: str, subject: Subject, events: int, rows: int, files: int) -> Report:
        if not (events or rows):
            return Report(False, [f"Nothing is known of {text!r}: no order and no ClickID with it.", *self.notes])
        lines = [
            f"Forgotten: the personal data of {_count(len(subject.clicks), 'click')} and "
            f"{_count(len(subject.calls), 'call')}, in {_count(rows, 'row')} of the ledger and "
            f"{_count(events, 'event')} of {_count(files, 'journal file')}.",
            "Kept: the transactions with their money, order numbers, ClickIDs, partners, products and sub ids.",
            *self._out_of_reach(),
            *self.notes,
        ]
        return Report(True, lines)

    def _out_of_reach(self) -> list[str]:
        copies = sorted(path.name for path in self.settings.backup_folder.glob("*"))
        told = [f"Out of reach: backups made before now, also {', '.join(copies)} in {self.settings.backup_folder}."]
        if not copies:
            told = ["Out of reach: backups and exports made before now."]
        if connection.vendor != "sqlite":
            told.append(
                "PostgreSQL drops the old rows from its files at its next vacuum; its own log and backups stay."
            )
        return told


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _transactions(subject: Subject) -> set[int]:
    found: set[int] = set()
    for program, tid in subject.orders:
        found |= set(Transaction.objects.filter(program_id=program, tid=tid).values_list("number", flat=True))
    return found


def _until(condition: Callable[[], bool], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(ASK_EVERY_S)
    return True
