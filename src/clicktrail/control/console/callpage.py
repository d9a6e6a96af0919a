"""One call: what came, what became of it, and the time line of its order."""

import json
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clicktrail.control.accounts import viewer
from clicktrail.control.console.cells import DASH, named, page_link, time_cell
from clicktrail.control.console.timeline import timeline_of_call
from clicktrail.control.console.verdictcells import saved_cell, verdict_label
from clicktrail.control.ledger import verdicts
from clicktrail.control.ledger.models import Postback
from clicktrail.control.secondlooks import pages as secondlooks_pages
from clicktrail.core import faults

SOURCES = {
    "edge": gettext_lazy("Shop"),
    "console": gettext_lazy("By hand"),
    "api": gettext_lazy("API"),
    "import": gettext_lazy("Imported"),
    "again": gettext_lazy("Judged again"),
}


def context(row: Any, edits: bool) -> dict[str, Any]:
    """row: with its names. edits: whether who looks may change things."""
    return {
        "title": _("Call %(number)s") % {"number": row.pk},
        "original": row,
        "row": row,
        "verdict": verdict_label(row),
        "sentence": _sentence(row),
        "fault": faults.retold(row.fault or ""),
        "saved": saved_cell(row),
        "facts": _facts(row),
        "params": sorted(json.loads(row.params or "{}").items()),
        "timeline": timeline_of_call(row),
        "ways_on": secondlooks_pages.ways_on(row, edits),
    }


def _sentence(row: Any) -> str:
    with viewer.page_zone(row.zone):
        return verdicts.sentence_of(row)


def source_of(row: Postback) -> str:
    source = SOURCES.get(row.source, row.source)
    return f"{source} ({row.actor})" if row.actor else str(source)


def _facts(row: Any) -> list[tuple[str, str]]:
    return [
        (_("Received"), time_cell(row.at_ms, row.zone)),
        (_("Judged"), time_cell(row.judged_ms, row.zone)),
        (_("From"), source_of(row)),
        (_("Method"), row.method),
        (_("Program"), named(row.program_id, row.program_name)),
        (_("Order number"), row.tid or DASH),
        *_earlier(row),
        *_again(row),
        (_("ClickID"), row.clickid or DASH),
        (_("Address"), row.ip or DASH),
        (_("User agent"), row.user_agent or DASH),
        (_("Referrer"), row.referrer or DASH),
        (_("Catalog version"), str(row.catalog_version)),
    ]


def _again(row: Postback) -> list[tuple[str, str]]:
    """Both lines name each other."""
    first = [(_("Judges again"), page_link("ledger_postback", row.again_id, row.again_id))] if row.again_id else []
    copies = Postback.objects.filter(again_id=row.pk).order_by("id").values_list("pk", flat=True)
    return first + [(_("Judged again as"), page_link("ledger_postback", copy, copy)) for copy in copies]


def _earlier(row: Postback) -> list[tuple[str, str]]:
    """A duplicate or a conflict leads to the transaction that was there before."""
    if row.saved or row.transaction_number is None:
        return []
    return [(_("Saved before as"), page_link("ledger_transaction", row.transaction_number, row.transaction_number))]
