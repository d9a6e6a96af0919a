"""A shop's order list compared with transactions, without a database."""

from collections.abc import Mapping

from clicktrail.control.reconcile import causes, classes, columns, matching, orderlist, sheet
from clicktrail.control.reconcile.causes import Evidence
from clicktrail.control.reconcile.classes import Finding, Ours
from clicktrail.control.reconcile.listed import House

EURO = House("EUR", 2, "Europe/Berlin")


def classified(text: str | bytes, here: Mapping[str, Ours], house: House = EURO) -> list[Finding]:
    """The columns are guessed from the list; every transaction of `here` is of its period."""
    body = text.encode() if isinstance(text, str) else text
    rows = list(sheet.read(body).rows())
    looks = (orderlist.looks_like_amount, orderlist.looks_like_day, orderlist.looks_like_status)
    form = columns.guess([row.cells for row in rows[: sheet.SAMPLE_ROWS] if row.cells], *looks)
    listing = orderlist.read_lines(rows, form, house)
    found, broken = matching.matched(listing, dict(here))
    doubts = matching.doubts_of(listing, found, broken, list(here.values()))
    findings = classes.classify(listing.lines, found, here.values(), doubts, house)
    causes.explain(findings, Evidence(), house)
    return findings
