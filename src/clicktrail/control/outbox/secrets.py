"""Secrets of receivers: derived, never stored, shown to whoever has to check signatures."""

import base64

from clicktrail.keys import Keys, derive

OVERLAP_MS = 7 * 24 * 3600 * 1000
"""After a rotation a webhook carries the signature of the secret before as well, for so long."""


def secret_of(keys: Keys, kind: str, receiver: int, key_number: int, salt: str) -> bytes:
    """32 bytes."""
    return derive(keys, f"{kind}|{receiver}|{key_number}|{salt}")


def shown(kind: str, secret: bytes) -> str:
    """As the receiving side writes it down: hexadecimal for a postback, `whsec_…` for a webhook."""
    return secret.hex() if kind == "postback" else f"whsec_{base64.b64encode(secret).decode()}"


def numbers_in_force(key_number: int, rotated_ms: int, now_ms: int) -> list[int]:
    """Key numbers that a webhook is signed with, the newest first."""
    overlaps = key_number > 1 and now_ms < rotated_ms + OVERLAP_MS
    return [key_number, key_number - 1] if overlaps else [key_number]
