"""Lists as shops really send them: what is not wholly understood moves nothing, from the terminal and the console."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.desk import desk
from support.ledgers import Place
from support.office import Office, office
from support.workbooks import xlsx

PAGES = "/reconcile/reconciliation/"
ORDERS = ("SOLD", "PART", "WHOLE", "ITEMS", "CLOSED", "WORD", "DOLLAR", "GONE", "1234567890123456", "BROKEN", "PLAIN")
ROWS = """Order;Net;Currency;Status
SOLD;100;EUR;wc-completed
PART;100;EUR;completed
PART;-30;EUR;refunded
WHOLE;100;EUR;wc-refunded
ITEMS;50;EUR;completed
ITEMS;50;EUR;completed
CLOSED;100;EUR;closed
WORD;100;EUR;mystery
DOLLAR;100;USD;completed
GONE;100;EUR;cancelled
1,23457E+15;100;EUR;completed
BROKEN;100;EUR;completed
BROKEN;-100;EUR;completed;x;y
"""


@pytest.fixture
def place(ledger: Place) -> Iterator[Place]:
    with desk(ledger):
        with ledger.scribe() as scribe:
            for tid in ORDERS:
                click = scribe.click(partner=7)
                scribe.write(click, scribe.order(tid, scribe.clickid(click)))
        ledger.catch_up()
        ledger.engine.ledger.run("UPDATE ledger_transaction SET state = 'cancelled' WHERE tid = ?", ("GONE",))
        yield ledger


def states(place: Place) -> dict[str, tuple[str, int]]:
    rows = place.rows("SELECT tid, state, revenue_minor FROM ledger_transaction")
    return {str(tid): (str(state), int(minor)) for tid, state, minor in rows}


def asked(place: Place, file: Path, *words: str, code: int = 0) -> dict[str, Any]:
    today = datetime.now(ZoneInfo("Europe/Berlin")).date().isoformat()
    database = ("--database", place.settings.database) if place.settings.database else ()
    command = [sys.executable, "-m", "clicktrail", "reconcile", str(file), "--program", "1", "--from", today]
    ended = subprocess.run(
        [*command, "--to", today, "--json", *words, "--data", str(place.settings.data), *database],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ended.returncode == code, ended.stderr
    return dict(json.loads(ended.stdout)) if code < 2 else {"error": ended.stderr}


def test_only_what_is_wholly_understood_is_moved(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ROWS)
    told = asked(place, file, "--apply", "confirm", "--yes")
    lines = {kind: sums["lines"] for kind, sums in told["classes"].items() if sums["lines"]}
    assert lines == {"confirmed": 4, "amount": 2, "cancelled": 2, "cancelled_both": 1, "unclear": 3, "error": 1,
                     "unknown": 1}  # fmt: skip
    asked(place, file, "--apply", "part-cancel", "--yes")
    asked(place, file, "--apply", "cancel", "--yes")
    asked(place, file, "--apply", "cancel", "--class", "unknown", "--yes")
    here = states(place)
    moved = {tid: state for tid, state in here.items() if state != ("open", 10_000)}
    assert moved == {
        "SOLD": ("confirmed", 10_000), "ITEMS": ("confirmed", 10_000), "PART": ("open", 7_000),
        "WHOLE": ("cancelled", 10_000), "CLOSED": ("cancelled", 10_000), "GONE": ("cancelled", 10_000),
        "PLAIN": ("cancelled", 10_000),
    }  # fmt: skip
    assert any("'mystery' (1)" in note for note in told["notes"])


def test_classes_add_up_to_the_total(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("Order;Net;Status\nSOLD;100;open\nPART;;open\nWHOLE;90;open\nGONE;;cancelled\nNEW;5;open\n")
    told = asked(place, file)
    matched, total = told["classes"]["matched"], told["total"]
    assert (matched["listed"], matched["here"], matched["lines"]) == ("100.00", "100.00", 2)
    assert told["not_compared"] == {"lines": 1, "listed": "0.00", "here": "100.00", "commission": "0.00"}
    parts = [*told["classes"].values(), told["not_compared"]]
    for name in ("listed", "here", "commission"):
        assert sum(_minor(each[name]) for each in parts) == _minor(total[name])
    assert (total["listed"], total["here"]) == ("195.00", "1100.00"), "every transaction of the day once"


def _minor(text: str) -> int:
    return int(text.replace(".", ""))


def test_a_workbook_from_the_terminal(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "orders.xlsx"
    head = ["Bestellnummer", "Netto", "Datum"]
    noon = datetime.now(ZoneInfo("Europe/Berlin")).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)
    file.write_bytes(xlsx({"Notes": [["x"]], "Orders": [["May"], head, ["SOLD", 100, noon], ["PART", "70,00", noon]]}))
    told = asked(place, file, "--sheet", "Orders")
    assert (told["classes"]["matched"]["lines"], told["classes"]["amount"]["lines"]) == (1, 1)
    assert "no sheet 'May'; it has 'Notes', 'Orders'" in asked(place, file, "--sheet", "May", code=2)["error"]


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
def test_how_amounts_and_days_are_written_may_be_said(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    day = datetime.now(ZoneInfo("Europe/Berlin"))
    file.write_text(f"Order;Net;Date\nSOLD;0.100;{day:%d_%m_%Y}\n")
    assert asked(place, file)["classes"]["error"]["lines"] == 1
    told = asked(place, file, "--decimal", "comma", "--time-format", "%d_%m_%Y")
    assert told["classes"]["error"]["lines"] == 1, "a chosen comma does not make 0.100 a thousand"
    told = asked(place, file, "--decimal", "point", "--time-format", "%d_%m_%Y")
    assert (told["classes"]["amount"]["lines"], told["from"]) == (1, day.date().isoformat())


# Console


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as found:
        yield found


def _file(name: str, body: bytes) -> io.BytesIO:
    file = io.BytesIO(body)
    file.name = name
    return file


def test_a_workbook_in_the_console_and_its_other_sheet(console: Office) -> None:
    from clicktrail.control.reconcile.models import Line, Reconciliation
    from clicktrail.control.reconcile.work import work_once

    console.orders("A-1", "A-2")
    head = ["Bestellnummer", "Netto"]
    body = xlsx({"January": [["Report"], [], head, ["B-1", 5]], "February": [head, ["A-1", 100], ["A-2", 70.5]]})
    page = console.post(f"{PAGES}upload/", program="1", file=_file("orders.xlsx", body))
    assert "January" in page.text and "B-1" in page.text and "Separator" not in page.text
    number = int(page.address.split("/")[3])
    fields = {"tid": "0", "umsatz": "1", "has_header": "on", "decimal": "", "time_format": ""}
    page = console.post(f"{PAGES}{number}/columns/", **fields, sheet="February")
    assert "A-2" in page.text and "B-1" not in page.text, "the other sheet is shown first"
    list_ = Reconciliation.objects.get(pk=number)
    assert (list_.sheet, list_.encoding, list_.state) == ("February", "xlsx", "mapping")
    console.post(f"{PAGES}{number}/columns/", **fields, sheet="February")
    while work_once():
        pass
    kinds = dict(Line.objects.filter(list_id=number).values_list("order", "kind"))
    assert kinds == {"A-1": "matched", "A-2": "amount"}
    page = console.get(f"{PAGES}{number}/change/")
    assert "Total" in page.text and "Cancelled in both" in page.text


@pytest.mark.parametrize(
    ("name", "body", "what"),
    [
        ("orders.csv", b"\x89PNG\r\n\x1a\n" + bytes(200), "It is a PNG picture, no order list."),
        ("orders.xls", b"<html><table><tr><td>A-1", "It is a web page (HTML), whatever its name says, no order list."),
        ("orders.xls", b"\xd0\xcf\x11\xe0" + bytes(600), "It is a workbook of the old form (.xls)"),
        ("orders.csv", b"%PDF-1.7", "It is a PDF document, no order list."),
        ("orders.xlsx", b"PK\x03\x04" + bytes(50), "It is a damaged workbook or archive"),
    ],
)
def test_what_is_no_list_is_refused_at_its_field(console: Office, name: str, body: bytes, what: str) -> None:
    page = console.post(f"{PAGES}upload/", program="1", file=_file(name, body))
    assert page.address.endswith("/upload/") and what in page.text
    from clicktrail.control.reconcile.models import Reconciliation

    assert not Reconciliation.objects.exists()


def test_lines_with_an_uncertain_number_are_left_out_of_a_class(console: Office) -> None:
    from clicktrail.control.reconcile.models import Line
    from clicktrail.control.reconcile.work import work_once

    console.orders("a-1", "A-2")
    day = datetime.now(UTC).astimezone(ZoneInfo("Europe/Berlin")).date().isoformat()
    page = console.post(
        f"{PAGES}upload/", program="1", file=_file("l.csv", f"tid;umsatz;day\nA 1;100;{day}\n".encode())
    )
    number = int(page.address.split("/")[3])
    fields = {"tid": "0", "umsatz": "1", "day": "2", "has_header": "on", "separator": ";"}
    console.post(f"{PAGES}{number}/columns/", **fields)
    while work_once():
        pass
    assert dict(Line.objects.filter(list_id=number).values_list("order", "kind")) == {
        "A 1": "missing", "a-1": "unknown", "A-2": "unknown",
    }  # fmt: skip
    preview = console.get(f"{PAGES}{number}/move/cancel/?kind=unknown").text
    assert "1 line is left out: its order number is not certain" in preview and "Cancel: 1 transaction" in preview
