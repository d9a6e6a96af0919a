"""From the ledger's tables to the one immutable picture that edge and engine work with."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from clicktrail.control.catalog import models
from clicktrail.core import catalog as core
from clicktrail.core.access import Access, SigningKey, Token
from clicktrail.core.money import decimals_of
from clicktrail.core.receivers import Receiver
from clicktrail.errors import CatalogError

ATTEMPTS = 20
HOUR_MINUTES = 60


def ledger_version() -> tuple[int, int]:
    """Version and time of the last edit, milliseconds since 1970 UTC."""
    row = models.CatalogVersion.objects.values_list("version", "changed_ms").filter(pk=1).first()
    return row or (0, 0)


def compile_catalog(prefix: str) -> core.Catalog:
    """One consistent picture, without a lock: where somebody edited meanwhile, it is read again."""
    for _ in range(ATTEMPTS):
        before = ledger_version()
        catalog = _read(prefix, *before)
        if ledger_version() == before:
            return catalog
    raise CatalogError("The catalog is edited all the time; it will be published when that ends.")


def _read(prefix: str, version: int, changed_ms: int) -> core.Catalog:
    products = {row.pk: row for row in models.Product.objects.order_by("pk")}
    return core.Catalog(
        version=version,
        published_ms=changed_ms,
        prefix=prefix,
        programs=_programs(products),
        partners={p.pk: core.Partner(p.pk, p.name, p.state) for p in models.Partner.objects.order_by("pk")},
        creatives=_creatives(products),
        approvals=_approvals(products),
        rates=_rates(products),
        receivers=_receivers(),
        timed=_timed(products),
        judging_version=core.JUDGING_VERSION,
    )


def _programs(products: dict[int, models.Product]) -> dict[int, core.Program]:
    targets: dict[int, dict[str, str]] = defaultdict(dict)
    for target in models.ClickTarget.objects.order_by("pk"):
        targets[target.program_id][target.alias] = target.url
    own: dict[int, list[core.Product]] = defaultdict(list)
    for product in products.values():
        own[product.program_id].append(core.Product(product.pk, product.name, rate_of(product)))
    rules = _access()
    return {
        row.pk: _program(row, tuple(own[row.pk]), targets[row.pk], products, rules(row))
        for row in models.Program.objects.order_by("pk")
    }


def _program(
    row: models.Program,
    own: tuple[core.Product, ...],
    targets: dict[str, str],
    products: dict[int, models.Product],
    access: Access,
) -> core.Program:
    default = products.get(row.default_product_id) if row.default_product_id else None
    return core.Program(
        id=row.pk,
        name=row.name,
        currency=row.currency,
        decimals=decimals_of(row.currency),
        time_zone=row.time_zone,
        click_lifetime_days=row.click_lifetime_days,
        default_product=default.name if default else None,
        deeplink_hosts=tuple(row.deeplink_hosts),
        click_parameter=row.click_parameter,
        state=row.state,
        products=own,
        targets=targets,
        rollup_minutes=rollup_minutes(row.time_zone),
        access=access,
    )


def _access() -> Callable[[models.Program], Access]:
    """Who may call a program, by its row; keys and tokens of all programs are read once."""
    keys: dict[int, list[SigningKey]] = defaultdict(list)
    for key in models.SigningKey.objects.filter(state=models.KeyState.ACTIVE).order_by("number"):
        keys[key.program_id].append(SigningKey(key.number, key.salt))
    tokens: dict[int, list[Token]] = defaultdict(list)
    for token in models.CallToken.objects.filter(state=models.KeyState.ACTIVE).order_by("number"):
        tokens[token.program_id].append(Token(token.number, token.digest))
    return lambda row: Access(
        signed=row.signed,
        token_required=row.token_required,
        networks=tuple(row.networks),
        keys=tuple(keys[row.pk]),
        tokens=tuple(tokens[row.pk]),
        nocheck=row.nocheck_by,
        pid=row.pid_by,
        unproven=row.unproven,
        replay_window_s=row.replay_window_s,
    )


def _creatives(products: dict[int, models.Product]) -> dict[int, core.Creative]:
    return {
        row.pk: core.Creative(
            row.pk,
            row.program_id,
            row.name,
            row.target.alias,
            products[row.product_id].name if row.product_id else None,
            row.state,
        )
        for row in models.Creative.objects.select_related("target").order_by("pk")
    }


def _approvals(products: dict[int, models.Product]) -> tuple[core.Approval, ...]:
    return tuple(
        core.Approval(
            row.partner_id,
            row.program_id,
            products[row.product_id].name if row.product_id else core.EVERY_PRODUCT,
            row.created_ms,
        )
        for row in models.Approval.objects.order_by("pk")
    )


def _rates(products: dict[int, models.Product]) -> tuple[core.PartnerRate, ...]:
    return tuple(
        core.PartnerRate(
            row.partner_id,
            products[row.product_id].program_id,
            products[row.product_id].name,
            rate_of(row),
            row.valid_from_ms,
        )
        for row in models.PartnerRate.objects.order_by("pk")
    )


def _timed(products: dict[int, models.Product]) -> tuple[core.TimedRate, ...]:
    return tuple(
        core.TimedRate(
            row.partner_id or 0,
            products[row.product_id].program_id,
            products[row.product_id].name,
            row.valid_from_ms,
            rate_of(row),
        )
        for row in models.TimedRate.objects.order_by("valid_from_ms", "pk")
    )


def _receivers() -> tuple[Receiver, ...]:
    from clicktrail.control.outbox.models import Receiver as Row

    return tuple(
        Receiver(row.pk, row.kind, row.partner_id or 0, row.program_id or 0, tuple(row.triggers))
        for row in Row.objects.only("kind", "partner_id", "program_id", "triggers").order_by("pk")
    )


def rate_of(row: models.Product | models.PartnerRate | models.TimedRate) -> core.Rate:
    return core.Rate(percent_ppm=row.percent_ppm, fixed_minor=row.fixed_minor)


def rollup_minutes(time_zone: str) -> int:
    """60, or 30 or 15 where the zone is not whole hours from UTC at some time of this or the next year."""
    zone = ZoneInfo(time_zone)
    start = datetime.now(UTC).replace(day=1)
    offsets = {(start + timedelta(days=14 * step)).astimezone(zone).utcoffset() for step in range(52)}
    minutes = {int((offset or timedelta()).total_seconds()) // 60 % HOUR_MINUTES for offset in offsets}
    if minutes <= {0}:
        return HOUR_MINUTES
    return 30 if minutes <= {0, 30} else 15
