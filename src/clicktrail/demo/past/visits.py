"""Clicks, and the orders that come of them: what the journal will carry, before any ClickID is minted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from clicktrail.demo.past.cast import CAST, CERAMICS, COFFEE, OUTDOOR, Character, Traffic
from clicktrail.demo.past.hours import Day, pick, second, some, volume

SEED = "Hollybrook"

AGENTS_DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
)
AGENTS_MOBILE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
)
AGENTS_BOT = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
)  # fmt: skip
SHOPS = {
    COFFEE: ("HB", "hollybrook.example", 3400, 100),
    OUTDOOR: ("PO", "pennine-outdoor.example", 7900, 100),
    CERAMICS: ("TC", "tansu-ceramics.example", 8600, 1),
}
"""program -> prefix of its order numbers, its host, an average order in minor units, minor units in the currency."""
SERVER_AGENT = "shop-connector/2.4"
STORY_BY, STORY_VISITS = 106, 84


@dataclass(slots=True)
class Visit:
    """A click that is to be. `clickid` is known once it has been minted."""

    at_ms: int
    program: int
    partner: int
    creative: int
    target: str
    subid: str
    referrer: str
    ip: str
    agent: str
    visitor: bytes
    prefetch: bool = False
    clickid: str = ""


@dataclass(slots=True)
class Call:
    """A call that is to be. Its ClickID is the one of `visit`, unless `params` has one."""

    at_ms: int
    params: dict[str, str]
    visit: Visit | None = None
    method: str = "POST"
    agent: str = SERVER_AGENT
    ip: str = "203.0.113.0"
    referrer: str = ""
    fault: str = ""
    proved: dict[str, int] = field(default_factory=dict)
    spoiled: bool = False
    """A digit of the ClickID gets lost on the way."""
    unknown: bool = False
    """Its ClickID is genuine, and its click never came."""


Happening = Visit | Call


def all_of(program: int, day: Day) -> Iterator[Happening]:
    """Whatever the partners' visitors do that begins on this day: clicks, and orders days later."""
    for character in CAST:
        if program in character.sends:
            dice = Random(f"{SEED}/{character.number}/{program}/{day.age}")  # noqa: S311 - the same every time
            for _ in range(some(dice, volume(character, program, day))):
                yield from _one(dice, character, program, day)


def story(now_ms: int) -> Iterator[Happening]:
    """Within the last hour a story of the influencer's brings many at once: the log is alive when it is opened."""
    dice = Random(f"{SEED}/story")  # noqa: S311 - the same every time
    mira = next(each for each in CAST if each.number == STORY_BY)
    for number in range(STORY_VISITS):
        at_ms = now_ms - int((1 - dice.random() ** 0.5) * 3_000_000) - 60_000
        visit = _visit(dice, mira, COFFEE, mira.sends[COFFEE], at_ms)
        yield visit
        if number % 7 == 0:
            params = _order_of(dice, mira, COFFEE, at_ms, False)
            yield from _calls(dice, params, visit, at_ms + dice.randint(60_000, 900_000), SHOPS[COFFEE][1])


def _one(dice: Random, character: Character, program: int, day: Day) -> Iterator[Happening]:
    traffic = character.sends[program]
    at_ms = day.at_ms(second(dice, character.hours))
    visit = _visit(dice, character, program, traffic, at_ms)
    if dice.random() < character.bots:
        visit.agent, visit.visitor = dice.choice(AGENTS_BOT), dice.randbytes(8)
        yield visit
        return
    yield visit
    last = visit
    if dice.random() < character.repeats:
        last = _visit(dice, character, program, traffic, at_ms + dice.randint(8_000, 700_000))
        last.visitor, last.agent, last.ip, last.subid = visit.visitor, visit.agent, visit.ip, visit.subid
        yield last
    if dice.random() < traffic.conversion:
        yield from _order(dice, character, traffic, last)


def _visit(dice: Random, character: Character, program: int, traffic: Traffic, at_ms: int) -> Visit:
    host = pick(dice, character.hosts)
    creative = pick(dice, traffic.creatives)
    subid = f"member-{dice.randint(1000, 9999)}" if character.counts_users else dice.choice(character.subids)
    return Visit(
        at_ms, program, character.number, creative, _deeplink(dice, program) if not creative else "", subid,
        f"https://{host}/{subid if not character.counts_users else 'shops'}" if host else "",
        f"{dice.choice(('192.0.2', '198.51.100', '203.0.113'))}.0",
        dice.choice(AGENTS_MOBILE if dice.random() < character.mobile else AGENTS_DESKTOP),
        dice.randbytes(8), dice.random() < character.prefetched,
    )  # fmt: skip


def _deeplink(dice: Random, program: int) -> str:
    """SHOP stands for the demo shop's host and port, as in its set-up file."""
    if program == COFFEE:
        return f"http://SHOP/goods/{dice.choice(('house-espresso', 'yirgacheffe', 'dripper', 'first-box'))}"
    return f"https://{SHOPS[program][1]}/{dice.choice(('sale', 'new', 'bestsellers'))}"


def _order(dice: Random, character: Character, traffic: Traffic, visit: Visit) -> Iterator[Call]:
    """Most buy within the hour, some sleep over it for days."""
    wait_s = dice.expovariate(1 / 1500) + 90 if dice.random() < 0.72 else dice.expovariate(1 / 260_000) + 7200
    is_lead = dice.random() < traffic.lead_share
    at_ms = visit.at_ms + int(wait_s * 1000)
    params = _order_of(dice, character, visit.program, at_ms, is_lead)
    yield from _calls(dice, params, visit, at_ms, SHOPS[visit.program][1])


def _order_of(dice: Random, character: Character, program: int, at_ms: int, is_lead: bool) -> dict[str, str]:
    """What the shop tells of it."""
    prefix, _, average, units = SHOPS[program]
    params = {"cpid": str(program), "tid": f"{prefix}-{at_ms // 1000 % 10**9:09d}"}
    if is_lead:
        return params | {"produkt": "Lead"}
    return params | {"produkt": "Sale", "umsatz": _amount(dice, average * character.basket, units)}


def _amount(dice: Random, average_minor: float, units: int) -> str:
    """Baskets differ: many small ones, a few large ones."""
    minor = max(400, round(average_minor * dice.lognormvariate(-0.12, 0.5)))
    return str(minor) if units == 1 else f"{minor // units}.{minor % units:02d}"


def _calls(dice: Random, params: dict[str, str], visit: Visit, at_ms: int, host: str) -> Iterator[Call]:
    """The shop's server and the pixel on the thank-you page, or one of the two."""
    way = dice.random()
    signed = visit.program == OUTDOOR
    if way < 0.9:
        proved = {"signed_by": 1, "stamp_ms": at_ms} if signed else {"token": 1} if visit.program == CERAMICS else {}
        yield Call(at_ms, params, visit, proved=proved)
    if way > 0.22 and visit.program != CERAMICS and not (signed and way < 0.86):
        yield Call(
            at_ms + dice.randint(400, 4000), params, visit, "GET", visit.agent, visit.ip, f"https://{host}/thanks",
        )  # fmt: skip
