"""ClickIDs that are almost right: what is wrong with them, and which one was meant. Pure.

The check of 24 bits makes this safe: of the few hundred texts that lie one typing error
away, a wrong one passes it about once in 50,000 times.
"""

from collections.abc import Iterator

from clicktrail.core.clickid import DIGITS, LENGTH, Checks, made_ms, node_of, split
from clicktrail.core.explain import moment

FEWEST_DIGITS = 20
"""A text with so many digits behind two letters was meant to be a ClickID."""


def is_meant_as_clickid(text: str) -> bool:
    letters, digits = text[:2], text[2:]
    return letters.isascii() and letters.isalpha() and sum(c.isdigit() for c in digits) >= FEWEST_DIGITS


def meant(text: str, checks: Checks) -> str | None:
    """The genuine ClickID that lies one typing error away, or None."""
    tidy = checks.prefix + "".join(c for c in text[2:] if c.isalnum())
    return next((near for near in _near(tidy) if checks.read(near) is not None), None)


def what_is_wrong(text: str, checks: Checks) -> list[str]:
    """Sentences about a text that was meant as a ClickID and is none of ours."""
    if len(text) != LENGTH:
        return [f"A ClickID has {LENGTH} characters; this one has {len(text)}: it was cut off, or something hangs on."]
    if text[:2] != checks.prefix:
        return [f"ClickIDs of this server begin with {checks.prefix}; this one begins with {text[:2]}."]
    parts = split(text, checks.prefix)
    if parts is None:
        return [f"Behind {checks.prefix} a ClickID has {DIGITS} digits and nothing else."]
    return [
        "Its form is right, but its check is not: it was mistyped, invented, or made by a server with other keys.",
        f"Its digits claim that node {node_of(parts[0])} made it at {moment(made_ms(parts[0]))}.",
    ]


def _near(text: str) -> Iterator[str]:
    """The text itself, and all that one digit wrong, swapped, left out or typed twice makes of another."""
    head, digits = text[:2], text[2:]
    yield text
    for place in range(len(digits)):
        for digit in "0123456789":
            yield f"{head}{digits[:place]}{digit}{digits[place + 1 :]}"
            yield f"{head}{digits[:place]}{digit}{digits[place:]}"
        yield f"{head}{digits[:place]}{digits[place + 1 :]}"
        yield f"{head}{digits[:place]}{digits[place + 1 : place + 2]}{digits[place]}{digits[place + 2 :]}"
    for digit in "0123456789":
        yield text + digit
