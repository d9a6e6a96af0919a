"""Which rate a transaction would have: by the rates that held at its own time, or by those of today."""

from typing import Any

from clicktrail import catalogfile, heartbeat
from clicktrail.core.catalog import Catalog, Rate
from clicktrail.errors import CatalogError
from clicktrail.settings import Settings

THEN, NOW = "then", "now"
BASES = (THEN, NOW)


class Rates:
    """Out of the published catalog, which is read once, when it is first asked."""

    def __init__(self, settings: Settings, basis: str) -> None:
        self._file = settings.catalog_folder / catalogfile.CURRENT
        self._basis = basis
        self._now_ms = heartbeat.now_ms()
        self._read: Catalog | None = None

    def of(self, row: Any) -> Rate | None:
        """None: the transaction's product is not there any more."""
        catalog = self._catalog()
        program = catalog.programs.get(row.program_id)
        product = next((p for p in program.products if p.id == row.product_id), None) if program else None
        if product is None:
            return None
        at_ms = row.created_ms if self._basis == THEN else self._now_ms
        return catalog.used_rate(row.partner_id, row.program_id, product, at_ms).rate

    def _catalog(self) -> Catalog:
        if self._read is None:
            try:
                self._read = catalogfile.read(self._file)
            except FileNotFoundError:
                raise CatalogError("There is no published catalog: run `clicktrail init` first.") from None
        return self._read
