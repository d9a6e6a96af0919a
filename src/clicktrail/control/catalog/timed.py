"""Rates in a set-up file: one that holds from now on, or a whole history with its moments.

[[program.product]]                  [[program.product]]
name = "Sale"                        name = "Sale"
percent = "10"                       [[program.product.rate]]
                                     valid_from = "beginning"
                                     percent = "10"
                                     [[program.product.rate]]
                                     valid_from = "2026-12-01T00:00:00+01:00"
                                     percent = "12"
"""

from clicktrail.control.catalog import rates, rules
from clicktrail.control.catalog.models import Partner, Product
from clicktrail.control.catalog.rates import BEGINNING, Step
from clicktrail.control.catalog.setup import Applied, Faults, Table
from clicktrail.core.catalog import NO_RATE, Rate

BY = "set-up file"
RATE_FIELDS = ("valid_from", "percent", "fixed")


class TimedRates:
    def __init__(self, applied: Applied, faults: Faults) -> None:
        self.applied, self.faults = applied, faults

    def of_product(self, table: Table, product: Product, label: str) -> None:
        """Stores the product too, where it is new."""
        tables = table.tables("rate")
        if tables and ("percent" in table or "fixed" in table):
            table.fault("rate", "Give percent or fixed for a rate from now on, or tables of rates, not both.")
        for each in tables:
            each.only(RATE_FIELDS)
        if tables:
            self._history(tables, product, label)
            return
        rate = self._rate(table, product, is_new=product._state.adding)
        if rate is None or self.faults:
            return
        if product._state.adding:
            self._make(product, rate, label)
        else:
            self._from_now(table, product, None, rate, label)

    def of_partner(self, table: Table, product: Product, partner: Partner, label: str) -> None:
        none = table.flag("none")
        rate = NO_RATE if none else self._rate(table, product, is_new=True)
        since_ms = self._since(table, product)
        if rate is None or self.faults:
            return
        if "valid_from" in table:
            self._at(table, product, partner, Step(since_ms or 0, rate, 0, BY), label)
        else:
            self._from_now(table, product, partner, rate, label)

    def _history(self, tables: list[Table], product: Product, label: str) -> None:
        if product._state.adding and tables[0].plain("valid_from") != BEGINNING:
            tables[0].fault("valid_from", f'The first rate of a new product begins at "{BEGINNING}".')
        for table in tables:
            table.require("valid_from")
            rate = self._rate(table, product, is_new=True)
            since_ms = self._since(table, product)
            if rate is None or since_ms is None or self.faults:
                continue
            if product._state.adding:
                self._make(product, rate, label)
            else:
                self._at(table, product, None, Step(since_ms, rate, 0, BY), label)

    def _make(self, product: Product, rate: Rate, label: str) -> None:
        product.percent_ppm, product.fixed_minor = rate.percent_ppm, rate.fixed_minor
        product.save()
        self.applied.added.append(label)

    def _from_now(self, table: Table, product: Product, partner: Partner | None, rate: Rate, label: str) -> None:
        before = rates.valid(rates.history(product, partner), rates.now_ms())
        try:
            entered = rates.enter(product, partner, rate, None, BY)
        except ValueError as fault:
            table.fault("percent", str(fault))
            return
        if entered is not None and before is None:
            self.applied.added.append(label)
        elif entered is not None:
            self.applied.changed.append(f"{label} ({_differs(before.rate if before else NO_RATE, rate)})")

    def _at(self, table: Table, product: Product, partner: Partner | None, step: Step, label: str) -> None:
        try:
            if rates.put(product, partner, step):
                self.applied.added.append(f"{label}, from {rates.written(step.since_ms, product.program.time_zone)} on")
        except ValueError as fault:
            table.fault("valid_from", str(fault))

    def _since(self, table: Table, product: Product) -> int | None:
        zone = product.program.time_zone
        return table.text("valid_from", lambda text: 0 if text == BEGINNING else rates.moment(text, zone))

    def _rate(self, table: Table, product: Product, *, is_new: bool) -> Rate | None:
        """None where the file says nothing about it, or is at fault."""
        percent = table.amount("percent", rules.percent)
        fixed = table.amount("fixed", rules.fixed(product.program.currency))
        given = [name for name in ("percent", "fixed") if name in table]
        if len(given) == 2:
            table.fault("fixed", "Give percent or fixed, not both.")
        elif not given and is_new:
            table.fault("percent", 'Give percent = "..." or fixed = "...".')
        return None if len(given) != 1 or (percent is None and fixed is None) else Rate(percent, fixed)


def _differs(before: Rate, after: Rate) -> str:
    pairs = (("percent", before.percent_ppm, after.percent_ppm), ("fixed", before.fixed_minor, after.fixed_minor))
    return ", ".join(name for name, old, new in pairs if old != new)
