"""What judging looks up, for many calls at once, out of the ledger as it stands. Nothing is written."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from clicktrail import catalogfile, keys
from clicktrail.control.ledger import missing, transactionrow
from clicktrail.control.ledger.models import Click, ImportedClick, Transaction
from clicktrail.core.case import ABSENT, UNREAD, ClickFacts, Earlier, NoClick
from clicktrail.core.catalog import Catalog
from clicktrail.core.clickid import Checks
from clicktrail.core.foreign import is_importable
from clicktrail.core.orders import MAX_SIMILAR, Key, similar_key
from clicktrail.errors import CatalogError
from clicktrail.settings import Settings

CLICK = ("id", "at_ms", "program_id", "partner_id", "creative_id", "subid", "referrer", "outcome")


class World:
    """Catalog, keys and journals of this installation."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.keys = keys.load(settings.keys_folder)
        self.checks = Checks(self.keys.clickid, self.keys.current, settings.prefix)
        self.catalog = _required(settings.catalog_folder)

    def catalog_of(self, version: int) -> Catalog:
        """The one of that version where it is kept, else the one in force; 0 is that one."""
        if not version:
            return self.catalog
        try:
            return catalogfile.read(catalogfile.version_file(self.settings.catalog_folder, version))
        except (OSError, CatalogError):
            return self.catalog

    def click_ids(self, texts: Iterable[str | None]) -> dict[str, int]:
        """ClickID -> the click that it names: an imported one, else what its digits say where its check holds."""
        wanted = {text for text in texts if text}
        short = [text for text in wanted if is_importable(text)]
        read = {text: self.checks.read(text) for text in wanted}
        imported = ImportedClick.objects.filter(clickid__in=short).values_list("clickid", "click_id")
        return {text: id for text, id in read.items() if id is not None} | dict(imported)

    def clicks(self, ids: Iterable[int]) -> dict[int, ClickFacts | NoClick]:
        """What is known of each; a click that only a journal has is UNREAD."""
        wanted = set(ids)
        found: dict[int, ClickFacts | NoClick] = {}
        for id, at_ms, program, partner, creative, subid, referrer, outcome in Click.objects.filter(
            pk__in=wanted
        ).values_list(*CLICK):
            found[id] = ClickFacts(id, at_ms, program, partner, creative, subid, referrer or "", outcome)
        gone = wanted - found.keys()
        unread = missing.unread(gone, self.settings.journal_folder) if gone else set()
        return found | {id: UNREAD if id in unread else ABSENT for id in gone}


def earlier(orders: Sequence[Key]) -> dict[Key, Earlier]:
    """The transactions that these orders have already."""
    by_program: dict[int, set[str]] = defaultdict(set)
    for program, tid in orders:
        if program and tid:
            by_program[program].add(tid)
    found: dict[Key, Earlier] = {}
    for program, tids in by_program.items():
        rows = Transaction.objects.filter(program_id=program, tid__in=tids)
        for tid, *row in rows.values_list("tid", *transactionrow.COLUMNS):
            found[(program, tid)] = transactionrow.read(tuple(row))
    return found


class Standing:
    """What calls are held against: the ledger as it stands, and what calls before them would have made of it."""

    def __init__(self, known: dict[Key, Earlier]) -> None:
        self._known = known

    def earlier(self, keys: list[Key]) -> dict[Key, Earlier]:
        made = {key: self._known[key] for key in keys if key in self._known}
        return earlier([key for key in keys if key not in made]) | made

    def similar(self, keys: list[Key]) -> dict[Key, Earlier]:
        wanted = set(keys)
        return similar(keys) | {key: made for key, made in self._known.items() if similar_key(key) in wanted}


def similar(keys: Iterable[Key]) -> dict[Key, Earlier]:
    """By (program, tid), the newest for each (program, key of the order number); one query for each program."""
    by_program: dict[int, set[str]] = defaultdict(set)
    for program, key in keys:
        by_program[program].add(key)
    age = Window(RowNumber(), partition_by=[F("tid_key")], order_by=F("number").desc())
    found: dict[Key, Earlier] = {}
    for program, tid_keys in by_program.items():
        rows = Transaction.objects.filter(program_id=program, tid_key__in=tid_keys).annotate(age=age)
        for tid, *row in rows.filter(age__lte=MAX_SIMILAR).values_list("tid", *transactionrow.COLUMNS):
            found[(program, tid)] = transactionrow.read(tuple(row))
    return found


def _required(folder: Path) -> Catalog:
    try:
        return catalogfile.read(folder / catalogfile.CURRENT)
    except OSError:
        raise CatalogError("There is no published catalog: run `clicktrail init` first.") from None
