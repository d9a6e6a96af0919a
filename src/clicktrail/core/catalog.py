"""The catalog: one immutable picture of programs, partners and what may be earned.

Plain frozen values, so that judging stays pure; the edge compiles its own byte tables
from it (`edge/catalog.py`), control writes it (`control/catalog/publish.py`).
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from clicktrail.core.access import OPEN_TO_ALL, Access
from clicktrail.core.receivers import Receiver

TEST_PARTNER = 2
"""The built-in partner whose transactions are marked as tests."""

JUDGING_VERSION = 2
"""Version of the judge's rules that a newly published catalog asks for.

1: as in catalogs that were written before the field existed.
2: limits of an amount, another currency, unfilled placeholders, nearly equal order numbers.
A call is judged by the rules of the catalog of its arrival, so that `replay` tells no difference.
"""

EVERY_PRODUCT = "*"
"""In an approval: every product of the program, later ones too."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one product pays: exactly one of the two is set.

    percent_ppm: millionths of net revenue (10 % is 100,000); four decimals of a percent.
    fixed_minor: minor units of the program's currency.
    """

    percent_ppm: int | None = None
    fixed_minor: int | None = None


NO_RATE = Rate()
"""Of a partner: none of his own, he earns what the product pays."""


@dataclass(frozen=True, slots=True)
class Product:
    id: int
    name: str
    rate: Rate
    """From the beginning, until the first timed one."""


@dataclass(frozen=True, slots=True)
class Program:
    id: int
    name: str
    currency: str
    decimals: int
    """Decimals of the currency: 2 for EUR, 0 for JPY, 3 for KWD."""
    time_zone: str
    click_lifetime_days: int
    default_product: str | None
    deeplink_hosts: tuple[str, ...]
    """Lower case, `host`, `host:port` or `*.host`."""
    click_parameter: str
    state: str
    products: tuple[Product, ...]
    targets: dict[str, str]
    """alias -> address template."""
    rollup_minutes: int = 60
    """60, or 30 or 15 where the zone's offset is not whole hours."""
    access: Access = OPEN_TO_ALL
    """Who may call."""


@dataclass(frozen=True, slots=True)
class Creative:
    id: int
    program: int
    name: str
    target: str
    """alias of a click target of the program."""
    product: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Partner:
    id: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Approval:
    partner: int
    program: int
    product: str
    """A product's name or EVERY_PRODUCT."""
    created_ms: int = 0
    """Since when; 0 where that was not written down."""


@dataclass(frozen=True, slots=True)
class PartnerRate:
    partner: int
    program: int
    product: str
    rate: Rate
    since_ms: int = 0
    """0: from the beginning."""


@dataclass(frozen=True, slots=True)
class TimedRate:
    """What is paid from a moment on, until the next one of the same partner and product."""

    partner: int
    """0: the product's own."""
    program: int
    product: str
    since_ms: int
    """Milliseconds since 1970 UTC; the first one in which it holds."""
    rate: Rate
    """NO_RATE: the partner has none of his own any more."""


@dataclass(frozen=True, slots=True)
class UsedRate:
    """The rate that holds at a moment, and where it comes from."""

    rate: Rate
    since_ms: int = 0
    """0: from the beginning."""
    own: bool = False
    """The partner's own, in place of the product's."""


Steps = tuple[list[int], list[Rate]]
"""Moments in rising order, and the rate that holds from each."""


@dataclass(frozen=True)
class Catalog:
    version: int
    published_ms: int
    prefix: str
    """Two capital letters in front of every ClickID."""
    programs: dict[int, Program] = field(default_factory=dict)
    partners: dict[int, Partner] = field(default_factory=dict)
    creatives: dict[int, Creative] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    rates: tuple[PartnerRate, ...] = ()
    receivers: tuple[Receiver, ...] = ()
    """Who is told of what: partners' postbacks and webhooks, paused ones too."""
    timed: tuple[TimedRate, ...] = ()
    """Rates of the past and of the time to come; docs/decisions/0016-rates-have-a-beginning.md."""
    judging_version: int = 1
    """See JUDGING_VERSION."""

    @cached_property
    def _approved(self) -> dict[tuple[int, int, str], int]:
        return {(a.partner, a.program, a.product): a.created_ms for a in self.approvals}

    @cached_property
    def program_names(self) -> dict[str, int]:
        """Folded name -> number."""
        return {program.name.casefold(): program.id for program in self.programs.values()}

    @cached_property
    def partner_names(self) -> dict[str, int]:
        return {partner.name.casefold(): partner.id for partner in self.partners.values()}

    @cached_property
    def _steps(self) -> dict[tuple[int, int, str], Steps]:
        """By (partner, program, product); partner 0 for what the product itself pays later on."""
        own = [((r.partner, r.program, r.product), r.since_ms, r.rate) for r in self.rates]
        timed = [((t.partner, t.program, t.product), t.since_ms, t.rate) for t in self.timed]
        found: dict[tuple[int, int, str], Steps] = {}
        # A sort keeps the order of what begins together: the one that was written later holds.
        for key, since_ms, rate in sorted((*own, *timed), key=lambda step: step[1]):
            moments, rates = found.setdefault(key, ([], []))
            moments.append(since_ms)
            rates.append(rate)
        return found

    @cached_property
    def _receivers(self) -> dict[tuple[str, int], list[Receiver]]:
        found: dict[tuple[str, int], list[Receiver]] = {}
        for receiver in self.receivers:
            for trigger in receiver.triggers:
                found.setdefault((trigger, receiver.partner), []).append(receiver)
        return found

    @cached_property
    def _products(self) -> dict[tuple[int, str], Product]:
        return {(p.id, product.name): product for p in self.programs.values() for product in p.products}

    def product(self, program: int, name: str) -> Product | None:
        return self._products.get((program, name))

    def told(self, trigger: str, partner: int, program: int) -> list[Receiver]:
        """Who is told. A postback goes to its own partner alone, so a test order goes to the test partner's."""
        of_all, own = (self._receivers.get((trigger, whose), ()) for whose in (0, partner))
        return [receiver for receiver in (*of_all, *own) if receiver.program in (0, program)]

    def is_approved(self, partner: int, program: int, product: str) -> bool:
        return (partner, program, product) in self._approved or (partner, program, EVERY_PRODUCT) in self._approved

    def approved_ms(self, partner: int, program: int, product: str) -> int | None:
        """Since when; 0 where that was not written down, None where he is not approved."""
        own = self._approved.get((partner, program, product))
        every = self._approved.get((partner, program, EVERY_PRODUCT))
        return every if own is None else own if every is None else min(own, every)

    def approved_for(self, partner: int, program: int) -> list[str]:
        """Names of the program's products that the partner may earn."""
        found = self.programs.get(program)
        names = [product.name for product in found.products] if found else []
        return [name for name in names if self.is_approved(partner, program, name)]

    def used_rate(self, partner: int, program: int, product: Product, at_ms: int) -> UsedRate:
        """The partner's own rate of that moment, else the product's."""
        own = self._step((partner, program, product.name), at_ms)
        if own is not None and own[1] != NO_RATE:
            return UsedRate(own[1], own[0], own=True)
        since_ms, rate = self._step((0, program, product.name), at_ms) or (0, product.rate)
        return UsedRate(rate, since_ms)

    def rate_at(self, partner: int, program: int, product: str, at_ms: int) -> UsedRate | None:
        """The same by the product's name; None where the program has no such product."""
        found = self.product(program, product)
        return None if found is None else self.used_rate(partner, program, found, at_ms)

    def _step(self, key: tuple[int, int, str], at_ms: int) -> tuple[int, Rate] | None:
        """The last one that began at this moment or before it."""
        moments, rates = self._steps.get(key, ((), ()))
        place = bisect_right(moments, at_ms)
        return (moments[place - 1], rates[place - 1]) if place else None
