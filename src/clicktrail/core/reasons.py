"""Reason codes: the closed list of verdicts. Codes are never reused and none is renamed.

Each has one sentence for the operator and one for the shop. `{words}` in them are made
from a verdict's facts by `core/explain.py`, which has a word for every one of them even
where a fact is missing.
"""

from dataclasses import dataclass

from clicktrail.core.tongue import mark

SAVED = "saved"
DUPLICATE = "duplicate"
UPDATED = "updated"
CONFLICT = "conflict"
BAD_CALL = "bad_call"
MISSING_CPID = "missing_cpid"
UNKNOWN_PROGRAM = "unknown_program"
UNAUTHORIZED = "unauthorized"
MISSING_TID = "missing_tid"
PROGRAM_PAUSED = "program_paused"
MALFORMED_CLICKID = "malformed_clickid"
FOREIGN_CLICK = "foreign_click"
WAITING = "waiting"
UNKNOWN_CLICK = "unknown_click"
CLICK_EXPIRED = "click_expired"
NO_ATTRIBUTION = "no_attribution"
UNKNOWN_PARTNER = "unknown_partner"
PARTNER_INACTIVE = "partner_inactive"
UNKNOWN_CREATIVE = "unknown_creative"
UNKNOWN_PRODUCT = "unknown_product"
WRONG_CURRENCY = "wrong_currency"
MISSING_AMOUNT = "missing_amount"
BAD_AMOUNT = "bad_amount"
NOT_APPROVED = "not_approved"

OK = "ok"
"""Outcome of a click that is credited. Any other outcome is one of the codes above."""


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    operator: str
    shop: str
    http_status: int = 422
    """Of the JSON answer; the pixel is always 200."""
    final: bool = True


_LIST = (
    Reason(
        SAVED,
        "Saved as {transaction} for {partner}: {sum}.",
        mark("The order was saved as {transaction}."),
        http_status=200,
    ),
    Reason(
        DUPLICATE,
        "Order {tid} was saved before as {transaction} with the same facts; nothing was changed.",
        mark("This order was saved before as {transaction}; nothing more is needed."),
        http_status=200,
    ),
    Reason(
        UPDATED,
        "Order {tid} was saved before as {transaction}; this call, which proved where it comes from, changed it: "
        "{changes}.",
        mark("This order was saved before as {transaction}; your call changed it: {changes}."),
        http_status=200,
    ),
    Reason(
        CONFLICT,
        "Order {tid} was saved before as {transaction} with other facts ({differences}); "
        "nothing was overwritten, please compare the two.",
        mark("This order was saved before as {transaction} with other facts ({differences}); nothing was overwritten."),
        http_status=409,
    ),
    Reason(
        BAD_CALL,
        "The call could not be read: {fault}",
        mark("The call could not be read: {fault}"),
    ),
    Reason(
        MISSING_CPID,
        "The call names no program: the parameter cpid {cpid_is}.",
        mark("The parameter cpid (number of the partner program) {cpid_is}."),
    ),
    Reason(
        UNKNOWN_PROGRAM,
        "There is no program {cpid}.",
        mark("There is no program {cpid}; please check the parameter cpid."),
    ),
    Reason(
        UNAUTHORIZED,
        "The program accepts only calls that prove where they come from, and this one did not: {proof}.",
        mark("This program accepts only calls that prove where they come from: {proof}."),
    ),
    Reason(
        MISSING_TID,
        "The call carries no order number: the parameter tid {tid_is}.",
        mark("The parameter tid (your order number) {tid_is}."),
    ),
    Reason(
        PROGRAM_PAUSED,
        "{program} {was} paused{then}, so nothing is credited.",
        mark("The program {was} paused{then}; its orders are not recorded."),
    ),
    Reason(
        MALFORMED_CLICKID,
        "The ClickID {clickid} is not genuine: it was mistyped, cut off or invented.",
        mark("The ClickID {clickid} is not genuine; please pass it on exactly as it came to your landing page."),
    ),
    Reason(
        FOREIGN_CLICK,
        "The ClickID belongs to a click of program {click_program}, and the call is for {program}.",
        mark("The ClickID belongs to another partner program; please check the parameter cpid."),
    ),
    Reason(
        WAITING,
        "The call came before its click was read; it is judged as soon as that has happened.",
        mark("The call was received and waits for its click; the verdict follows."),
        http_status=202,
        final=False,
    ),
    Reason(
        UNKNOWN_CLICK,
        "The ClickID is genuine and was made {clicked}, but its click was never recorded here.",
        mark("No click is known for this ClickID."),
    ),
    Reason(
        CLICK_EXPIRED,
        "The click was {age} old; {program} credits orders for {window} after the click.",
        mark("The click was {age} old; orders are credited for {window} after the click."),
    ),
    Reason(
        NO_ATTRIBUTION,
        "The call carries neither a ClickID nor a partner{passed_over}, so nobody can be credited.",
        mark("The call carries neither clickid nor pid{passed_over}, so the order cannot be credited to a partner."),
    ),
    Reason(
        UNKNOWN_PARTNER,
        "{no_partner}.",
        mark("The partner named by {source} does not exist."),
    ),
    Reason(
        PARTNER_INACTIVE,
        "{partner} {was} not active{then}{state}.",
        mark("The partner named by {source} {was} not active{then}."),
    ),
    Reason(
        UNKNOWN_CREATIVE,
        "{no_creative}.",
        mark("{no_creative}."),
    ),
    Reason(
        UNKNOWN_PRODUCT,
        "{no_product}{hint}.",
        mark("{no_product}{hint}; please check the parameter produkt."),
    ),
    Reason(
        WRONG_CURRENCY,
        "The currency of the call {sent_currency}, and {program} has {currency}: no amount is converted.",
        mark("The currency of the call {sent_currency}, and the program has {currency}: no amount is converted."),
    ),
    Reason(
        MISSING_AMOUNT,
        "The product {product} pays a percentage, and the call names no revenue: the parameter umsatz {umsatz_is}.",
        mark("The product {product} pays a percentage; please send the net revenue: the parameter umsatz {umsatz_is}."),
    ),
    Reason(
        BAD_AMOUNT,
        "The revenue {amount} cannot be read: {amount_fault}",
        mark("The revenue {amount} cannot be read: {amount_fault}"),
    ),
    Reason(
        NOT_APPROVED,
        "{partner} is not approved for the product {product} of {program}{passed_over}.",
        mark(
            "The partner is not approved for the product {product}{passed_over}; "
            "cross-selling calls may pass nocheck=1."
        ),
    ),
)

REASONS: dict[str, Reason] = {reason.code: reason for reason in _LIST}
"""The closed list by code, in the order of checks behind `saved`, `duplicate`, `updated` and `conflict`."""

NAMES_EARLIER = (DUPLICATE, UPDATED, CONFLICT)
"""Verdicts that name the transaction which the order had already."""

CHECK_ORDER: tuple[tuple[str, ...], ...] = (
    (BAD_CALL,),
    (MISSING_CPID,),
    (UNKNOWN_PROGRAM,),
    (UNAUTHORIZED,),
    (MISSING_TID,),
    (DUPLICATE, UPDATED, CONFLICT),
    (PROGRAM_PAUSED,),
    (MALFORMED_CLICKID,),
    (FOREIGN_CLICK,),
    (WAITING, UNKNOWN_CLICK),
    (CLICK_EXPIRED,),
    (NO_ATTRIBUTION,),
    (UNKNOWN_PARTNER,),
    (PARTNER_INACTIVE,),
    (UNKNOWN_CREATIVE,),
    (UNKNOWN_PRODUCT,),
    (WRONG_CURRENCY,),
    (MISSING_AMOUNT,),
    (BAD_AMOUNT,),
    (NOT_APPROVED,),
)
"""Which fault names the reason where a call has several: the first. docs/decisions/0008-order-of-checks.md."""

CLICK_OUTCOMES: tuple[str, ...] = (OK, PROGRAM_PAUSED, UNKNOWN_PARTNER, PARTNER_INACTIVE, UNKNOWN_CREATIVE)
"""What a recorded click's outcome may be. `unknown_creative` also stands for an unknown alias and a paused creative."""
