"""The catalog as a set-up file: applying it again changes nothing."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from clicktrail.control.catalog import rates, toml
from clicktrail.control.catalog.models import (
    Approval,
    ClickTarget,
    Creative,
    Partner,
    PartnerRate,
    Product,
    Program,
)
from clicktrail.control.catalog.rates import Step
from clicktrail.core.catalog import EVERY_PRODUCT, Rate
from clicktrail.core.money import decimals_of, format_minor, format_percent


def show() -> str:
    """TOML text, always in the same order."""
    blocks = [*_programs(), *_partners()]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _programs() -> Iterator[list[str]]:
    known = list(Product.objects.select_related("program").order_by("pk"))
    products, paid = _by(known, "program_id"), rates.histories(known)
    targets = _by(ClickTarget.objects.order_by("pk"), "program_id")
    creatives = _by(Creative.objects.select_related("target", "product").order_by("pk"), "program_id")
    for program in Program.objects.select_related("default_product").order_by("pk"):
        yield _program(program)
        for product in products[program.pk]:
            yield from _product(product, paid[0, product.pk], program)
        for target in targets[program.pk]:
            yield _table("program.target", alias=target.alias, url=target.url)
        for creative in creatives[program.pk]:
            yield _creative(creative)


def _program(program: Program) -> list[str]:
    return _table(
        "program",
        id=program.pk,
        name=program.name,
        currency=program.currency,
        time_zone=program.time_zone,
        click_lifetime_days=program.click_lifetime_days,
        default_product=program.default_product.name if program.default_product else None,
        deeplink_hosts=program.deeplink_hosts,
        click_parameter=program.click_parameter,
        state=program.state,
        signed=program.signed,
        token_required=program.token_required,
        networks=program.networks,
        nocheck_by=program.nocheck_by,
        pid_by=program.pid_by,
        unproven=program.unproven,
        replay_window_s=program.replay_window_s,
    )


def _creative(creative: Creative) -> list[str]:
    return _table(
        "program.creative",
        id=creative.pk,
        name=creative.name,
        target=creative.target.alias,
        product=creative.product.name if creative.product else None,
        state=creative.state,
    )


def _partners() -> Iterator[list[str]]:
    approvals = _by(Approval.objects.select_related("product").order_by("program_id", "pk"), "partner_id")
    own = _by(PartnerRate.objects.select_related("product__program").order_by("pk"), "partner_id")
    paid = rates.histories(Product.objects.all(), own=Q(partner__isnull=False))
    for partner in Partner.objects.order_by("pk"):
        yield _table("partner", id=partner.pk, name=partner.name, state=partner.state)
        yield from _approvals(approvals[partner.pk])
        for row in own[partner.pk]:
            yield from _own_rates(row, paid[partner.pk, row.product_id])


def _product(product: Product, steps: list[Step], program: Program) -> Iterator[list[str]]:
    """With tables of rates where there has been, or will be, more than one."""
    if len(steps) == 1:
        yield _table("program.product", name=product.name, **_rate(steps[0].rate, program.currency))
        return
    yield _table("program.product", name=product.name)
    for step in steps:
        since = rates.written(step.since_ms, program.time_zone)
        yield _table("program.product.rate", valid_from=since, **_rate(step.rate, program.currency))


def _own_rates(row: PartnerRate, steps: list[Step]) -> Iterator[list[str]]:
    program = row.product.program
    for step in steps:
        is_plain = len(steps) == 1 and not step.since_ms
        since = None if is_plain else rates.written(step.since_ms, program.time_zone)
        rate = _rate(step.rate, program.currency) if step.is_own else {"none": True}
        yield _table("partner.rate", program=program.pk, product=row.product.name, valid_from=since, **rate)


def _approvals(rows: list[Approval]) -> Iterator[list[str]]:
    """One table for each program, as short as it can be said."""
    for program, own in _by(rows, "program_id").items():
        names = [row.product.name if row.product else EVERY_PRODUCT for row in own]
        yield _table("partner.approval", program=program, products=names)


def _rate(row: Rate, currency: str) -> dict[str, Any]:
    if row.percent_ppm is not None:
        return {"percent": format_percent(row.percent_ppm)}
    return {"fixed": format_minor(row.fixed_minor or 0, decimals_of(currency))}


def _by(rows: Any, column: str) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return groups


def _table(header: str, /, **fields: toml.Value | None) -> list[str]:
    given = {key: value for key, value in fields.items() if value is not None}
    return [f"[[{header}]]", *(f"{key} = {toml.value(value)}" for key, value in given.items())]
