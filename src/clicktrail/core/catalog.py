"""The catalog: one immutable picture of programs, partners and what may be earned.

Plain frozen values, so that judging stays pure; the edge compiles its own byte tables
from it (`edge/catalog.py`), control writes it (`control/catalog/publish.py`).
"""

from dataclasses import dataclass, field
from functools import cached_property

from clicktrail.core.access import OPEN_TO_ALL, Access
from clicktrail.core.receivers import Receiver

TEST_PARTNER = 2
"""The built-in partner whose transactions are marked as tests."""

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


@dataclass(frozen=True, slots=True)
class Product:
    id: int
    name: str
    rate: Rate


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
    def _rates(self) -> dict[tuple[int, int, str], Rate]:
        return {(r.partner, r.program, r.product): r.rate for r in self.rates}

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

    def rate(self, partner: int, program: int, product: Product) -> Rate:
        """The partner's own rate, else the product's."""
        return self._rates.get((partner, program, product.name), product.rate)
