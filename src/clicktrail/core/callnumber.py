"""The log number of a call, as an answer hands it out: its digits, then 12 check digits. Pure.

Log numbers are times, so they can be guessed. The check digits are keyed: whoever asks `call=...` for a verdict
shows with them that the number comes from an answer. In the log, the console and the API the number stands alone.
"""

from hashlib import blake2s
from hmac import compare_digest

from clicktrail.core.clickid import MAX_ID

PURPOSE = "call number"
"""What the key is derived for."""
CHECK_DIGITS = 12
NUMBER_DIGITS = 19
"""Digits of a log number at most; a longer text carries check digits."""
SHORTEST_NUMBER = NUMBER_DIGITS + 1 - CHECK_DIGITS
"""A smaller number is filled up with zeros, so that number and check digits can be told apart by their length."""
MAX_CALL_DIGITS = NUMBER_DIGITS + CHECK_DIGITS


class CallNumbers:
    """Writes and reads the numbers that this installation hands out. key: 32 bytes."""

    __slots__ = ("_hash",)

    def __init__(self, key: bytes) -> None:
        self._hash = blake2s(key=key, digest_size=8)

    def text(self, number: int) -> str:
        """The number with its check digits."""
        return f"{number:0{SHORTEST_NUMBER}d}{self._check(number)}"

    def read(self, text: str) -> int | None:
        """The log number, where the check digits are right; else None."""
        if not is_checked(text):
            return None
        number = int(text[:-CHECK_DIGITS])
        if number > MAX_ID or not compare_digest(text, self.text(number)):
            return None
        return number

    def _check(self, number: int) -> str:
        keyed = self._hash.copy()
        keyed.update(number.to_bytes(8, "big"))
        return f"{int.from_bytes(keyed.digest(), 'big') % 10**CHECK_DIGITS:0{CHECK_DIGITS}d}"


def is_checked(text: str) -> bool:
    """Whether a text has the form of a number with check digits."""
    return text.isascii() and text.isdigit() and NUMBER_DIGITS < len(text) <= MAX_CALL_DIGITS


def log_number(text: str) -> int | None:
    """The number as it stands in the log, with or without check digits, which are not verified; None for other texts.

    For callers who may see every call anyway.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_CALL_DIGITS):
        return None
    number = int(text[:-CHECK_DIGITS] if is_checked(text) else text)
    return number if number <= MAX_ID else None
