"""Why a transaction is not moved: the sentences with marks, so that one that was kept can be told anew. Pure."""

from clicktrail.core.tongue import mark

UNKNOWN = mark("There is no transaction {number}.")
QUICKER = mark("Transaction {number} was moved by somebody else in the same moment; look again.")
NO_MOVE = mark("Transaction {number} is {state}; it cannot be moved by '{verb}'.")
SETTLED = mark("Transaction {number} is {state}; its revenue cannot become smaller any more.")
NO_REVENUE = mark("Transaction {number} has no revenue that could become smaller.")
NOT_BELOW = mark("The new revenue of transaction {number} is not below the one that it has.")
NO_ADJUSTMENT = mark("Transaction {number} has no adjustment {revision}.")
NO_ENTRY_MOVE = mark("The adjustment of transaction {number} is {state}; it cannot be moved by '{verb}'.")
ADJUSTMENTS_STAND = mark("Transaction {number} is cancelled; its adjustments cannot be moved.")
NOT_VOIDED = mark(
    "Without this adjustment more of transaction {number} would remain than was paid, or less than nothing."
)
SUM_OUT_OF_RANGE = mark(
    "A sum that transaction {number} counts in would leave its range of 64 bits: cancel false orders of that day first."
)

WITH_MARKS = (
    UNKNOWN, QUICKER, NO_MOVE, SETTLED, NO_REVENUE, NOT_BELOW, NO_ADJUSTMENT, NO_ENTRY_MOVE, NOT_VOIDED,
    ADJUSTMENTS_STAND, SUM_OUT_OF_RANGE,
)  # fmt: skip
ENTRY_VERBS = (mark("settle"), mark("void"))
VERBS = (mark("release"), mark("confirm"), mark("cancel"), mark("reopen"), mark("pay"))
