"""A data folder with a ledger on either database, and an engine in this process: one test, both databases."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.cast import CATALOG
from support.scribe import Scribe

from clicktrail import catalogfile, keys
from clicktrail.core.catalog import Catalog
from clicktrail.engine.feed import JournalReader
from clicktrail.engine.loop import Engine
from clicktrail.engine.run import build
from clicktrail.settings import Settings

Row = tuple[Any, ...]


@dataclass
class Place:
    """The shared cast's catalog is published; `rows` asks the ledger with `?` for values on both databases."""

    settings: Settings
    engine: Engine

    def scribe(self, node: int = 1) -> Scribe:
        return Scribe(self.settings.data, node)

    def publish(self, catalog: Catalog) -> None:
        catalogfile.write(self.settings.catalog_folder, catalog)

    def catch_up(self) -> list[tuple[int, Any]]:
        """Step until nothing is left; the final verdicts on the way."""
        final = []
        while (progress := self.engine.step()).moved:
            final += progress.final
        return final

    def rows(self, sql: str, *values: Any) -> list[Row]:
        return [tuple(row) for row in self.engine.ledger.all(sql, values)]

    def one(self, sql: str, *values: Any) -> Any:
        return self.rows(sql, *values)[0][0]

    def reasons(self) -> dict[str, int]:
        return dict(self.rows("SELECT reason, count(*) FROM ledger_postback GROUP BY reason"))

    def everything(self) -> dict[str, list[Row]]:
        """All that counts, in a form that can be compared."""
        queries = {
            "clicks": "SELECT id, outcome, counted, net FROM ledger_click ORDER BY id",
            "calls": "SELECT id, reason, saved, transaction_number FROM ledger_postback ORDER BY id",
            "orders": "SELECT number, program_id, tid, partner_id, revenue_minor, commission_minor, state "
            "FROM ledger_transaction ORDER BY number",
            **{name: f"SELECT * FROM ledger_rollup_{name}" for name in ("hour", "subid", "referrer")},
        }
        return {name: sorted(self.rows(sql)) for name, sql in queries.items()}

    def restart(self, reader: JournalReader | None = None) -> Engine:
        """Another engine on the same folder, as after a crash or a stop."""
        self.engine.close()
        self.engine = build(self.settings, reader)
        self.engine.open()
        return self.engine


def place(data: Path, database: str, make_tables: Callable[[Path], None]) -> Place:
    settings = Settings(data=data, database=database)
    keys.create(settings.keys_folder)
    for folder in (settings.journal_folder, settings.run_folder):
        folder.mkdir()
    make_tables(settings.ledger_file)
    catalogfile.write(settings.catalog_folder, CATALOG)
    made = Place(settings, build(settings))
    made.engine.open()
    return made
