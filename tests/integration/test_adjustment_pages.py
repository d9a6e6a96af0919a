"""A part return of a paid order on every page: console, portal, API, CSV files, order lists; the sums are the same."""

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.office import Office, office, signed_in

LIST = "/ledger/transaction/"
ONE = f"{LIST}1/change/"
WHY = "One of two chairs came back"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    """Order A-1 of Anna's: 100.00 EUR, 10.00 EUR commission, paid. A-2 is open."""
    with office(tmp_path / "data") as made:
        made.orders("A-1", "A-2", umsatz="100")
        for verb in ("confirm", "pay"):
            made.post(f"{LIST}move/{verb}/", numbers="1", reason="statement 7")
        yield made


def part_return(desk: Office, revenue: str = "80.00", reason: str = WHY, number: int = 1) -> Any:
    return desk.post(f"{LIST}{number}/part-return/", revenue=revenue, reason=reason)


def partner() -> Any:
    from django.test import Client

    from clicktrail.control.accounts.models import Account, Role

    client = Client(SERVER_NAME="localhost")
    client.force_login(Account.objects.create_user("anna@x.example", role=Role.PARTNER, partner_id=7))
    return client


def text(client: Any, address: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", client.get(address).content.decode())).split())


def file(client: Any, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(address).getvalue().decode("utf-8-sig"))))


def entries() -> list[tuple[Any, ...]]:
    from clicktrail.control.ledger.models import Adjustment

    return list(Adjustment.objects.order_by("pk").values_list("revenue_minor", "commission_minor", "state", "reason"))


def test_a_part_return_is_booked_from_the_page(desk: Office) -> None:
    assert "An adjustment is booked beside it" in desk.get(f"{LIST}1/part-return/").text
    page = part_return(desk)
    assert page.address == ONE and "The part return was booked." in page.text
    assert entries() == [(-2_000, -200, "open", WHY)]
    facts = page.text
    assert "Revenue 100.00 EUR Commission 10.00 EUR" in facts
    assert "Revenue after adjustments 80.00 EUR Commission after adjustments 8.00 EUR" in facts
    assert f"-20.00 EUR -2.00 EUR Open mona {WHY} Settle · Void" in facts
    assert f"Adjustment, by mona: '{WHY}'." in facts
    assert "amount after adjustments 100.00 EUR before, 80.00 EUR now" in facts
    assert "After its adjustments: commission 8.00 EUR, revenue 80.00 EUR." in facts


@pytest.mark.parametrize(
    ("revenue", "said"),
    [
        ("100", "It must be below 100.00."),
        ("100.01", "It must be below 100.00."),
        ("80.001", "decimals"),
        ("-1", "it is negative."),
        ("1,000.00", "separators"),
        ("", "required"),
    ],
)
def test_what_cannot_come_back(desk: Office, revenue: str, said: str) -> None:
    assert said in part_return(desk, revenue).text
    assert entries() == []


def test_an_open_one_is_reduced_itself(desk: Office) -> None:
    page = part_return(desk, number=2)
    assert entries() == []
    assert "Revenue 80.00 EUR Commission 8.00 EUR" in page.text and "Adjustments" not in page.text


@pytest.mark.parametrize("verbs", [("settle",), ("settle", "reopen"), ("void",)])
def test_what_people_do_with_an_adjustment(desk: Office, verbs: tuple[str, ...]) -> None:
    part_return(desk)
    for verb in verbs:
        assert desk.get(f"{LIST}1/adjustments/3/{verb}/").status == 200
        assert "This field is required" in desk.post(f"{LIST}1/adjustments/3/{verb}/", reason="").text
        page = desk.post(f"{LIST}1/adjustments/3/{verb}/", reason="payout 8")
    state = {"settle": "settled", "reopen": "open", "void": "voided"}[verbs[-1]]
    assert entries() == [(-2_000, -200, state, WHY)]
    assert f"adjustment {'settled' if len(verbs) > 1 else 'open'} before, {state} now" in page.text
    assert ("Revenue after adjustments" in page.text) == (state != "voided")
    again = desk.post(f"{LIST}1/adjustments/3/{verbs[-1]}/", reason="payout 8")
    assert "it cannot be moved by" in again.text


def test_only_who_may_edit_and_only_what_is_there(desk: Office) -> None:
    from clicktrail.control.accounts.models import Account, Role

    part_return(desk)
    assert desk.get(f"{LIST}1/adjustments/4/void/").status == 404
    assert desk.get(f"{LIST}1/adjustments/3/supersede/").status == 404
    assert desk.get(f"{LIST}99/part-return/").status == 404
    reader = Account.objects.create_user("rita", is_staff=True, role=Role.READER)
    stranger = Account.objects.create_user("yuri", is_staff=True, role=Role.MANAGER, programs=[5])
    with signed_in(desk.settings, reader) as rita:
        page = rita.get(ONE)
        assert "-20.00 EUR" in page.text and "part-return" not in page.html and "/adjustments/3/" not in page.html
        assert part_return(rita, "50").status == 403
        assert rita.post(f"{LIST}1/adjustments/3/void/", reason="x").status == 403
    with signed_in(desk.settings, stranger) as yuri:
        assert part_return(yuri, "50").status == 404
        assert yuri.post(f"{LIST}1/adjustments/3/void/", reason="x").status == 404
    assert entries() == [(-2_000, -200, "open", WHY)]


def test_the_list_shows_what_remains_with_a_mark_and_finds_it(desk: Office) -> None:
    part_return(desk)
    assert "A-1 Anna <b> (7) sub-1 Sale 80.00 EUR 8.00 EUR Paid Adjusted" in desk.get(LIST).text
    for asked, found in (("adjusted", True), ("to_settle", True)):
        assert ("A-1" in desk.get(LIST, state=asked).text) == found
        assert "A-2" not in desk.get(LIST, state=asked).text
    desk.post(f"{LIST}1/adjustments/3/settle/", reason="payout 8")
    assert "A-1" not in desk.get(LIST, state="to_settle").text
    assert "A-1" in desk.get(LIST, state="adjusted").text
    [row] = [row for row in file(desk.client, f"{LIST}export.csv") if row["Order number"] == "A-1"]
    assert (row["Revenue"], row["Commission"], row["State"], row["Marks"]) == ("80.00", "8.00", "Paid", "Adjusted")


def test_the_partner_reads_it_in_plain_words(desk: Office) -> None:
    part_return(desk)
    anna = partner()
    listed = text(anna, "/partner/transactions/")
    assert "80.00 EUR 8.00 EUR Paid adjusted Your commission is paid. A part of the order came back" in listed
    page = text(anna, "/partner/transactions/1/")
    assert "Commission 8.00 EUR 10 % Revenue 80.00 EUR Paid 10.00 EUR for an order of 100.00 EUR" in page
    assert f"-20.00 EUR -2.00 EUR It is offset against your next payout. {WHY}" in page
    assert "A part came back after it was paid: 80.00 EUR of the revenue remains." in page
    assert "mona" not in page and "statement 7" not in page
    desk.post(f"{LIST}1/adjustments/3/settle/", reason="payout 8, for the house alone")
    page = text(anna, "/partner/transactions/1/")
    assert "It has been offset against a payout." in page and "for the house alone" not in page
    [row] = [row for row in file(anna, "/partner/transactions.csv") if row["Order number"] == "A-1"]
    assert (row["Revenue"], row["Commission"]) == ("80.00", "8.00")
    desk.post(f"{LIST}move/cancel/", numbers="1", reason="All of it came back")
    page = text(anna, "/partner/transactions/1/")
    assert "All of it came back" in page and "It has been offset" in page


def days() -> str:
    """Around now, in whichever zone."""
    today = datetime.now(UTC).date()
    return f"day_from={today - timedelta(days=1)}&day_to={today + timedelta(days=1)}"


def sums(desk: Office, anna: Any, key: str) -> dict[str, tuple[str, str, str]]:
    """Page or file -> (orders, revenue, commission) of the month, as its readers add it up."""
    from django.db import connection

    def api(path: str) -> Any:
        return json.loads(desk.client.get(f"/api/v1{path}", HTTP_AUTHORIZATION=f"Bearer {key}").content)

    def money(minor: int) -> str:
        return f"{minor // 100}.{minor % 100:02d}"

    def added(rows: list[dict[str, str]]) -> tuple[str, str, str]:
        rows = [row for row in rows if row.get("State", "").lower() not in ("on hold", "cancelled", "held")]
        totals = [sum(round(float(row[name]) * 100) for row in rows) for name in ("Revenue", "Commission")]
        return str(len(rows)), money(totals[0]), money(totals[1])

    total = api(f"/reports?by=day&{days()}")["totals"][0]
    found = {"API": (str(total["transactions"]), total["revenue"]["amount"], total["commission"]["amount"])}
    pattern = r"Transactions,? .*?Revenue"
    assert re.search(pattern, desk.get("/reports/").text)
    found["console CSV"] = added(file(desk.client, f"{LIST}export.csv"))
    found["portal CSV"] = added(file(anna, "/partner/transactions.csv"))
    for name, address, client in (
        ("report file", "/reports/csv/?by=day", desk.client),
        ("portal report file", "/partner/reports.csv?by=day", anna),
    ):
        rows = [row for row in file(client, address) if row.get("Revenue")]
        totals = [sum(round(float(row[column]) * 100) for row in rows) for column in ("Revenue", "Commission")]
        found[name] = (str(sum(int(row["Transactions"]) for row in rows)), money(totals[0]), money(totals[1]))
    rows = api("/transactions?limit=100")["items"]
    counted = [row for row in rows if row["state"] not in ("held", "cancelled")]
    remaining = [
        sum(round(100 * (float(row[name]["amount"]) + float(row[f"adjusted_{name}"]["amount"]))) for row in counted)
        for name in ("revenue", "commission")
    ]
    found["API rows"] = (str(len(counted)), money(remaining[0]), money(remaining[1]))
    for table in ("hour", "day", "month", "program", "subid", "referrer"):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT sum(transactions), sum(revenue_minor), sum(commission_minor) FROM ledger_rollup_{table}"
            )
            orders, revenue, commission = cursor.fetchone()
        found[f"sums by {table}"] = (str(orders), money(revenue), money(commission))
    for name, page in (("Home", desk.get("/").text), ("reports page", desk.get("/reports/").text),
                       ("portal overview", text(anna, "/partner/")),
                       ("portal reports", text(anna, "/partner/reports/"))):  # fmt: skip
        revenue, commission = found["API"][1:]
        assert f"{revenue}" in page and f"{commission}" in page, (name, found["API"])
    return found


def test_all_pages_files_and_tables_have_the_same_sums(desk: Office) -> None:
    from clicktrail.control.api import keys

    key, anna = keys.make("Test", ["read"], None, "test")[1], partner()
    deeds = [
        lambda: part_return(desk, "80.55"),
        lambda: part_return(desk, "37.21"),
        lambda: desk.post(f"{LIST}1/adjustments/3/settle/", reason="payout 8"),
        lambda: desk.post(f"{LIST}1/adjustments/4/void/", reason="a mistake"),
        lambda: desk.post(f"{LIST}move/cancel/", numbers="1", reason="all came back"),
        lambda: desk.post(f"{LIST}move/reopen/", numbers="1", reason="no, it did not"),
        lambda: desk.post(f"{LIST}move/confirm/", numbers="1", reason="stands"),
    ]
    must = [
        ("2", "180.55", "18.06"), ("2", "137.21", "13.72"), ("2", "137.21", "13.72"), ("2", "180.55", "18.06"),
        ("1", "100.00", "10.00"), ("2", "180.55", "18.06"), ("2", "180.55", "18.06"),
    ]  # fmt: skip
    for deed, expected in zip(deeds, must, strict=True):
        deed()
        found = sums(desk, anna, key)
        assert found == dict.fromkeys(found, expected)


def test_an_order_list_is_compared_with_what_remains_and_books_adjustments(desk: Office) -> None:
    from clicktrail.control.reconcile import acting, storing
    from clicktrail.control.reconcile.columns import Columns
    from clicktrail.control.reconcile.models import Line
    from clicktrail.control.reconcile.work import work_once

    part_return(desk)

    def compared(lines: str) -> Any:
        list_ = storing.store(1, "orders.csv", f"tid;umsatz\n{lines}".encode(), "mona")
        storing.start(list_, Columns(json.loads(list_.columns), list_.has_header), None, None)
        assert work_once()
        return list_

    list_ = compared("A-1;80.00\nA-2;100\n")
    kinds = dict(Line.objects.filter(list_id=list_.pk).values_list("order", "kind"))
    assert kinds == {"A-1": "matched", "A-2": "matched"}
    list_ = compared("A-1;70.00\nA-2;60\n")
    kinds = dict(Line.objects.filter(list_id=list_.pk).values_list("order", "kind"))
    assert kinds == {"A-1": "amount", "A-2": "amount"}
    chosen = acting.Chosen(kinds=("amount",))
    made = acting.preview(list_.pk, acting.REDUCE, chosen)
    assert (made.changed, made.before.revenue_minor, made.after.revenue_minor) == (2, 18_000, 13_000)
    assert (made.before.commission_minor, made.after.commission_minor) == (1_800, 1_300)
    acting.queue(list_, acting.REDUCE, chosen, "mona")
    assert work_once()
    assert entries()[1:] == [(-1_000, -100, "open", "Reconciled with orders.csv")]
    assert "The orders here were compared with those of the shop." in text(partner(), "/partner/transactions/1/")
    assert acting.preview(list_.pk, acting.REDUCE, chosen).unchanged == 2


def test_a_report_with_the_test_partner_counts_what_remains(desk: Office) -> None:
    from clicktrail.control.api import keys

    key = keys.make("Test", ["read"], None, "test")[1]
    desk.orders("T-1", partner=2, umsatz="100")
    for verb in ("confirm", "pay"):
        desk.post(f"{LIST}move/{verb}/", numbers="3", reason="statement 7")
    part_return(desk, "30", number=3)
    answer = desk.client.get(
        f"/api/v1/reports?by=day&partner=2&tests=true&{days()}", HTTP_AUTHORIZATION=f"Bearer {key}"
    )
    total = json.loads(answer.content)["totals"][0]
    assert (total["revenue"]["amount"], total["commission"]["amount"]) == ("30.00", "3.00")
