"""What the demo shop sells. Prices are what a customer sees: cents, tax included."""

from dataclasses import dataclass

TAX_PERCENT = 19
SHIPPING_CENTS = 490
"""Not commissioned: partners earn on goods, without tax."""


@dataclass(frozen=True, slots=True)
class Good:
    slug: str
    name: str
    kind: str
    """Which drawing: bag, dripper, mug or box."""
    tint: str
    """Hue of the drawing, a CSS colour."""
    line: str
    text: str
    cents: int


GOODS = (
    Good("house-espresso", "House Espresso", "bag", "#8a4b2f", "Hazelnut, dark chocolate",
         "Our everyday roast from Brazil and India. Thick crema, low acidity, forgiving with every machine.", 1290),
    Good("yirgacheffe", "Yirgacheffe", "bag", "#b8862f", "Bergamot, peach, honey",
         "A washed Ethiopian for the filter: light as tea, and best when it has cooled a little.", 1550),
    Good("night-shift", "Night Shift Decaf", "bag", "#3f5a73", "Cocoa, plum, no jitters",
         "Decaffeinated with spring water in Mexico. For the second pot, after nine in the evening.", 1390),
    Good("dripper", "Stoneware Dripper", "dripper", "#6d7f5c", "Hand thrown, for one or two cups",
         "Made by a potter two streets away. Holds the heat, fits every mug, takes a number 2 filter.", 2900),
    Good("enamel-mug", "Enamel Mug", "mug", "#a1413a", "300 ml, for camp and desk",
         "Steel, enamelled twice, with a rim that does not burn the lips. Goes into the dishwasher.", 1800),
    Good("first-box", "The First Box", "box", "#7b5ea0", "Three roasts, dripper and mug",
         "Everything to begin with: 3 x 250 g, the dripper, the mug, filters, and a card that explains.", 7900),
)  # fmt: skip

BY_SLUG = {good.slug: good for good in GOODS}


def net_cents(gross_cents: int) -> int:
    """Revenue without tax, half up: what a partner's commission is computed from."""
    return (gross_cents * 200 + 100 + TAX_PERCENT) // (2 * (100 + TAX_PERCENT))


def money(cents: int) -> str:
    """Cents as the call wants them: 1290 is `12.90`."""
    return f"{cents // 100}.{cents % 100:02d}"
