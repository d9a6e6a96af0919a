"""The cast of the pure tests: one advertiser's program and who has to do with it.

Program 1 is the advertiser's shop, 3 another one of his, paused 4, yen 5. Anna (7) is an
approved partner; Bert (8) is active but approved for nothing here; Carla (9) still pending,
Dora (10) blocked; partner 2 is the test partner; 99 is a stranger.
Number 1 is taken everywhere, so that a number that was misread for it shows.
"""

from dataclasses import replace

from clicktrail.core.case import ClickFacts, Earlier
from clicktrail.core.catalog import (
    JUDGING_VERSION,
    Approval,
    Catalog,
    Creative,
    Partner,
    PartnerRate,
    Product,
    Program,
    Rate,
)
from clicktrail.core.clickid import NODE_SHIFT, first_id
from clicktrail.core.periods import DAY_MS

SHOP, OTHER_SHOP, PAUSED_SHOP, YEN_SHOP = 1, 3, 4, 5
TESTER, ANNA, BERT, CARLA, DORA, STRANGER = 2, 7, 8, 9, 10, 99
BANNER, PAUSED_BANNER, FOREIGN_BANNER = 11, 12, 13
NOW_MS = 1_763_821_596_000
CLICK_ID = first_id(NOW_MS - 3 * DAY_MS) | 5 << NODE_SHIFT

SALE = Product(1, "Sale", Rate(percent_ppm=100_000))
LEAD = Product(2, "Lead", Rate(fixed_minor=500))
TARGETS = {
    "shoes": "https://shop.example/shoes?s=<% SUBID %>",
    "default": "https://shop.example/?c=<% CLICKID %>&p=<% PID %>",
}
HOSTS = ("shop.example", "shop.example:8443", "*.brand.example")

PROGRAM = Program(
    id=SHOP,
    name="Shop",
    currency="EUR",
    decimals=2,
    time_zone="Europe/Berlin",
    click_lifetime_days=30,
    default_product="Sale",
    deeplink_hosts=HOSTS,
    click_parameter="qc_clickid",
    state="active",
    products=(SALE, LEAD),
    targets=TARGETS,
)

PROGRAMS = (
    PROGRAM,
    replace(PROGRAM, id=OTHER_SHOP, name="Other", default_product=None, targets={"home": "https://other.example/"}),
    replace(PROGRAM, id=PAUSED_SHOP, name="Asleep", state="paused"),
    replace(PROGRAM, id=YEN_SHOP, name="Yen", currency="JPY", decimals=0, targets={}),
)

PARTNERS = (
    Partner(1, "First", "active"),
    Partner(TESTER, "Test partner", "active"),
    Partner(ANNA, "Anna", "active"),
    Partner(BERT, "Bert", "active"),
    Partner(CARLA, "Carla", "pending"),
    Partner(DORA, "Dora", "blocked"),
)

CREATIVES = (
    Creative(1, SHOP, "First banner", "default", None, "active"),
    Creative(BANNER, SHOP, "Banner", "shoes", "Sale", "active"),
    Creative(PAUSED_BANNER, SHOP, "Old banner", "shoes", "Sale", "paused"),
    Creative(FOREIGN_BANNER, OTHER_SHOP, "Foreign banner", "home", None, "active"),
)

CATALOG = Catalog(
    version=1,
    published_ms=0,
    prefix="QC",
    programs={program.id: program for program in PROGRAMS},
    partners={partner.id: partner for partner in PARTNERS},
    creatives={creative.id: creative for creative in CREATIVES},
    approvals=(Approval(ANNA, SHOP, "*"), Approval(ANNA, YEN_SHOP, "Sale"), Approval(BERT, OTHER_SHOP, "Lead")),
    rates=(PartnerRate(ANNA, OTHER_SHOP, "Sale", Rate(fixed_minor=250)),),
    judging_version=JUDGING_VERSION,
)

CLICK = ClickFacts(
    id=CLICK_ID,
    at_ms=NOW_MS - 3 * DAY_MS,
    program=SHOP,
    partner=ANNA,
    creative=BANNER,
    subid="x",
    referrer="https://blog.example/shoes",
    outcome="ok",
)

EARLIER = Earlier(number=41, partner=ANNA, product="Sale", revenue_minor=9550, click_id=CLICK_ID)


def with_program(**changes: object) -> Catalog:
    """The catalog after an edit of the shop's program."""
    program = replace(PROGRAM, **changes)  # type: ignore[arg-type]
    return replace(CATALOG, programs={**CATALOG.programs, SHOP: program})
