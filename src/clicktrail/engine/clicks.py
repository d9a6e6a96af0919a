"""Apply clicks: which count, the rows to store, the sums to raise."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from clicktrail.core.catalog import Catalog
from clicktrail.core.periods import DAY_MS
from clicktrail.core.reasons import OK
from clicktrail.engine.bots import is_bot
from clicktrail.engine.ledger import Row
from clicktrail.engine.net import Visitors
from clicktrail.engine.rollup import BOT, GROSS, NET, REFUSED, Rollups
from clicktrail.journal.events import Click

MAX_HOST = 255


@lru_cache(maxsize=20_000)
def host_of(referrer: str) -> str:
    """The host of a referrer in lower case; empty where there is none."""
    if not referrer:
        return ""
    try:
        return (urlsplit(referrer).hostname or "")[:MAX_HOST]
    except ValueError:
        return ""


def apply_clicks(clicks: Iterable[Click], catalog: Catalog, visitors: Visitors, rollups: Rollups) -> list[Row]:
    """Rows of `ledger_click`, every click in them new to the ledger. Counts are added to `rollups`.

    A click counts where it is credited and neither a crawler's nor a prefetch.
    """
    rows: list[Row] = []
    for click in clicks:
        at_ms, program, partner = click.at_ms, click.program, click.partner
        host = host_of(click.referrer)
        # An imported click was judged by the system that it comes from; what that one had counted, counts here.
        bot = not click.clickid and is_bot(click.user_agent)
        place = _place(click, bot, visitors)
        rollups.slot(at_ms, program, partner, click.creative, catalog).add(place, click.subid, host)
        rows.append((
            click.id, click.tail, at_ms, at_ms // DAY_MS, program, partner, click.creative, click.target, click.subid,
            click.outcome, bot, click.prefetch, place <= NET, place == NET, click.visitor or None,
            host, click.referrer or None, click.ip or None, click.user_agent or None, click.extra or None,
        ))  # fmt: skip
    return rows


def _place(click: Click, bot: bool, visitors: Visitors) -> int:
    """Under which measure a click counts."""
    if click.outcome != OK:
        return REFUSED
    if bot or click.prefetch:
        return BOT
    return NET if visitors.is_first(click.visitor, click.program, click.partner, click.at_ms) else GROSS
