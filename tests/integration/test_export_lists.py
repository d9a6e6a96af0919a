"""Exports as the outside reads them: columns, forms of values, pages; on both databases."""

import csv
import io
import json
import re
from collections.abc import Iterator

import pytest
from support.cast import ANNA, BANNER, SHOP, STRANGER, TESTER, YEN_SHOP
from support.desk import desk
from support.ledgers import Place

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def filled(ledger: Place) -> Iterator[Place]:
    """Two credited orders (one in yen, one a test), a duplicate, and two discarded calls; one of them all formulas."""
    with ledger.scribe() as scribe:
        click = scribe.click(
            "=1+1", ANNA, creative=BANNER, ip="192.0.2.0", user_agent="@Agent", referrer="https://blog.example/a?b=1",
            target="shoes",
        )  # fmt: skip
        refused = scribe.click("-x", STRANGER, creative=0, outcome="unknown_partner")
        scribe.write(click, refused)
        clickid = scribe.clickid(click)
        scribe.write(
            scribe.order("A-1", clickid, umsatz="95,5"),
            scribe.order("A-1", clickid, umsatz="95.50"),
            scribe.order("Y-1", "", cpid=str(YEN_SHOP), pid=str(ANNA), umsatz="95.5"),
            scribe.order("T-1", "", pid=str(TESTER), umsatz="10"),
            scribe.order("+tid", "", pid="\tanna", umsatz="1.234,56", produkt="\rSale", nocheck="1"),
            scribe.order("", "", cpid="", umsatz=""),
        )
    ledger.catch_up()
    with desk(ledger):
        yield ledger


def _jsonl(what: str, since_ms: int = 0) -> list[dict[str, object]]:
    from clicktrail.control.ledger import export

    return [json.loads(line) for line in export.lines(what, "jsonl", since_ms, "QC")]


def _csv(what: str) -> list[list[str]]:
    from clicktrail.control.ledger import export

    return list(csv.reader(io.StringIO("".join(export.lines(what, "csv", 0, "QC")), newline="")))


def test_clicks(filled: Place) -> None:
    first, second = _jsonl("clicks")
    assert list(first) == (
        [
            "clickid",
            "at",
            "program",
            "partner",
            "creative",
            "target",
            "subid",
            "referrer",
            "ip",
            "user_agent",
            "outcome",
        ]
    )
    assert re.fullmatch(r"QC\d{27}", str(first.pop("clickid")))
    assert TIME.fullmatch(str(first.pop("at")))
    assert first == {
        "program": SHOP, "partner": ANNA, "creative": BANNER, "target": "shoes", "subid": "=1+1",
        "referrer": "https://blog.example/a?b=1", "ip": "192.0.2.0", "user_agent": "@Agent", "outcome": "ok",
    }  # fmt: skip
    assert (second["partner"], second["creative"], second["outcome"], second["ip"]) == (
        STRANGER, 0, "unknown_partner", None,
    )  # fmt: skip


def test_postbacks_in_the_form_of_the_transaction_log(filled: Place) -> None:
    rows = _jsonl("postbacks")
    assert list(rows[0]) == (
        [
            "call",
            "at",
            "program",
            "tid",
            "clickid",
            "pid",
            "subid",
            "wmid",
            "product",
            "amount",
            "nocheck",
            "remote",
            "reason",
            "saved",
            "source",
        ]
    )
    assert [(row["tid"], row["reason"], row["saved"]) for row in rows] == [
        ("A-1", "saved", "1"),
        ("A-1", "duplicate", "–"),
        ("Y-1", "saved", "2"),
        ("T-1", "saved", "3"),
        ("+tid", "unknown_partner", "–"),
        ("", "missing_cpid", "–"),
    ]
    assert [row["amount"] for row in rows] == ["95.50", "95.50", "96", "10.00", "1.234,56", None]
    assert [row["pid"] for row in rows] == [None, None, ANNA, TESTER, "\tanna", None]
    assert [row["program"] for row in rows] == [SHOP, SHOP, YEN_SHOP, SHOP, SHOP, None]
    assert [row["nocheck"] for row in rows] == [False, False, False, False, True, False]
    assert all(row["call"].isdigit() and TIME.fullmatch(str(row["at"])) for row in rows)


def test_transactions_with_exactly_the_currencys_decimals(filled: Place) -> None:
    rows = _jsonl("transactions")
    assert list(rows[0]) == [
        "transaction",
        "program",
        "tid",
        "partner",
        "subid",
        "creative",
        "referrer",
        "clickid",
        "product",
        "revenue",
        "commission",
        "currency",
        "state",
        "test",
        "clicked_at",
        "created_at",
        "imported",
        "adjusted_revenue",
        "adjusted_commission",
    ]
    assert [(r["transaction"], r["revenue"], r["commission"], r["currency"], r["test"]) for r in rows] == [
        ("1", "95.50", "9.55", "EUR", False),
        ("2", "96", "10", "JPY", False),
        ("3", "10.00", "1.00", "EUR", True),
    ]
    assert rows[0]["referrer"] == "https://blog.example/a?b=1"
    assert rows[1]["clicked_at"] is None
    assert rows[1]["clickid"] == ""


def test_adjustments_and_their_sum_beside_the_transaction(filled: Place) -> None:
    from django.db import connection

    from clicktrail.control.ledger.moves import move, reduce

    for verb in ("confirm", "pay"):
        move(connection, 1, verb, "mia", "", 1)
    assert _jsonl("adjustments") == []
    reduce(connection, 1, 8_000, "mia", "=shoes", 1_700_000_000_123)
    [row] = _jsonl("adjustments")
    assert row == {
        "transaction": "1", "revision": 3, "program": SHOP, "tid": "A-1", "partner": ANNA, "revenue": "-15.50",
        "commission": "-1.55", "currency": "EUR", "state": "open", "test": False, "actor": "mia", "reason": "=shoes",
        "call": None, "created_at": "2023-11-14T22:13:20.123Z",
    }  # fmt: skip
    names, line = _csv("adjustments")
    told = dict(zip(names, line, strict=True))
    assert (told["revenue"], told["reason"]) == ("-15.50", "'=shoes"), "an amount stays a number"
    assert _jsonl("adjustments", 1_700_000_000_124) == []
    paid = _jsonl("transactions")[0]
    assert (paid["revenue"], paid["commission"]) == ("95.50", "9.55")
    assert (paid["adjusted_revenue"], paid["adjusted_commission"]) == ("-15.50", "-1.55")


def test_csv_has_a_line_of_names_and_disarms_formulas(filled: Place) -> None:
    names, first, *_ = _csv("clicks")
    row = dict(zip(names, first, strict=True))
    assert (row["subid"], row["user_agent"], row["ip"]) == ("'=1+1", "'@Agent", "192.0.2.0")
    odd = dict(zip(*[_csv("postbacks")[n] for n in (0, 5)], strict=True))
    assert (odd["tid"], odd["pid"], odd["product"], odd["nocheck"]) == ("'+tid", "'\tanna", "'\rSale", "true")
    assert dict(zip(*[_csv("postbacks")[n] for n in (0, 2)], strict=True))["saved"] == "–"
    assert [row[13] for row in _csv("transactions")] == ["test", "false", "false", "true"]


def test_since_leaves_out_what_is_older(filled: Place) -> None:
    for what, column, table in (
        ("clicks", "at_ms", "ledger_click"),
        ("postbacks", "at_ms", "ledger_postback"),
        ("transactions", "created_ms", "ledger_transaction"),
    ):
        moments = sorted(row[0] for row in filled.rows(f"SELECT {column} FROM {table}"))
        for since_ms in {moments[0], moments[-1], moments[-1] + 1}:
            assert len(_jsonl(what, since_ms)) == sum(moment >= since_ms for moment in moments)


def test_a_list_longer_than_a_page_has_every_row_once(ledger: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with ledger.scribe() as scribe:
        scribe.write(*(scribe.click(str(n), ANNA) for n in range(23)))
    ledger.catch_up()
    with desk(ledger):
        from clicktrail.control.ledger import export

        for page in (1, 5, 23, 24):
            monkeypatch.setattr(export, "PAGE_ROWS", page)
            assert [row["subid"] for row in _jsonl("clicks")] == [str(n) for n in range(23)]


def test_an_export_cannot_write(ledger: Place) -> None:
    from django.db import DatabaseError

    with desk(ledger):
        from clicktrail.control.catalog.models import Partner
        from clicktrail.control.ledger import export

        export.read_only()
        with pytest.raises(DatabaseError, match=r"readonly|read-only"):
            Partner.objects.create(name="Nobody")
