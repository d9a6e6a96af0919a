"""ClickIDs of another system: which texts can be one. Pure."""

from typing import TypeGuard
from unicodedata import category

MAX_FOREIGN = 64
"""Characters of a ClickID that another system gave."""

UNREADABLE = ("Cc", "Cs", "Zl", "Zp")
"""Kinds of characters that no ClickID holds: control characters, halves of a pair, ends of lines."""


def is_importable(text: str | None) -> TypeGuard[str]:
    """Whether a text can have been imported; any other needs no look-up."""
    return bool(text) and len(text or "") <= MAX_FOREIGN


def fault(text: str) -> str:
    """Why a text can be no imported ClickID, as the end of a sentence; empty where it can."""
    if not text:
        return "it is empty."
    if len(text) > MAX_FOREIGN:
        return f"it has {len(text)} characters; a ClickID has at most {MAX_FOREIGN}."
    if any(category(character) in UNREADABLE for character in text) or "\ufffd" in text:
        return "it holds a control character, or one that cannot be read in this encoding."
    return ""
