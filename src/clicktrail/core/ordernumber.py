"""The key under which nearly equal spellings of an order number are found. Pure.

`#1001`, `No. 1001`, `01001` and `1001 ` have one key, and so have `ORD-7` and `ord 7`, composed and decomposed
letters, UTF-8 that was read as Windows-1252. Numbers that follow each other never do: separators between two digits
stay, so `1-12` and `11-2` are different. docs/decisions/0025-similar-order-numbers.md.
"""

import re
from functools import lru_cache
from hashlib import blake2b
from html import unescape
from unicodedata import category, normalize
from urllib.parse import unquote

MAX_KEY = 255
"""Characters of a key; a longer one is its hash."""

_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_LABEL = re.compile(
    r"(?:your )?(?:order|bestellung|bestell|auftrag|auftrags)?[ -]?(?:number|nummer|num|no|nr|id)?[ .:#]+(?=[^ .:#])"
)
"""`Order #`, `No.`, `Bestell-Nr.`: with a space or a mark behind it, so that the series `NO-1001` is none."""
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[.,'\u2019 ][0-9]{3})+")
_DECIMALS = re.compile(r"([0-9]+)[.,]0{1,2}")
"""A number that was kept as a decimal one: `1001.0`."""
_PLAIN = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z_/-]*[0-9A-Za-z])?")
"""A number that needs no decoding and has no label."""
_SEPARATORS = re.compile(r"[\x00-\x2f\x3a-\x60\x7b-\x7f]+")
"""Everything in ASCII that is neither digit nor small letter."""
_BETWEEN_DIGITS = re.compile(r"(?<![0-9])-|-(?![0-9])")


@lru_cache(maxsize=4096)
def order_number_key(tid: str) -> str:
    """The same for spellings that a person would take for one order number; never empty for a text that is not."""
    if _PLAIN.fullmatch(tid):
        # Nearly every number ends here.
        return _without_zeros(_joined(tid.lower()))
    text = _folded(tid)
    label = _LABEL.match(text)
    bare = text[label.end() :] if label else text
    key = _without_zeros(_joined(_whole_number(bare)) or _joined(text))
    key = key or tid.casefold()
    return key if len(key) <= MAX_KEY else blake2b(key.encode("utf-8", "replace"), digest_size=32).hexdigest()


def _folded(tid: str) -> str:
    """In small letters, decoded once more where it is still encoded, without what cannot be seen."""
    text = unescape(unquote(tid)) if "%" in tid or "&" in tid else tid
    if not text.isascii():
        text = normalize("NFKC", normalize("NFKC", _as_utf8(text).replace("\u2116", "#")).casefold())
        text = "".join(" " if _is_separator(sign) else sign for sign in text if not _is_invisible(sign))
    return text.lower().strip(" \t\r\n'\"`([{<")


def _as_utf8(text: str) -> str:
    """`MÃ¼ller` is `Müller` in UTF-8 that was read as Windows-1252."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text


def _is_invisible(sign: str) -> bool:
    return not sign.isascii() and (
        category(sign) in ("Cf", "Cc", "Co", "Cn") or sign in "\u034f\ufe0e\ufe0f\u115f\u1160"
    )


def _is_separator(sign: str) -> bool:
    """Spaces, dashes and other punctuation outside ASCII."""
    return not sign.isascii() and category(sign)[0] in "ZP"


def _whole_number(text: str) -> str:
    """The digits of a number that was formatted for people or as a decimal."""
    text = text.strip()
    if _THOUSANDS.fullmatch(text):
        return re.sub("[^0-9]", "", text)
    decimals = _DECIMALS.fullmatch(text)
    return decimals[1] if decimals else text


def _joined(text: str) -> str:
    """Without separators; those between two digits are one dash."""
    if text.isalnum() and text.isascii():
        return text
    return _BETWEEN_DIGITS.sub("", _SEPARATORS.sub("-", text))


def _without_zeros(text: str) -> str:
    return _ZEROS.sub("", text) if "0" in text else text
