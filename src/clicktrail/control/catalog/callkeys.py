"""Signing keys and tokens of a program: made, shown, revoked. The secrets themselves are stored nowhere.

A signing key's secret is derived from the installation's master key, so it can be shown again to whoever
sets up a shop's second server. Of a token only the keyed hash is kept: it is shown once, when it is made.
Numbers are never given twice: histories and the log name them.
"""

import secrets
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Max

from clicktrail import heartbeat, keys
from clicktrail.control.catalog.edits import edit
from clicktrail.control.catalog.models import CallToken, KeyState, Program, SigningKey
from clicktrail.core.access import MAX_KEYS, token_digest, token_purpose
from clicktrail.core.postback import MAX_TEXT
from clicktrail.core.signing import MAX_KEY_NUMBER
from clicktrail.core.tongue import mark, say

SALT_BYTES = 16
TOKEN_BYTES = 24
SHORTEST_TOKEN = 8
"""Characters of a token that a shop brings along; shorter ones are guessed."""


class Words(NamedTuple):
    """Why there can be no more of a kind."""

    full: str
    used_up: str


KEYS = Words(
    mark("Program {program} has {most} signing keys that count: revoke one first."),
    mark("Program {program} has used up its numbers of signing keys."),
)
TOKENS = Words(
    mark("Program {program} has {most} tokens that count: revoke one first."),
    mark("Program {program} has used up its numbers of tokens."),
)


def make_key(program: Program) -> SigningKey:
    """Raises ValueError where the program has as many as may count at once, or has used up its numbers."""
    return _add(SigningKey, program, KEYS, salt=secrets.token_hex(SALT_BYTES))


def secret_of(key: SigningKey) -> str:
    """64 hexadecimal digits: the 32 bytes that the shop signs with."""
    from clicktrail.core.access import SigningKey as Rule

    purpose = Rule(key.number, key.salt).purpose(key.program_id)
    return keys.derive(keys.load(settings.CLICKTRAIL.keys_folder), purpose).hex()


def make_token(program: Program, text: str = "") -> tuple[CallToken, str]:
    """The row, and the token. text: a token that the shop sends already; empty: a new one.

    Raises ValueError where it cannot be taken.
    """
    token = text or secrets.token_urlsafe(TOKEN_BYTES)
    if not SHORTEST_TOKEN <= len(token) <= MAX_TEXT or token != token.strip() or not token.isprintable():
        raise ValueError(
            say(
                "A token has {least} to {most} characters that can be printed, without blanks around it.",
                least=SHORTEST_TOKEN,
                most=MAX_TEXT,
            )
        )
    found = keys.load(settings.CLICKTRAIL.keys_folder)
    digest = token_digest(keys.derive(found, token_purpose(program.pk)), token)
    with edit():
        if CallToken.objects.filter(program=program, digest=digest, state=KeyState.ACTIVE).exists():
            raise ValueError(say("The program has this token already."))
        return _add(CallToken, program, TOKENS, digest=digest), token


def revoke(row: SigningKey | CallToken) -> None:
    """It counts no more, from the next published catalog on: within a second."""
    row.state = KeyState.REVOKED
    row.save()


def _add(kind: Any, program: Program, what: Words, **columns: str) -> Any:
    with edit():
        # Two who make one at the same moment: the second one waits here, and takes the next number.
        Program.objects.select_for_update().get(pk=program.pk)
        rows = kind.objects.filter(program=program)
        if rows.filter(state=KeyState.ACTIVE).count() >= MAX_KEYS:
            raise ValueError(say(what.full, program=program.pk, most=MAX_KEYS))
        number = (rows.aggregate(highest=Max("number"))["highest"] or 0) + 1
        if number > MAX_KEY_NUMBER:
            raise ValueError(say(what.used_up, program=program.pk))
        return kind.objects.create(program=program, number=number, created_ms=heartbeat.now_ms(), **columns)
