"""The catalog of the past: loaded once, and edited as over the weeks, so that every call is judged by its own."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

from clicktrail import catalogfile
from clicktrail.core.catalog import Catalog
from clicktrail.core.periods import DAY_MS
from clicktrail.demo.past.cast import CAST, CERAMICS, COFFEE, OUTDOOR
from clicktrail.settings import Settings

BLOCKED = 103
PAUSED_DAYS = (40, 38)
"""How many days ago the third program was paused, and went on."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A catalog and since when it held."""

    since_ms: int
    catalog: Catalog


def load(settings: Settings, shop: str, now_ms: int) -> list[Edition]:
    """Everything is in the ledger afterwards; the editions that the past was judged by, oldest first."""
    from clicktrail.control.catalog.apply import apply

    apply(
        files("clicktrail.demo.past").joinpath("neighbours.toml").read_text("utf-8").replace("SHOP", shop),
        "the demo's neighbours",
    )
    _proofs()
    _receivers(shop)
    _rates(now_ms)
    _date_approvals(now_ms)
    _banners(settings)
    begin_ms = now_ms - 100 * DAY_MS
    editions = [_edition(settings, begin_ms, _set(BLOCKED, "active"))]
    blocked_days = next(c.until for c in CAST if c.number == BLOCKED)
    for days, edit in (
        (PAUSED_DAYS[0], _set_program("paused")),
        (PAUSED_DAYS[1], _set_program("active")),
        (blocked_days, _set(BLOCKED, "blocked")),
    ):
        editions.append(_edition(settings, now_ms - days * DAY_MS, edit))
    return editions


def _edition(settings: Settings, since_ms: int, edit: Callable[[], None]) -> Edition:
    from clicktrail.control.catalog.publish import publish

    edit()
    version = publish(settings)
    return Edition(since_ms, catalogfile.read(catalogfile.version_file(settings.catalog_folder, version)))


def _set(partner: int, state: str) -> Callable[[], None]:
    from clicktrail.control.catalog.models import Partner

    def edit() -> None:
        row = Partner.objects.get(pk=partner)
        row.state = state
        row.save()

    return edit


def _set_program(state: str) -> Callable[[], None]:
    from clicktrail.control.catalog.models import Program

    def edit() -> None:
        row = Program.objects.get(pk=CERAMICS)
        row.state = state
        row.save()

    return edit


def _proofs() -> None:
    """The second program's calls are signed, the third's carry a token."""
    from clicktrail.control.catalog.callkeys import make_key, make_token
    from clicktrail.control.catalog.models import Program

    make_key(Program.objects.get(pk=OUTDOOR))
    make_token(Program.objects.get(pk=CERAMICS))


def _receivers(shop: str) -> None:
    """Partners' servers all stand in the demo shop's process; one of them is out of order."""
    from clicktrail.control.outbox.models import Receiver, ReceiverKind

    facts = "subid=<% SUBID %>&commission=<% COMMISSION %>&currency=<% CURRENCY %>&status=<% STATUS %>"
    base = f"http://{shop}/partner-server"
    told = ["saved", "confirmed", "cancelled", "paid"]
    for partner, name, address in (
        (101, "My own statistics", f"{base}/diary?{facts}&order=<% NUMBER %>"),
        (105, "PriceHound import", f"{base}/pricehound?{facts}"),
        (108, "Cashback Cove: member accounts", f"{base}/cashback?{facts}&order=<% NUMBER %>"),
        (112, "Dealdrop app", f"{base}/away?{facts}"),
    ):
        Receiver.objects.create(
            kind=ReceiverKind.POSTBACK, name=name, partner_id=partner, address=address, triggers=told
        )
    Receiver.objects.create(
        kind=ReceiverKind.WEBHOOK, name="Bookkeeping", program_id=1, address=f"{base}/bookkeeping", method="POST",
        triggers=["cancelled", "changed", "conflict"],
    )  # fmt: skip


def _rates(now_ms: int) -> None:
    """Rates that were agreed later than the first ones, and one that is still to come."""
    from clicktrail.control.catalog.models import Partner, Product
    from clicktrail.control.catalog.rates import Step, put
    from clicktrail.core.catalog import Rate

    for program, partner, days, percent_ppm in (
        (COFFEE, 106, 46, 175_000),
        (OUTDOOR, None, 35, 80_000),
        (CERAMICS, 113, 20, 140_000),
        (COFFEE, 105, -9, 55_000),
    ):
        product = Product.objects.get(program_id=program, name="Sale")
        at_ms = now_ms // DAY_MS * DAY_MS - days * DAY_MS
        row = Partner.objects.get(pk=partner) if partner else None
        put(product, row, Step(at_ms, Rate(percent_ppm=percent_ppm), min(at_ms, now_ms - DAY_MS) - DAY_MS, "demo"))


def _banners(settings: Settings) -> None:
    from clicktrail.control.banners import shelf
    from clicktrail.control.catalog.models import Creative

    for creative, name, alt in ((3, "first-box", "The First Box of Hollybrook Coffee"), (22, "tents", "Tents for two")):
        picture = files("clicktrail.demo.past").joinpath(f"{name}.png").read_bytes()
        shelf.replace(settings, Creative.objects.get(pk=creative), picture, alt)


def _date_approvals(now_ms: int) -> None:
    """Partners were let in when they began; written past `save`, which would date them today."""
    from clicktrail.control.catalog.models import Approval

    Approval.objects.update(created_ms=now_ms - 95 * DAY_MS)
    for character in CAST:
        if character.since < 90:
            since_ms = now_ms - (character.since + 1) * DAY_MS
            Approval.objects.filter(partner_id=character.number).update(created_ms=since_ms)
