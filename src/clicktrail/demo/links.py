"""The partner links of the demo: who sends the visitor, and what will come of it."""

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Link:
    partner: int
    name: str
    query: tuple[tuple[str, str], ...]
    place: str
    """What the partner writes above the link."""
    outcome: str
    """What the log will say once an order has been placed."""

    def url(self, edge: str) -> str:
        return f"{edge}/go.cgi?{urlencode(self.query)}"


def links(shop: str) -> tuple[Link, ...]:
    """All links of the demo; `shop` is the shop's address, for the deep link."""
    return (
        Link(
            2, "Test partner", (("cpid", "1"), ("pid", "2"), ("wmid", "1"), ("subid", "demo")),
            "Testing the set-up", "saved, marked as a test: it stays out of all totals",
        ),
        Link(
            101, "The Bean Diary", (("cpid", "1"), ("pid", "101"), ("wmid", "1"), ("subid", "review-espresso")),
            "Six espressos under 15 euros", "saved, with this partner's own 12.5 %",
        ),
        Link(
            101, "The Bean Diary",
            (("cpid", "1"), ("pid", "101"), ("wmid", "cc"), ("target", f"{shop}/goods/dripper"), ("subid", "deep")),
            "A link of its own, straight to one product", "saved: a full address on a host that the program lists",
        ),
        Link(
            102, "Voucher Valley", (("cpid", "1"), ("pid", "102"), ("wmid", "2")),
            "Sign up and save", "not_approved: this partner may earn Sale, but a sign-up is a Lead",
        ),
        Link(
            103, "Click Circus", (("cpid", "1"), ("pid", "103"), ("wmid", "1")),
            "You will not believe this coffee", "partner_inactive: blocked; the visitor reaches the shop all the same",
        ),
    )  # fmt: skip
