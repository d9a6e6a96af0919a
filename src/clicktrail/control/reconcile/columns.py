"""Which column of an order list is what: guessed from the names of the header line, German and English. Pure.

Roles are named like the parameters of a call, where there is one.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from clicktrail.core.tongue import mark, say

TID, NUMBER, EITHER, REVENUE, GROSS, DAY, STATUS = "tid", "number", "id", "umsatz", "gross", "day", "status"
CURRENCY, ITEM = "currency", "item"

ROLES = {
    TID: mark("Order number"),
    NUMBER: mark("Transaction number"),
    EITHER: mark("Order or transaction number"),
    REVENUE: mark("Net revenue"),
    GROSS: mark("Gross amount"),
    DAY: mark("Day of the order"),
    STATUS: mark("Status"),
    CURRENCY: mark("Currency"),
    ITEM: mark("Article number"),
}
KEYS = (TID, NUMBER, EITHER)
"""A list needs exactly one of them."""

NAMES: dict[str, tuple[str, ...]] = {
    NUMBER: ("transaktionsnummer", "transactionnumber", "transaktion", "transaction", "clicktrail", "qctid"),
    TID: (
        ("tid", "bestellnummer", "bestellnr", "bestellungsnummer", "ordernumber", "orderno", "ordernr", "orderid")
        + ("auftragsnummer", "auftragsnr", "bestellung", "order", "auftrag", "bestellid")
        + ("vorgangsnummer", "warenkorbnummer", "referenz", "reference", "ordernum", "purchaseid")
    ),
    EITHER: ("id", "nr", "nummer", "no", "number"),
    REVENUE: (
        ("umsatz", "nettoumsatz", "umsatznetto", "netto", "nettobetrag", "betragnetto", "net", "netrevenue", "nettotal")
        + ("revenuenet", "netamount", "amountnet", "totalnet", "warenwertnetto", "nettowarenwert", "warenwert")
        + ("subtotal", "zwischensumme", "revenue", "newrevenue", "neuerumsatz", "totalexcltax", "exvat", "netvalue")
        + ("summenetto", "nettosumme", "betrag", "amount", "summe", "gesamt", "total", "wert", "value", "ordervalue")
    ),
    GROSS: (
        ("brutto", "bruttobetrag", "betragbrutto", "bruttoumsatz", "umsatzbrutto", "gross", "grossamount", "grosstotal")
        + ("totalgross", "summebrutto", "bruttosumme", "totalincltax", "gesamtbrutto", "amountgross", "incvat")
    ),
    DAY: (
        ("datum", "bestelldatum", "auftragsdatum", "date", "orderdate", "createdat", "created", "erstelltam", "day")
        + ("tag", "bestelltam", "zeit", "zeitpunkt", "timestamp", "time", "datecreated", "kaufdatum", "purchasedate")
    ),
    STATUS: (
        ("status", "bestellstatus", "auftragsstatus", "orderstatus", "zustand", "state", "zahlungsstatus")
        + ("financialstatus", "paymentstatus")
    ),
    CURRENCY: (
        (
            "currency",
            "waehrung",
            "currencycode",
            "waehrungscode",
            "ordercurrency",
            "ordercurrencycode",
            "bestellwaehrung",
        )
        + ("isocurrency", "waehrungskuerzel")
    ),
    ITEM: (
        (
            "artikelnummer",
            "artikelnr",
            "artikelid",
            "sku",
            "lineitemsku",
            "itemsku",
            "itemnumber",
            "itemid",
            "lineitemid",
        )
        + ("positionsnummer", "position", "pos", "positionid", "productid", "produktnummer", "produktid", "productsku")
        + ("variantid", "variantsku", "ean", "gtin", "lineitemname", "itemname", "artikel", "item")
    ),
}
"""The first names are the surest: where two columns could be the same thing, the earlier name wins."""

LEAST_PART = 6
"""A shorter name must be the whole name of a column."""
MAX_TITLE_ROWS = 30
"""Rows at the top of a list among which the names of the columns are looked for."""
WHOLE_ONLY = frozenset(
    {"bestellung", "auftrag", "referenz", "reference", "transaktion", "transaction", "gesamt", "position"}
)
"""As parts they stand in the names of everything."""

Looks = Callable[[str], bool]
"""Takes a cell, says whether it looks like an amount, a day, a status."""


class MappingError(ValueError):
    """Which column is missing or named twice, and the mend."""


@dataclass(frozen=True, slots=True)
class Columns:
    """role -> place from 0. `has_header`: the first row holds names, no order."""

    places: Mapping[str, int]
    has_header: bool
    decimal: str = ""
    """The decimal separator as a person chose it: comma or point; empty: as the column shows."""
    time_format: str = ""
    """How days are written, where a person says so: one of strptime, unix, unix_ms or excel."""

    @property
    def key(self) -> str:
        return next(role for role in KEYS if role in self.places)


def plain(name: str) -> str:
    """ "Bestell-Nr. " -> "bestellnr"."""
    spelled = name.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return re.sub(r"[\W_]+", "", spelled)


def signature(first: Sequence[str], has_header: bool) -> str:
    """Lists of the same form have the same: by the names of their columns, else by how many there are."""
    shape = "\n".join(map(plain, first)) if has_header else f"{len(first)} columns"
    return hashlib.sha256(shape.encode()).hexdigest()


def guess(sample: Sequence[Sequence[str]], is_amount: Looks, is_day: Looks, is_status: Looks) -> Columns:
    """From the first rows of a list; what cannot be guessed is left out. The tests say what a cell looks like."""
    if not sample:
        return Columns({}, has_header=True)
    top = header_place(sample, is_amount, is_day)
    if _is_header(sample[top:], is_amount, is_day):
        return Columns(_by_name(sample[top]), has_header=True)
    return Columns(_by_content(sample, is_amount, is_day, is_status), has_header=False)


def header_place(sample: Sequence[Sequence[str]], is_amount: Looks, is_day: Looks) -> int:
    """Place of the row with the names of the columns: lists may have a title and an empty line above it."""
    known = {name: role for role, names in NAMES.items() for name in names}
    best, place = 0, -1
    for number, row in enumerate(sample[:MAX_TITLE_ROWS]):
        if any(is_day(cell) or is_amount(cell) and not plain(cell).isalpha() for cell in row if cell.strip()):
            continue
        roles = {known[plain(cell)] for cell in row if plain(cell) in known}
        is_table = sum(bool(cell.strip()) for cell in row) > 1
        if is_table and len(roles) > best:
            best, place = len(roles), number
    if place >= 0:
        return place
    width = max((len([cell for cell in row if cell.strip()]) for row in sample), default=0)
    titles = (sum(bool(cell.strip()) for cell in row) == 1 < width for row in sample[:MAX_TITLE_ROWS])
    skipped = sum(1 for _ in takewhile(bool, titles))
    return skipped if skipped < len(sample) else 0


_NO_KEY = mark("No column says which order a line means: choose exactly one of {wanted}.")
_SEVERAL_KEYS = mark("More than one column says which order a line means: choose exactly one of {wanted}.")


def check(places: Mapping[str, int], width: int) -> None:
    """Raises MappingError unless the list can be read so."""
    keys = [role for role in KEYS if role in places]
    if len(keys) != 1:
        wanted = ", ".join(f"'{say(ROLES[role])}'" for role in KEYS)
        raise MappingError(say(_SEVERAL_KEYS if keys else _NO_KEY, wanted=wanted))
    for role, place in places.items():
        if not 0 <= place < width:
            raise MappingError(
                say(
                    "{role}: there is no column {number}; the list has {count}.",
                    role=say(ROLES[role]),
                    number=place + 1,
                    count=width,
                )
            )
    twice = {place for place in places.values() if list(places.values()).count(place) > 1}
    if twice:
        raise MappingError(say("Column {number} is chosen twice: each column is one thing.", number=min(twice) + 1))


def read_choice(text: str, first: Sequence[str]) -> dict[str, int]:
    """`tid=Bestellnummer,umsatz=3`: names of columns or their places from 1. Raises MappingError."""
    names = {plain(name): place for place, name in reversed(list(enumerate(first)))}
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        role, _, column = (piece.strip() for piece in part.partition("="))
        if role not in ROLES:
            raise MappingError(f"{role!r} is nothing that a column can be: one of {', '.join(ROLES)}.")
        if plain(column) in names:
            found[role] = names[plain(column)]
        elif column.isascii() and column.isdigit() and len(column) < 4:
            found[role] = int(column) - 1
        else:
            raise MappingError(f"There is no column {column!r}: the list has {', '.join(first)}.")
    return found


def _is_header(sample: Sequence[Sequence[str]], is_amount: Looks, is_day: Looks) -> bool:
    first = sample[0]
    if any(is_amount(cell) and not plain(cell).isalpha() or is_day(cell) for cell in first if cell.strip()):
        return False
    known = {name for names in NAMES.values() for name in names}
    if any(plain(cell) in known for cell in first):
        return True
    return len(sample) > 1 and any(is_amount(cell) for cell in sample[1])


def _by_name(header: Sequence[str]) -> dict[str, int]:
    names = [plain(cell) for cell in header]
    found: dict[str, int] = {}
    for fits in (_is_same, _is_part):
        for role, known in NAMES.items():
            if role not in found:
                place = _place(names, known, fits, set(found.values()))
                if place is not None:
                    found[role] = place
    return _one_key(found)


def _place(names: list[str], known: Iterable[str], fits: Callable[[str, str], bool], taken: set[int]) -> int | None:
    for wanted in known:
        for place, name in enumerate(names):
            if place not in taken and fits(name, wanted):
                return place
    return None


def _is_same(name: str, wanted: str) -> bool:
    return name == wanted


def _is_part(name: str, wanted: str) -> bool:
    return len(wanted) >= LEAST_PART and wanted not in WHOLE_ONLY and wanted in name


def _one_key(found: dict[str, int]) -> dict[str, int]:
    """An order number is surest; a bare "ID" is only asked where there is nothing else."""
    best = next((role for role in (TID, NUMBER, EITHER) if role in found), None)
    return {role: place for role, place in found.items() if role not in KEYS or role == best}


def _by_content(sample: Sequence[Sequence[str]], is_amount: Looks, is_day: Looks, is_status: Looks) -> dict[str, int]:
    width = min(len(row) for row in sample)
    if width == 2 and all(is_amount(row[1]) for row in sample):
        return {EITHER: 0, REVENUE: 1}
    found: dict[str, int] = {}
    columns = [[row[place].strip() for row in sample] for place in range(width)]
    for role, looks in ((DAY, is_day), (STATUS, is_status)):
        fitting = [place for place, cells in enumerate(columns) if all(looks(cell) for cell in cells)]
        found |= {role: fitting[0]} if fitting else {}
    free = [place for place in range(width) if place not in found.values()]
    amounts = [p for p in free if all(map(is_amount, columns[p])) and any(map(_is_written_as_amount, columns[p]))]
    found |= {REVENUE: amounts[0]} if amounts else {}
    free = [p for p in free if p not in found.values() and all(columns[p])]
    orders = [p for p in free if len(set(columns[p])) == len(sample)]
    orders = [p for p in orders if not any(map(_is_written_as_amount, columns[p]))]
    orders += [p for p in free if all(map(_has_letter, columns[p])) and len(set(columns[p])) * 2 >= len(sample)]
    return found | ({TID: orders[0]} if orders else {})


def _is_written_as_amount(cell: str) -> bool:
    return "." in cell or "," in cell or cell.startswith(("-", "\u2212"))


def _has_letter(cell: str) -> bool:
    return any(map(str.isalpha, cell))
