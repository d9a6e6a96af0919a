"""One call of `get_trans.cgi`, from bytes to typed facts. Pure, and unable to fail.

`read` runs at the edge before anything is written; `from_params` runs where a call is judged.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from clicktrail.core import faults
from clicktrail.core.access import NO_PROOFS, Proofs
from clicktrail.core.clickid import upper_clickid
from clicktrail.core.lifecycle import CANCELLED, CONFIRMED, OPEN, PAID
from clicktrail.core.requestbody import Unreadable, decompress, read_body, read_form
from clicktrail.core.secretnames import HIDDEN, hide_inside, is_secret

MAX_TEXT = 255
"""Characters of every typed text but the amount, whose decimals a shop may send in any number."""
MAX_PARAMS = 1000
"""Parameters in one call; what comes after them is not kept, and the call is a bad_call."""

MAX_UNPACKED_BYTES = 65_536
"""Of a compressed body; a larger one is not read."""
FORM = b"application/x-www-form-urlencoded"

_PLAIN = re.compile(rb'[!"$&-*,-:<-~]+').fullmatch
"""Visible ASCII without `#`, `%`, `+` and `;`: nothing in it is escaped, and `&` alone separates."""

TOO_MANY = faults.PARAMETERS.format(count=MAX_PARAMS)

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Postback:
    """What a call says. None means left out; an empty value counts as left out."""

    cpid: str | None = None
    tid: str | None = None
    clickid: str | None = None
    product: str | None = None
    amount: str | None = None
    pid: str | None = None
    subid: str | None = None
    wmid: str | None = None
    nocheck: bool = False
    fault: str = ""
    """Why the call cannot be judged at all (bad_call), as the end of a sentence; or empty."""
    status: str | None = None
    """What an order is to become, from a caller who is trusted: see STATUSES."""
    commission: str | None = None
    """What another system paid for it, of an imported order only."""
    proofs: Proofs = NO_PROOFS
    """Found out before this is made."""
    again: bool = False
    """An earlier call, judged once more: it may create a transaction and changes none."""
    separate: bool = False
    """A person decided that it is an order of its own, whatever similar order there is."""
    currency: str | None = None
    """Code of the amount's currency as it was sent, in capitals and without spaces around it."""
    params: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """All as received, where something is missing and may stand under another name."""


def read(
    query: bytes,
    body: bytes = b"",
    content_type: bytes = b"",
    secrets: dict[str, str] | None = None,
    content_encoding: bytes = b"",
) -> tuple[dict[str, str], str]:
    """(parameters, fault) of a call: address and body joined, the body wins, of a repeated name the last counts.

    Names and values are clean text without invisible characters around them; values of secrets are HIDDEN.
    fault: why the body could not be read, or empty. Never raises.
    secrets: takes the hidden values, for the one who checks them and forgets them.
    """
    hidden: dict[str, str] = {} if secrets is None else secrets
    params: dict[str, str] = {}
    fault = ""
    if query:
        # Most calls need no decoding: one look at all bytes is cheaper than a look at each value.
        fault = _keep(params, _plain_pairs(query) if _PLAIN(query) else read_form(query), hidden)
    if body and not fault:
        fault = _join(params, body, content_type, content_encoding, hidden)
    if (clickid := params.get("clickid")) and not clickid.isupper():
        params["clickid"] = upper_clickid(clickid)
    return params, fault


def _join(
    params: dict[str, str], body: bytes, content_type: bytes, content_encoding: bytes, hidden: dict[str, str]
) -> str:
    """Put the body's parameters over those of the address. Returns the fault, or nothing."""
    found: dict[str, str] = {} if params else params
    try:
        fault = _keep(found, _body_pairs(body, content_type, content_encoding), hidden)
    except Unreadable as unreadable:
        return str(unreadable)
    for name, value in found.items() if found is not params else ():
        if name not in params and len(params) >= MAX_PARAMS:
            return TOO_MANY
        params[name] = value
    return fault


def read_as_sent(
    query: bytes, body: bytes = b"", content_type: bytes = b"", content_encoding: bytes = b""
) -> dict[str, str]:
    """The parameters of `read` with their values as they were sent, secrets too: what a signature was made over."""
    params = dict(read_form(query, str)) if query else {}
    _fold_names(params)
    found: dict[str, str] = {}
    with suppress(Unreadable):
        if body:
            found = dict(read_body(decompress(body, content_encoding, MAX_UNPACKED_BYTES), content_type, str))
    _fold_names(found)
    return params | found


def _body_pairs(body: bytes, content_type: bytes, content_encoding: bytes) -> Pairs:
    if content_encoding or body.startswith(b"\x1f\x8b"):
        body = decompress(body, content_encoding, MAX_UNPACKED_BYTES)
    elif content_type.startswith(FORM) and _PLAIN(body):
        return _plain_pairs(body)
    return read_body(body, content_type)


def _plain_pairs(raw: bytes) -> Pairs:
    for part in raw.decode("ascii").split("&"):
        name, _, value = part.partition("=")
        if name:
            yield name, value


def from_params(
    params: dict[str, str], fault: str = "", proofs: Proofs = NO_PROOFS, imported: bool = False
) -> Postback:
    """The typed facts of a call as it was kept in the journal.

    imported: it is an order of another system, which says what was paid for it and how far it has come.
    """
    texts = {field: params.get(name) or None for field, name in _TEXTS.items()}
    return Postback(
        **texts,  # type: ignore[arg-type] # names of text fields only
        amount=params.get("umsatz") or None,
        nocheck=params.get("nocheck") == "1",
        fault=fault or _too_long(texts),
        status=_status(params, IMPORTED_STATUSES if imported else STATUSES),
        commission=params.get("commission") or None if imported else None,
        currency=params.get("currency", "").strip()[:MAX_TEXT].upper() or None,
        proofs=proofs,
        params=params,
    )


def _status(params: dict[str, str], known: tuple[str, ...]) -> str | None:
    """A word that is none of ours is another system's: it says nothing here."""
    status = params.get("status", "").strip().lower()
    return status if status in known else None


STATUSES = (CONFIRMED, CANCELLED)
"""What a trusted call may make of an order with the parameter `status`."""
IMPORTED_STATUSES = (OPEN, CONFIRMED, CANCELLED, PAID)

_TEXTS = {
    "cpid": "cpid",
    "tid": "tid",
    "clickid": "clickid",
    "product": "produkt",
    "pid": "pid",
    "subid": "subid",
    "wmid": "wmid",
}


def _too_long(texts: dict[str, str | None]) -> str:
    for name, text in texts.items():
        if text is not None and len(text) > MAX_TEXT:
            return faults.PARAMETER.format(name=_TEXTS[name], count=MAX_TEXT)
    return ""


def _keep(params: dict[str, str], pairs: Pairs, hidden: dict[str, str]) -> str:
    others = False
    for name, value in pairs:
        if name in KNOWN:
            params[name] = value
            continue
        if name not in params and len(params) >= MAX_PARAMS:
            return TOO_MANY
        others = True
        if value and is_secret(name):
            params[name], hidden[name] = HIDDEN, value
        elif name not in KNOWN and (shown := hide_inside(value)) != value:
            params[name], hidden[name] = shown, value
        else:
            params[name] = value
    if others:
        _fold_names(params)
    return ""


def _fold_names(params: dict[str, str]) -> None:
    """Known names in other letters get their own (`TID` is `tid`) where that has no value beside them."""
    for name in [name for name in params if name not in KNOWN]:
        folded = name.lower()
        if folded in KNOWN and not params.get(folded):
            params[folded] = params.pop(name)


KNOWN = frozenset((*_TEXTS.values(), "umsatz", "currency", "nocheck", "status", "commission", "format", "call"))
"""Names that are read in any case. Those of a proof (`sig`, `ts`, `token`) count as they are documented only."""
