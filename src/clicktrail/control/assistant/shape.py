"""What a shop system tells of itself, and what is woven into its code.

A system is one file in `shops/` and a folder of code in `shops/code/`; both have identical insides. To add one:

1. copy the file and the folder of the system that is nearest to it, under the new key;
2. write the code of the three steps with the marks of `weaving.py`, and name each file as a `Piece`;
3. write a note for every topic of TOPICS;
4. add one line to the table in `shops/__init__.py`;
5. write the run in `tests/journey/` that proves a transaction with the right amount and partner.

`tests/unit/test_assistant_shops.py` says what was forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Text = Any
"""A sentence that is translated when it is shown."""

COOKIE, SESSION = "cookie", "session"
UNITS, MINOR = "units", "minor"
"""How an amount is written: 95.50, or 9550 of the smallest unit."""
KEEP, PIXEL, SERVER = "keep", "pixel", "server"
STEPS = (KEEP, PIXEL, SERVER)
TOPICS = ("amount", "consent", "reload", "test")
"""Every system has a note on each: the net amount, consent, a confirmation page that is loaded again, testing."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file, or one part to be put into a file of the shop."""

    name: str
    """As it is called in the shop; below the system's own folder in `shops/code/`, with `.code` behind it."""
    language: str
    """A key of `weaving.LITERALS`."""
    where: Text
    """Where it belongs, in a sentence."""

    @property
    def template(self) -> str:
        return f"{self.name.replace('/', '__')}.code"


@dataclass(frozen=True, slots=True)
class Shop:
    key: str
    title: Text
    language: str
    """Of what the developer names: a key of `expressions.COMMENTS`."""
    order: str
    """The usual name of the order number there; so with the others."""
    amount: str
    places: tuple[str, ...]
    keep: tuple[Piece, ...]
    pixel: tuple[Piece, ...]
    server: tuple[Piece, ...]
    notes: Mapping[str, Text]
    """Topic of TOPICS -> paragraph."""
    name: str = "clicktrail"
    """Of the cookie or of the session's entry."""
    minor: bool = False
    """Whether the amount is usually in whole cents."""
    converts: bool = True
    """Whether its code can make 95.50 of 9550."""
    signs_pixel: bool = True
    """Whether the pixel comes from a page that the shop's own server makes, and can be signed there."""
    signs_server: bool = True

    def usual(self) -> dict[str, str]:
        """What the form begins with, by its fields."""
        return {
            "order": self.order,
            "amount": self.amount,
            "amount_is": MINOR if self.minor else UNITS,
            "product": "",
            "product_variable": "",
            "place": self.places[0],
            "name": self.name,
        }

    def pieces(self, step: str) -> tuple[Piece, ...]:
        return {KEEP: self.keep, PIXEL: self.pixel, SERVER: self.server}[step]


@dataclass(frozen=True, slots=True)
class Setup:
    """What the developer chose and named, with what the program demands."""

    tracker: str
    """Address of the edge, without a slash at its end."""
    program: int
    parameter: str
    days: int
    decimals: int
    order: str
    amount: str
    place: str
    name: str
    minor: bool = False
    product: str = ""
    """Of the program; empty: its default."""
    product_variable: str = ""
    """Named in place of one product."""
    signed: bool = False
    token: bool = False
    key_number: int = 0
    secret: str = ""
    """Only where it was asked for, by somebody who may see it."""
