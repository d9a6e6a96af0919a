"""Amounts of two currencies are never ranked against each other, and nothing appears twice under one name."""

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from support import sums
from support.office import Office, office

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
EUR, JPY = 1, 5
COMMISSIONS = {(EUR, 7): 29_000, (EUR, 8): 40_000, (JPY, 7): 31_208, (JPY, 9): 90_000}
"""(program, partner) -> minor units: 290 and 400 EUR beside 31,208 and 90,000 JPY."""
MANY = 19
"""Partners in euros, more than a chart has bars."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("apart") / "data") as made:
        from clicktrail.control.catalog.models import Partner
        from clicktrail.control.ledger.models import RollupSubid
        from clicktrail.control.reports import zones

        for number in range(8, 7 + MANY):
            Partner.objects.create(pk=number, name="Twins" if number in (8, 9) else f"Partner {number}")
        book = sums.Sums()
        at_s = int(NOW.timestamp())
        for (program, partner), minor in COMMISSIONS.items():
            book.count(at_s, program, partner, clicks_net=10, clicks_gross=10, commission_minor=minor, transactions=1)
        for number in range(10, 7 + MANY):
            book.count(at_s, EUR, number, clicks_net=1, clicks_gross=1, commission_minor=number)
        book.write()
        for program, minor in ((EUR, 500), (JPY, 700)):
            RollupSubid.objects.create(
                day=zones.days_since_1970(NOW.date()), program_id=program, partner_id=7, other=False, subid="both",
                **dict.fromkeys(sums.MEASURES, 0) | {"commission_minor": minor, "clicks_net": 4},
            )  # fmt: skip
        yield made


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clicktrail.heartbeat.now_ms", lambda: int(NOW.timestamp() * 1000))


def _column(page: str, name: str) -> list[str]:
    """Texts of the cells of one column of the report."""
    heads = [
        html.unescape(re.sub(r"<[^>]*>|[↑↓]", "", head)).strip()
        for head in re.findall(r"<th scope=\"col\".*?</th>", page)
    ]
    rows = re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2].partition("</tbody>")[0], re.DOTALL)
    place = heads.index(name)
    return [
        " ".join(
            html.unescape(re.sub(r"<[^>]*>", " ", re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)[place])).split()
        )
        for row in rows
    ]


@pytest.mark.parametrize("sort", ["-commission", "commission", "-revenue", "-epc", "-average"])
def test_a_report_sorted_by_money_keeps_each_currency_together(desk: Office, sort: str) -> None:
    currencies = _column(desk.get("/reports/", by="partner", sort=sort).html, "Currency")
    assert currencies == sorted(currencies) and set(currencies) == {"EUR", "JPY"}


def test_within_a_currency_the_largest_is_first(desk: Office) -> None:
    page = desk.get("/reports/", by="partner").html
    assert _column(page, "Commission")[:3] == ["400.00", "290.00", "0.25"]
    assert _column(page, "Commission")[-2:] == ["90,000", "31,208"]


def test_the_largest_on_home_are_of_the_chosen_currency(desk: Office) -> None:
    euros, yen = desk.get("/", currency="EUR").text, desk.get("/", currency="JPY").text
    assert "Twins (8) 10 400.00 EUR Anna <b> (7) 10 290.00 EUR" in euros and "31,208" not in euros
    assert "Twins (9) 10 90,000 JPY Anna <b> (7) 10 31,208 JPY" in yen and "400.00" not in yen
    assert "both 4 5.00 EUR" in euros and "both 4 700 JPY" in yen


def _chart(desk: Office, **asked: str) -> dict[str, Any]:
    page = desk.get("/reports/", by="partner", **asked).html
    found = re.search(r'<script id="report-chart" type="application/json">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


@pytest.mark.parametrize(
    ("asked", "first", "value"),
    [
        ({"chart": "commission", "currency": "EUR"}, "Twins (8)", 40_000),
        ({"chart": "commission", "currency": "JPY"}, "Twins (9)", 90_000),
        ({"chart": "clicks_net"}, "Anna <b> (7)", 20),
        ({"chart": "conversion"}, "Twins (8)", 10.0),
    ],
)
def test_a_chart_of_bars_shows_each_name_once(desk: Office, asked: dict[str, str], first: str, value: float) -> None:
    """Money of one currency; clicks, and what is divided out of counts, of all currencies together."""
    drawn = _chart(desk, **asked)
    place = drawn["labels"].index(first)
    assert drawn["series"][0]["values"][place] == value
    assert len(drawn["labels"]) == len(set(drawn["labels"]))


def test_a_chart_says_that_it_shows_some(desk: Office) -> None:
    asked = {"by": "partner", "chart": "commission"}
    euros, yen = desk.get("/reports/", **asked).text, desk.get("/reports/", currency="JPY", **asked).text
    assert f"The chart shows the 12 largest of {MANY - 1}." in euros and "Commission by Partner, EUR" in euros
    assert "largest of" not in yen and "Commission by Partner, JPY" in yen


def test_the_portals_lists_are_of_one_currency_each(desk: Office) -> None:
    from django.test import Client

    from clicktrail.control.accounts.models import Account, Role

    client = Client(SERVER_NAME="localhost")
    client.force_login(Account.objects.create_user("anna@x.example", role=Role.PARTNER, partner_id=7))
    page = client.get("/partner/?period=7d").content.decode()
    text = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())
    euros, _, yen = text.partition("Top subids (EUR)")[2].partition("Top subids (JPY)")
    assert "both 4 0 5.00 EUR" in euros and "both 4 0 700 JPY" in yen
