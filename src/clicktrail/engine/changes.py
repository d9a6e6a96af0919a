"""What a trusted call makes of a transaction that is there: its row, its adjustment, its line of history, its sums.

The change holds for the revision that it was judged with (`ledger.CHANGE`): where somebody at the console was
quicker, nothing of the unit is stored and it is judged again.
"""

import json
from dataclasses import dataclass, replace

from clicktrail.control.ledger import adjustmentrow, transactionrow
from clicktrail.core.case import Change, Earlier
from clicktrail.core.catalog import Catalog
from clicktrail.core.lifecycle import counts
from clicktrail.engine.ledger import Row
from clicktrail.engine.rollup import COMMISSION, REVENUE, TRANSACTIONS, Rollups
from clicktrail.journal.events import Postback

REASON = "A call that proved where it comes from"
"""Stands in the history; the call itself is named beside it."""


@dataclass(slots=True)
class Changed:
    """One change: what stands where, and what it means for the sums."""

    program: int
    tid: str
    before: Earlier
    change: Change
    host: str
    """Of the referrer of the call's click."""
    event: Postback

    @property
    def after(self) -> Earlier:
        after = self.change.after
        return after if after.click_id == self.before.click_id else replace(after, host=self.host)

    def row(self) -> Row:
        """For `ledger.CHANGE`."""
        return (*transactionrow.values(self.after), self.before.number, self.before.revision)

    def move(self) -> Row:
        """For `ledger.MOVE`."""
        differences, after, event = self.change.differences, self.change.after, self.event
        changes = json.dumps(differences, ensure_ascii=False) if differences else ""
        return (
            after.number, event.at_ms, self.before.state, after.state, self._actor, REASON, after.revision, changes,
            event.id,
        )  # fmt: skip

    @property
    def _actor(self) -> str:
        return self.event.actor or f"shop, key {self.event.signed_by}"

    def adjustment(self) -> Row | None:
        """For `ledger.ADJUSTMENT`; None where nothing is booked."""
        event = self.event
        return adjustmentrow.booked_row(
            self.before, self.change.after, self.program, event.at_ms, self._actor, REASON, event.id
        )

    def following(self) -> Row | None:
        """For `ledger.FOLLOW`: the adjustments that go along with the transaction."""
        return adjustmentrow.follow_row(self.before, self.change.after)

    def add_up(self, rollups: Rollups, catalog: Catalog) -> None:
        """Out of the sums as it stood, into them as it stands; on hold, cancelled and tests are in none."""
        for transaction, sign in ((self.before, -1), (self.after, 1)):
            if not counts(transaction.state) or transaction.test:
                continue
            creative, product = transaction.creative, transaction.product_id
            slot = rollups.at(transaction.created_ms, self.program, transaction.partner, creative, product, catalog)
            slot.add(TRANSACTIONS, transaction.subid, transaction.host, sign)
            slot.add(REVENUE, transaction.subid, transaction.host, sign * (transaction.remaining_revenue_minor or 0))
            slot.add(COMMISSION, transaction.subid, transaction.host, sign * transaction.remaining_commission_minor)
