"""What is paid from when on. A rate is never changed: a later one begins, and what was stays to be read.

    steps = history(product)                     # what the product pays, oldest first
    steps = history(product, partner)            # the partner's own, empty where he never had one
    valid(steps, now_ms)                         # the one that holds
    enter(product, partner, Rate(80_000), since_ms, "mona")

An order is paid by the rate that was valid when its call arrived: the catalog carries all of them
(`core.catalog.Catalog.used_rate`), so nobody has to press anything when the moment comes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from clicktrail.control.catalog.compile import rate_of
from clicktrail.control.catalog.edits import edit
from clicktrail.control.catalog.models import Partner, PartnerRate, Product, TimedRate
from clicktrail.core.catalog import NO_RATE, Rate
from clicktrail.heartbeat import now_ms

BEGINNING = "beginning"
"""In files: the moment before all others."""
SLACK_MS = 60_000
"""A form knows minutes: what is not older than one means now."""
MAX_STEPS = 500
"""Rates of one product, or of one partner for one product, in the course of time."""

Key = tuple[int, int]
"""(partner, product); partner 0 for what the product itself pays."""


@dataclass(frozen=True, slots=True)
class Step:
    since_ms: int
    """0: from the beginning."""
    rate: Rate
    """NO_RATE: from here on the partner earns what the product pays."""
    made_ms: int = 0
    made_by: str = ""
    """Empty where that was not written down."""
    row: int | None = None
    """Of TimedRate; None for the first one, which has a row of PartnerRate, or is the product's."""

    @property
    def is_own(self) -> bool:
        return self.rate != NO_RATE


def history(product: Product, partner: Partner | int | None = None) -> list[Step]:
    number = partner.pk if isinstance(partner, Partner) else partner or 0
    found = histories([product], own=Q(partner_id=number) if number else None)
    return found.get((number, product.pk), [])


def histories(products: Iterable[Product], own: Q | None = None) -> dict[Key, list[Step]]:
    """Of all of them in two queries, oldest first. `own`: whose own rates are wanted too."""
    known = {product.pk: product for product in products}
    found: dict[Key, list[Step]] = {(0, pk): [Step(0, rate_of(product))] for pk, product in known.items()}
    timed = Q(partner__isnull=True)
    if own is not None:
        timed |= own
        found |= _firsts(PartnerRate.objects.filter(own, product__in=known))
    return _with_later(found, TimedRate.objects.filter(timed, product__in=known))


def own_histories(rows: Iterable[PartnerRate]) -> dict[Key, list[Step]]:
    """Of these partners and products, in one query."""
    found = _firsts(rows)
    partners, products = {partner for partner, __ in found}, {product for __, product in found}
    return _with_later(found, TimedRate.objects.filter(partner__in=partners, product__in=products))


def _firsts(rows: Iterable[PartnerRate]) -> dict[Key, list[Step]]:
    return {
        (row.partner_id, row.product_id): [Step(row.valid_from_ms, rate_of(row), row.made_ms, row.made_by)]
        for row in rows
    }


def _with_later(found: dict[Key, list[Step]], rows: Iterable[TimedRate]) -> dict[Key, list[Step]]:
    for row in rows:
        steps = found.setdefault((row.partner_id or 0, row.product_id), [])
        steps.append(Step(row.valid_from_ms, rate_of(row), row.made_ms, row.made_by, row.pk))
    for steps in found.values():
        steps.sort(key=lambda step: step.since_ms)
    return found


def with_valid(rows: QuerySet, partner: str | None = None) -> QuerySet:
    """Rows of Product (or, with `partner="partner_id"`, of PartnerRate) beside what is valid now: see `annotated`."""
    product = "product_id" if partner else "pk"
    whose = {"partner_id": OuterRef(partner)} if partner else {"partner__isnull": True}
    begun = TimedRate.objects.filter(product_id=OuterRef(product), valid_from_ms__lte=now_ms(), **whose)
    last = begun.order_by("-valid_from_ms")
    columns = ("valid_from_ms", "percent_ppm", "fixed_minor")
    return rows.annotate(**{f"now_{column}": Subquery(last.values(column)[:1]) for column in columns})


def annotated(row: Any) -> Rate:
    """What such a row pays now; NO_RATE for a partner's that has ended, or is to begin."""
    if isinstance(row, PartnerRate) and row.valid_from_ms > now_ms():
        return NO_RATE
    return rate_of(row) if row.now_valid_from_ms is None else Rate(row.now_percent_ppm, row.now_fixed_minor)


def valid(steps: list[Step], at_ms: int) -> Step | None:
    """The last that has begun; None before the first."""
    begun = [step for step in steps if step.since_ms <= at_ms]
    return begun[-1] if begun else None


def planned(steps: list[Step], at_ms: int) -> list[Step]:
    return [step for step in steps if step.since_ms > at_ms]


def valid_rate(product: Product, partner: Partner | None = None) -> Rate:
    """What is paid at this moment: his own, else the product's."""
    at_ms = now_ms()
    own = valid(history(product, partner), at_ms) if partner else None
    step = own if own and own.is_own else valid(history(product), at_ms)
    return step.rate if step else rate_of(product)


def enter(product: Product, partner: Partner | None, rate: Rate, since_ms: int | None, by: str) -> Step | None:
    """Pay this from then on (None: from now on); NO_RATE takes the partner's own one back.

    Where no order has been paid yet, "from now on" is from the beginning: nothing is there that a history would
    explain. Returns None where just that is paid then already. Raises ValueError for a moment that has passed.
    """
    at_ms = now_ms()
    begins_ms = from_now(since_ms, at_ms)
    with edit():
        steps = history(product, partner)
        holds = valid(steps, begins_ms)
        if (holds.rate if holds else NO_RATE) == rate:
            return None
        if begins_ms == at_ms and len(steps) < 2 and not has_paid(product, partner):
            return _first(product, partner, Step(0, rate, at_ms, by))
        _must_have_room(steps)
        return _store(product, partner, Step(begins_ms, rate, at_ms, by))


def put(product: Product, partner: Partner | None, step: Step) -> bool:
    """One step of a history that is written out; False where it is there already.

    Raises ValueError for one that has begun, where orders have been paid.
    """
    with edit():
        steps = history(product, partner)
        if any((known.since_ms, known.rate) == (step.since_ms, step.rate) for known in steps):
            return False
        if step.since_ms <= now_ms() and has_paid(product, partner):
            raise ValueError(past())
        _must_have_room(steps)
        if step.since_ms:
            _store(product, partner, step)
        else:
            _first(product, partner, step)
        return True


def from_now(since_ms: int | None, at_ms: int) -> int:
    if since_ms is None or at_ms - SLACK_MS <= since_ms <= at_ms:
        return at_ms
    if since_ms < at_ms:
        raise ValueError(past())
    return since_ms


def past() -> str:
    return _(
        "This moment has passed, and what was ordered since is paid by the rate of then. Let the rate begin now or "
        "later; to pay earlier orders differently, recalculate them under Transactions."
    )


def has_paid(product: Product, partner: Partner | None) -> bool:
    """Whether there is an order that the rate was, or might have been, used for."""
    from clicktrail.control.ledger.models import Transaction

    orders = Transaction.objects.filter(program_id=product.program_id, product_id=product.pk)
    return (orders.filter(partner_id=partner.pk) if partner else orders).exists()


def withdraw(row: TimedRate | PartnerRate) -> None:
    """Take back what has not begun. Raises ValueError for what has."""
    if row.valid_from_ms <= now_ms():
        raise ValueError(
            _("This rate has begun: what was ordered since is paid by it. Enter another one that follows it.")
        )
    with edit():
        if isinstance(row, TimedRate) or not _begins_with_the_next(row):
            row.delete()


def _begins_with_the_next(row: PartnerRate) -> bool:
    """The partner's next own rate takes the place of his first one; False where there is none."""
    for later in TimedRate.objects.filter(partner=row.partner_id, product=row.product_id).order_by("valid_from_ms"):
        later.delete()
        if rate_of(later) != NO_RATE:
            _copy(later, row)
            return True
    return False


def _copy(row: TimedRate | PartnerRate, onto: TimedRate | PartnerRate) -> None:
    for name in ("valid_from_ms", "percent_ppm", "fixed_minor", "made_ms", "made_by"):
        setattr(onto, name, getattr(row, name))
    onto.save()


def _must_have_room(steps: list[Step]) -> None:
    if len(steps) >= MAX_STEPS:
        raise ValueError(_("There are %(number)d rates already, more cannot be kept.") % {"number": MAX_STEPS})


def _first(product: Product, partner: Partner | None, step: Step) -> Step:
    """The one from the beginning, as long as nothing has been paid by it."""
    if partner is None:
        product.percent_ppm, product.fixed_minor = step.rate.percent_ppm, step.rate.fixed_minor
        product.save()
        return step
    row = _own(product, partner)
    if step.is_own:
        return _own_first(row, step)
    if row.pk:
        row.delete()
    return step


def _own(product: Product, partner: Partner) -> PartnerRate:
    """The partner's first own rate, or an empty one."""
    found = PartnerRate.objects.filter(partner=partner, product=product).first()
    return found or PartnerRate(partner=partner, product=product)


def _own_first(row: PartnerRate, step: Step) -> Step:
    """In place of the partner's first own rate; one that was to begin later still does."""
    if row.pk and row.valid_from_ms > step.since_ms:
        whose = {"product_id": row.product_id, "partner_id": row.partner_id}
        if not TimedRate.objects.filter(valid_from_ms=row.valid_from_ms, **whose).exists():
            _copy(row, TimedRate(**whose))
    row.valid_from_ms, row.made_ms, row.made_by = step.since_ms, step.made_ms, step.made_by[:150]
    row.percent_ppm, row.fixed_minor = step.rate.percent_ppm, step.rate.fixed_minor
    row.save()
    return step


def _store(product: Product, partner: Partner | None, step: Step) -> Step:
    """One more step. What was planned for the same moment gives way to it."""
    row = TimedRate.objects.filter(product=product, partner=partner, valid_from_ms=step.since_ms).first()
    if partner is not None and step.is_own:
        first = _own(product, partner)
        if first.pk is None or step.since_ms <= first.valid_from_ms:
            if row is not None:
                row.delete()
            return _own_first(first, step)
    row = row or TimedRate(product=product, partner=partner, valid_from_ms=step.since_ms)
    row.percent_ppm, row.fixed_minor = step.rate.percent_ppm, step.rate.fixed_minor
    row.made_ms, row.made_by = step.made_ms, step.made_by[:150]
    row.save()
    return Step(step.since_ms, step.rate, step.made_ms, step.made_by, row.pk)


def moment(text: str, zone: str) -> int:
    """ "2026-12-01", "2026-12-01 08:00", "2026-12-01T08:00:00+01:00" -> milliseconds since 1970 UTC.

    Without an offset the program's zone is meant. ValueError says what is wrong.
    """
    written = text.strip()
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(
            _('"%(text)s" is no moment: write it like 2026-12-01, or 2026-12-01 08:00.') % {"text": text}
        ) from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(zone))
        if datetime.fromtimestamp(at.timestamp(), ZoneInfo(zone)).replace(tzinfo=None) != at.replace(tzinfo=None):
            raise ValueError(_("In %(zone)s the clock goes forward then: give a later hour.") % {"zone": zone})
    if not 1971 <= at.year <= 2200:
        raise ValueError(_("%(year)d is out of range: give a year up to 2200.") % {"year": at.year})
    return round(at.timestamp() * 1000)


def written(since_ms: int, zone: str) -> str:
    """As `moment` reads it again, with the zone's offset; BEGINNING for 0."""
    if not since_ms:
        return BEGINNING
    at = datetime.fromtimestamp(since_ms / 1000, ZoneInfo(zone))
    return at.isoformat(timespec="milliseconds" if since_ms % 1000 else "seconds")
