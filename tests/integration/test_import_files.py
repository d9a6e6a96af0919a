"""`clicktrail import`, each list against a fresh installation without a server: the engine runs in the command."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.books import Books
from support.server import Server
from support.workbooks import xlsx
from typer.testing import CliRunner

DAYS_AGO_3 = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
TOLD = "SELECT program_id, tid, partner_id, revenue_minor, commission_minor, state FROM ledger_transaction ORDER BY tid"


class Desk:
    def __init__(self, data: Path) -> None:
        self.data, self.books = data, Books(data)
        self._files = 0

    def take(self, what: str, body: str | bytes, *options: str, code: int = 0) -> dict[str, Any]:
        from clicktrail.cli import app

        self._files += 1
        path = self.data.parent / f"{self._files}.csv"
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        ended = CliRunner().invoke(app, ["import", what, str(path), "--json", "--data", str(self.data), *options])
        assert ended.exit_code == code, f"{ended.output}\n{ended.exception!r}"
        return dict(json.loads(ended.stdout))

    def one(self, sql: str) -> Any:
        return self.books.rows(sql)[0][0]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    Server(tmp_path / "data").lay()
    yield Desk(tmp_path / "data")
    from django.db import connections

    connections.close_all()


def _clicks(*ids: str, partner: int = 2) -> str:
    return "ClickID;Zeit;PartnerID\n" + "".join(f"{id};{DAYS_AGO_3};{partner}\n" for id in ids)


PARTNERS = "PartnerID;Name;Status;Programm;Produkte\n7;Anna;aktiv;1;Sale\n8;Bert;;;\n"
ORDERS = (
    "Bestellnummer;Datum;PartnerID;Umsatz;Provision;Status;ClickID\n"
    f"A-1;{DAYS_AGO_3};7;100,50;9,99;bezahlt;\nA-2;{DAYS_AGO_3};7;50;;storniert;gone\n"
)


def test_the_same_clicks_twice_change_nothing(desk: Desk) -> None:
    assert desk.take("clicks", _clicks("a", "b", "a"))["found"] == {
        "named twice in the file": 1, "imported": 2, "there already": 0,
    }  # fmt: skip
    again = desk.take("clicks", _clicks("a", "c"))["found"]
    assert (again["imported"], again["there already"]) == (1, 1)
    assert desk.one("SELECT sum(clicks_gross) FROM ledger_rollup_hour") == 3
    assert desk.one("SELECT count(*) FROM ledger_click") == 3


def test_a_dry_run_and_a_file_with_faults_change_nothing(desk: Desk) -> None:
    assert desk.take("clicks", _clicks("a"), "--dry-run")["found"]["would be imported"] == 1
    long = "x" * 65
    body = _clicks("ok") + f";{DAYS_AGO_3};2\n{long};{DAYS_AGO_3};2\nb\x07b;{DAYS_AGO_3};2\nc;{DAYS_AGO_3};99\n"
    told = desk.take("clicks", body, code=1)
    assert (told["refused"], told["errors"]) == (True, 4)
    assert "line 3, column 'ClickID': it is empty" in told["named"][0]
    assert "it has 65 characters; a ClickID has at most 64" in told["named"][1]
    assert "control character" in told["named"][2]
    assert "column 'PartnerID': there is no partner 99: import the partners first" in told["named"][3]
    assert desk.one("SELECT count(*) FROM ledger_click") == 0
    assert desk.take("clicks", body, "--skip-errors", code=1)["found"]["imported"] == 1


def test_partners_with_their_approvals_once(desk: Desk) -> None:
    assert desk.take("partners", PARTNERS, "--dry-run")["found"] == {"to be added": 2}
    version = desk.one("SELECT version FROM catalog_version")
    assert desk.take("partners", PARTNERS)["found"] == {"added": 2}
    assert desk.one("SELECT version FROM catalog_version") == version + 1
    assert desk.take("partners", PARTNERS)["found"] == {"unchanged": 2}
    assert desk.one("SELECT version FROM catalog_version") == version + 1
    assert desk.one("SELECT count(*) FROM catalog_approval WHERE partner_id = 7") == 1


def test_a_partner_who_is_another_is_never_overwritten_in_silence(desk: Desk) -> None:
    desk.take("partners", PARTNERS)
    told = desk.take("partners", PARTNERS.replace("Anna", "Eve").replace("8;Bert", "9;Gert"), code=1)
    assert "partner 7 is here already, 'Anna', active: give this one another number" in told["named"][0]
    assert desk.one("SELECT count(*) FROM catalog_partner WHERE id = 9") == 0
    assert desk.take("partners", PARTNERS.replace("Anna", "Eve"), "--update")["found"] == {"changed": 1, "unchanged": 1}
    told = desk.take("partners", "id;name\n2;Somebody\n", "--update", code=1)
    assert "test partner" in told["named"][0]


def test_creatives_make_their_targets(desk: Desk) -> None:
    body = "wmid;Titel;Ziel;URL;Produkt\n11;Banner;shoes;https://shop.example/?c=<% CLICKID %>;Sale\n12;Text;;;\n"
    assert desk.take("creatives", body)["found"] == {"added": 2}
    assert desk.take("creatives", body)["found"] == {"unchanged": 2}
    assert desk.one("SELECT url FROM catalog_click_target WHERE alias = 'shoes'").startswith("https://shop.example/")
    told = desk.take("creatives", body.replace("/?c", "/new?c"), code=1)
    assert "leads to https://shop.example/?c=<% CLICKID %> already" in told["named"][0]
    told = desk.take("creatives", "wmid;Titel;Ziel\n13;x;nowhere\n", code=1)
    assert "no click target 'nowhere': give its address too" in told["named"][0]


def test_transactions_as_the_other_system_left_them(desk: Desk) -> None:
    desk.take("partners", PARTNERS)
    assert desk.take("transactions", ORDERS, "--dry-run")["found"] == {"to be judged": 2}
    told = desk.take("transactions", ORDERS)
    assert told["found"] == {"saved": 2}
    assert "1 name a ClickID that was not imported" in told["notes"][0]
    assert desk.books.rows(TOLD) == [(1, "A-1", 7, 10050, 999, "paid"), (1, "A-2", 7, 5000, 500, "cancelled")]
    assert desk.take("transactions", ORDERS)["found"] == {"there already": 2}
    other = desk.take("transactions", ORDERS.replace("100,50", "99"), code=1)
    assert other["found"] == {"in conflict with what is here": 1, "there already": 1}
    assert "amount 100.50 EUR before, 99.00 EUR now" in other["results"][0]


def test_what_people_have_moved_since_stays(desk: Desk) -> None:
    """Also where the file says open or paid, words that no call of a shop may say."""
    desk.take("partners", PARTNERS)
    desk.take("transactions", ORDERS.replace("bezahlt", "offen"))
    from django.db import connection

    from clicktrail.control.ledger.moves import move

    move(connection, 1, "confirm", "mia", "", 5)
    for word in ("offen", "bezahlt", "storniert"):
        assert desk.take("transactions", ORDERS.replace("bezahlt", word))["found"] == {"there already": 2}
    assert desk.one("SELECT state FROM ledger_transaction WHERE tid = 'A-1'") == "confirmed"


@pytest.mark.parametrize(
    ("before", "after", "mend"),
    [
        ("7;100,50", "9;100,50", "no partner 9: import the partners first"),
        ("100,50", "1.2.3", "thousands separators"),
        ("bezahlt", "perhaps", "open, confirmed, cancelled or paid"),
        ("A-1", "", "it is empty"),
    ],
)
def test_lines_that_cannot_be_orders(desk: Desk, before: str, after: str, mend: str) -> None:
    desk.take("partners", PARTNERS)
    told = desk.take("transactions", ORDERS.replace(before, after), code=1)
    assert mend in told["named"][0]
    assert desk.one("SELECT count(*) FROM ledger_transaction") == 0


def test_another_currency_is_refused(desk: Desk) -> None:
    desk.take("partners", PARTNERS)
    body = f"tid,time,partner,revenue,currency\nA-1,{DAYS_AGO_3},7,10,USD\n"
    assert "program 1 has EUR for ever" in desk.take("transactions", body, code=1)["named"][0]


def test_orders_of_a_workbook_with_amounts_told_by_their_column(desk: Desk) -> None:
    desk.take("partners", PARTNERS)
    names = ["Bestellnummer", "Datum", "PartnerID", "Umsatz", "Provision", "Status"]
    body = xlsx({"Orders": [
        ["Export of January"], names,
        ["007", DAYS_AGO_3, 7, 1234.5, "9,99", "completed"], ["A-2", DAYS_AGO_3, 7, "1.250", "10", "closed"],
        ["A-3", DAYS_AGO_3, 7, 1, "0", "wc-processing"],
    ]})  # fmt: skip
    assert desk.take("transactions", body)["found"] == {"saved": 3}
    assert [(tid, minor, state) for _, tid, _, minor, _, state in desk.books.rows(TOLD)] == [
        ("007", 123_450, "confirmed"), ("A-2", 125_000, "cancelled"), ("A-3", 100, "open"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "mend"),
    [
        ("A-1;{at};7;1.250;;paid", "--decimal comma or --decimal point"),
        ("A-1;{at};7;10;;teilweise erstattet", "a part came back"),
        ("1,23457E+15;{at};7;10;;paid", "spoiled by a spreadsheet"),
        ("A-1;{at};7;10;;paid;x;y", "it has 8 cells, the header 6"),
        ("A-1;03/04/2026;7;10;;paid", "--time-format"),
    ],
)
def test_what_an_order_may_mean_is_never_guessed(desk: Desk, order: str, mend: str) -> None:
    desk.take("partners", PARTNERS)
    body = f"Bestellnummer;Datum;PartnerID;Umsatz;Provision;Status\n{order.format(at=DAYS_AGO_3)}\n"
    assert mend in desk.take("transactions", body, code=1)["named"][0]


def test_a_person_says_how_amounts_are_written(desk: Desk) -> None:
    desk.take("partners", PARTNERS)
    body = f"Bestellnummer;Datum;PartnerID;Umsatz\nA-1;{DAYS_AGO_3};7;1.250\n"
    assert desk.take("transactions", body, "--decimal", "comma")["found"] == {"saved": 1}
    assert desk.one("SELECT revenue_minor FROM ledger_transaction") == 125_000


@pytest.mark.parametrize(
    "row",
    ["11;Banner;https://shop.example/?a=1&amp;qc_clickid=<% CLICKID %>", "11;Banner;https://shop.example/?a=1&amp",
     "11;Banner;https://shop.example/?a=1;b=2;c=<% CLICKID %>"],
)  # fmt: skip
def test_an_address_that_a_separator_cuts_is_refused(desk: Desk, row: str) -> None:
    told = desk.take("creatives", f"id;name;url\n{row}\n", code=1)
    assert told["refused"] and "needs quotation marks" in told["named"][0].lower()
    assert not desk.books.rows("SELECT id FROM catalog_creative WHERE id = 11")
