"""The partners of the demo: how much they send, when, from where, and what it is worth. Names are invented."""

from dataclasses import dataclass, field

COFFEE, OUTDOOR, CERAMICS = 1, 2, 3
"""Programs: euros in Berlin, pounds in London, yen in Tokyo."""

DAY = (1, 1, 0.5, 0.4, 0.4, 0.8, 2, 4, 6, 7, 7, 7, 8, 7, 7, 7, 7, 7, 8, 9, 10, 9, 6, 3)
"""Clicks by hour of the program's day, as weights: a shop's usual day."""
EVENING = (2, 1, 0.5, 0.3, 0.3, 0.5, 1, 2, 3, 3, 3, 4, 5, 4, 4, 4, 5, 7, 9, 12, 14, 14, 10, 5)
MORNING = (0.2, 0.2, 0.2, 0.2, 0.4, 1, 8, 22, 16, 9, 5, 4, 4, 3, 2, 2, 2, 2, 2, 2, 2, 1.5, 1, 0.5)
FLAT = (3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3)

EVEN = (1, 1, 1, 1, 1, 1, 1)
"""By weekday, Monday first."""
OFFICE_WEEK = (1.2, 1.2, 1.1, 1.1, 1, 0.7, 0.7)
WEEKEND = (0.8, 0.8, 0.8, 0.9, 1, 1.5, 1.5)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one partner sends to one program."""

    clicks: float
    """On an usual day of this week."""
    conversion: float
    """Orders a net click."""
    creatives: tuple[tuple[int, float], ...]
    """(creative, weight); 0 is a link of his own."""
    lead_share: float = 0.0
    """Of the orders, how many are sign-ups."""


@dataclass(frozen=True, slots=True)
class Character:
    """One partner."""

    number: int
    sends: dict[int, Traffic]
    hosts: tuple[tuple[str, float], ...]
    """Where his links stand; an empty host is a link in a mail or an app."""
    subids: tuple[str, ...]
    hours: tuple[float, ...] = DAY
    week: tuple[float, ...] = EVEN
    basket: float = 1.0
    """His visitors' orders, compared with the shop's average."""
    cancelled: float = 0.07
    """Share of his orders that come to nothing."""
    mobile: float = 0.55
    bots: float = 0.02
    repeats: float = 0.10
    """Share of visitors who click twice."""
    prefetched: float = 0.0
    since: int = 90
    """Days ago that he began."""
    until: int = 0
    """Days ago that he was blocked; 0: he was not."""
    peaks: dict[int, float] = field(default_factory=dict)
    """Days ago -> how many times the usual: a post, a mailing."""
    mailing_days: tuple[int, ...] = ()
    """Weekdays on which nearly all of it comes."""
    counts_users: bool = False
    """Every click has a subid of its own: the number of his member."""


CAST = (
    Character(
        101, {COFFEE: Traffic(62, 0.041, ((1, 5), (3, 3), (0, 2)), 0.12)},
        (("bean-diary.example", 9), ("www.google.com", 1)),
        ("review-espresso", "review-filter", "grinder-guide", "footer", "gift-list"), basket=1.25, cancelled=0.04,
    ),
    Character(
        102, {COFFEE: Traffic(96, 0.062, ((1, 6), (3, 1))), OUTDOOR: Traffic(34, 0.05, ((21, 1),))},
        (("voucher-valley.example", 1),), ("code-welcome", "code-sale", "newest", "top10"),
        hours=EVENING, basket=0.8, cancelled=0.13,
    ),
    Character(
        103, {COFFEE: Traffic(70, 0.003, ((1, 1),))},
        (("click-circus.example", 6), ("win-a-prize.example", 4)), ("pop", "banner-rotation"),
        hours=FLAT, bots=0.35, repeats=0.5, cancelled=0.5, since=64, until=19,
    ),
    Character(
        104, {COFFEE: Traffic(34, 0.035, ((2, 6), (1, 2)), 0.55)}, (("", 1),),
        ("mail-tuesday", "mail-friday", "welcome-series"), hours=MORNING, cancelled=0.03, mailing_days=(1, 4),
    ),
    Character(
        105, {COFFEE: Traffic(104, 0.022, ((0, 7), (3, 2))), OUTDOOR: Traffic(58, 0.02, ((0, 6), (22, 2)))},
        (("pricehound.example", 8), ("m.pricehound.example", 3)),
        ("cat-coffee", "cat-machines", "cat-tents", "cat-boots", "search", "compare", "alert-mail"),
        hours=DAY, week=OFFICE_WEEK, mobile=0.4, bots=0.05, basket=0.95, cancelled=0.09,
    ),
    Character(
        106, {COFFEE: Traffic(16, 0.03, ((3, 4), (1, 1)), 0.1)},
        (("l.instagram.com", 7), ("linktr.ee", 2), ("", 3)), ("story", "reel", "bio"),
        hours=EVENING, week=WEEKEND, mobile=0.93, basket=1.1,
        peaks={71: 9, 70: 4, 43: 14, 42: 6, 41: 2, 18: 22, 17: 9, 16: 4, 3: 12, 2: 5, 1: 2},
    ),
    Character(
        107, {COFFEE: Traffic(37, 0.034, ((1, 3), (2, 2), (0, 2)), 0.2)},
        (("kaffeekompass.example", 9), ("www.google.de", 2)),
        ("vergleich-siebtraeger", "ratgeber-mahlgrad", "testsieger"), cancelled=0.05, basket=1.15,
    ),
    Character(
        108,
        {COFFEE: Traffic(46, 0.075, ((1, 1),)), OUTDOOR: Traffic(27, 0.06, ((21, 1),)),
         CERAMICS: Traffic(9, 0.05, ((31, 1),))},
        (("cashback-cove.example", 1),), (), hours=EVENING, basket=0.9, cancelled=0.11, counts_users=True,
    ),
    Character(
        109, {OUTDOOR: Traffic(44, 0.031, ((21, 3), (22, 2), (0, 1)))},
        (("trailandtent.example", 8), ("forum.trailandtent.example", 2)),
        ("review-tent", "packlist", "forum-signature"), week=WEEKEND, basket=1.3,
    ),
    Character(
        110, {OUTDOOR: Traffic(28, 0.026, ((22, 3), (21, 1)))}, (("www.youtube.com", 6), ("", 2)),
        ("video-312", "video-318", "video-321", "video-327"), hours=EVENING, week=WEEKEND, since=58,
        peaks={57: 5, 36: 8, 35: 4, 11: 10, 10: 5, 9: 2},
    ),
    Character(
        111, {COFFEE: Traffic(23, 0.03, ((1, 2), (3, 2)), 0.1), CERAMICS: Traffic(13, 0.028, ((31, 2), (32, 1)))},
        (("slow-kitchen.example", 5), ("www.pinterest.com", 4)),
        ("recipe-tiramisu", "recipe-affogato", "table-setting"),
        week=WEEKEND, basket=1.05,
    ),
    Character(
        112, {COFFEE: Traffic(31, 0.038, ((0, 3), (1, 1))), OUTDOOR: Traffic(20, 0.033, ((0, 1),))}, (("", 1),),
        ("push", "feed", "wishlist"), mobile=0.99, prefetched=0.12, since=33, cancelled=0.1,
    ),
    Character(
        113, {CERAMICS: Traffic(19, 0.034, ((32, 3), (31, 1)))}, (("wabi-journal.example", 6), ("note.example", 2)),
        ("kintsugi", "tea-bowl", "kiln-notes"), basket=1.2, cancelled=0.03,
    ),
)  # fmt: skip
